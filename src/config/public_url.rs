//! The absolute URL in front of every path that the server hands out, or that it asks.

use super::Secret;
use schemars::JsonSchema;
use serde::Deserialize;
use std::{fmt, net::SocketAddr};

/// `http(s)://host[:port][/prefix]`, without a slash at its end and safe inside JSON, HTML and headers.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub struct PublicUrl(String);

impl PublicUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL of a listening address, `scheme` being http or https.
    pub fn listening_on(scheme: &str, address: SocketAddr) -> Self {
        Self(format!("{scheme}://{address}"))
    }

    /// The URL of `path`, which begins with a slash, under it.
    pub fn under(&self, path: &str) -> Self {
        Self(format!("{}{path}", self.0))
    }

    /// With a key in front of every path.
    pub fn with_key(&self, key: &Secret) -> Self {
        Self(format!("{}{IN_FRONT}{}", self.0, key.reveal()))
    }
}

/// In front of a key.
const IN_FRONT: &str = "/key/";

/// Without the key.
impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.0.split_once(IN_FRONT).map_or(&*self.0, |(url, _)| url);
        fmt::Debug::fmt(url, f)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("not an absolute http or https URL of host, port and path alone")]
pub struct PublicUrlError;

/// Characters of a host, port and path that mean nothing in JSON, HTML or a header.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~:/[]%".contains(c)
}

impl TryFrom<String> for PublicUrl {
    type Error = PublicUrlError;
    fn try_from(text: String) -> Result<Self, PublicUrlError> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        match rest {
            Some(rest)
                if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
                    && text.chars().all(is_plain) =>
            {
                Ok(Self(text.trim_end_matches('/').to_owned()))
            }
            _ => Err(PublicUrlError),
        }
    }
}
