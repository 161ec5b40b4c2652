//! Tokens that somebody else gives out: JSON Web Tokens (RFC 7519) of an OpenID Connect provider.

use serde::Deserialize;
use std::path::PathBuf;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// Who gives them out: `iss`, to the letter.
    pub issuer: String,
    /// Whom they are for: one of `aud`.
    pub audience: String,
    pub jwks: Jwks,
    /// PEM: the authorities that vouch for the server of an https URL in `jwks`.
    #[serde(default = "of_the_system")]
    pub authorities: PathBuf,
    /// The claim that has the role or a list of them; dots lead into claims inside others.
    #[serde(default = "roles")]
    pub roles: String,
    /// Seconds that clocks may be apart.
    #[serde(default = "a_minute")]
    pub leeway_seconds: u16,
}

/// Where the issuer's public keys are (JWK Set, RFC 7517): an http or https URL, or a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "String")]
pub enum Jwks {
    Url(String),
    File(PathBuf),
}

impl From<String> for Jwks {
    fn from(text: String) -> Self {
        match ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme)) {
            true => Self::Url(text),
            false => Self::File(text.into()),
        }
    }
}

/// Debian's.
fn of_the_system() -> PathBuf {
    "/etc/ssl/certs/ca-certificates.crt".into()
}

fn roles() -> String {
    "roles".to_owned()
}

fn a_minute() -> u16 {
    60
}
