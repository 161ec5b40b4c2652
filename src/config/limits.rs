//! How much one caller may ask for. What has no number has no limit.

use serde::Deserialize;
use std::num::NonZeroU32;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Requests of one caller in a second, on average.
    pub requests_per_second: Option<NonZeroU32>,
    /// Requests of one caller at once, after a pause; those of ten seconds unless it is given.
    pub burst: Option<NonZeroU32>,
    /// Downloads of one caller that go out at a time.
    pub downloads: Option<NonZeroU32>,
    /// kB (1000 bytes) of one download in a second.
    pub download_kb_per_second: Option<NonZeroU32>,
}

impl Limits {
    /// Requests in a second and at once, where they are limited.
    pub fn requests(&self) -> Option<(NonZeroU32, NonZeroU32)> {
        let rate = self.requests_per_second?;
        let ten_seconds = NonZeroU32::MIN.saturating_add(9).saturating_mul(rate);
        Some((rate, self.burst.unwrap_or(ten_seconds)))
    }
}
