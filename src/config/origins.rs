//! The sites whose pages may read what is answered.

use schemars::JsonSchema;
use serde::Deserialize;

/// `["*"]`, or origins as browsers write them in `Origin` (RFC 6454 §6.1): `https://maps.example.org:8443`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<String>")]
pub enum Origins {
    Every,
    These(Vec<String>),
}

/// As the default is written.
pub(super) fn every() -> [&'static str; 1] {
    ["*"]
}

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not \"*\" alone, nor an origin as a browser writes it, such as https://maps.example.org")]
pub struct OriginsError(String);

impl Origins {
    pub fn has(&self, origin: &[u8]) -> bool {
        match self {
            Self::Every => true,
            Self::These(origins) => origins.iter().any(|known| known.as_bytes() == origin),
        }
    }
}

impl TryFrom<Vec<String>> for Origins {
    type Error = OriginsError;
    fn try_from(origins: Vec<String>) -> Result<Self, OriginsError> {
        if origins == ["*"] {
            return Ok(Self::Every);
        }
        match origins.iter().find(|origin| !is_origin(origin)) {
            None => Ok(Self::These(origins)),
            Some(wrong) => Err(OriginsError(wrong.clone())),
        }
    }
}

/// Whether a browser would write it so: in small letters, without a path and without the port that goes without saying.
fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else { return false };
    let default_port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return false,
    };
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._:[]".contains(c);
    !host.is_empty() && host.chars().all(is_plain) && !host.ends_with(default_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(texts: &[&str]) -> Result<Origins, String> {
        let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
        texts.try_into().map_err(|error: OriginsError| error.to_string())
    }

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        assert_eq!(origins(&["*"]), Ok(Origins::Every));
        let listed = origins(&["https://maps.example.org", "http://[2001:db8::1]:8080"]).unwrap();
        assert!(listed.has(b"https://maps.example.org") && listed.has(b"http://[2001:db8::1]:8080"));
        for other in ["http://maps.example.org", "https://maps.example.org.evil", "null", "", "*"] {
            assert!(!listed.has(other.as_bytes()), "{other}");
        }
        assert!(!origins(&[]).unwrap().has(b"https://maps.example.org"));
    }

    #[test]
    fn what_no_browser_sends_is_named() {
        for wrong in [
            "maps.example.org",
            "https://Maps.example.org",
            "https://a/",
            "https://a:443",
            "null",
            "ftp://a",
            "",
        ] {
            assert!(
                origins(&["https://a", wrong]).unwrap_err().starts_with(&format!("`{wrong}` is not")),
                "{wrong}"
            );
        }
        assert!(origins(&["*", "https://a"]).is_err());
    }
}
