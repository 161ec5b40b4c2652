//! The bucket that replicas share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::{NonZeroU16, NonZeroU32};

#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// Address of the bucket: `s3://bucket/prefix`, `gs://…`, `az://…` or `file:///…`; without it, the state directory is all
    /// there is.
    pub url: Option<String>,
    /// MiB of copies that the state directory keeps of it; what is served stays whatever it takes.
    pub cache_mib: NonZeroU32,
    /// Seconds between two looks at what others have published.
    pub poll_seconds: NonZeroU16,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            url: None,
            cache_mib: NonZeroU32::MIN.saturating_add(10 * 1024 - 1),
            poll_seconds: NonZeroU16::MIN,
        }
    }
}

impl Store {
    /// Bytes of copies in the state directory.
    pub fn cache_bytes(&self) -> u64 {
        u64::from(self.cache_mib.get()) << 20
    }
}
