//! Tokens that somebody else gives out: JSON Web Tokens (RFC 7519) of an OpenID Connect provider.

use axum::http::uri::Authority;
use schemars::JsonSchema;
use serde::Deserialize;
use std::{net::IpAddr, path::PathBuf};

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// Who gives them out: `iss`, to the letter.
    pub issuer: String,
    /// Whom they are for: one of `aud`.
    pub audience: String,
    /// Where the issuer's public keys are (JWK Set): an http or https URL, fetched at the start, every ten minutes and when a token
    /// names a key that is not known; or a file. Plain http is for this machine.
    pub jwks: Jwks,
    /// PEM: the authorities that vouch for the server of an https URL in `jwks`.
    #[serde(default = "super::authorities_of_the_system")]
    pub authorities: PathBuf,
    /// The claim that has the role or a list of them; dots lead into claims inside others.
    #[serde(default = "roles")]
    pub roles: String,
    /// Seconds that clocks may be apart: so long a token counts beyond `exp`, and before `nbf`.
    #[serde(default = "a_minute")]
    pub leeway_seconds: u16,
}

/// Where the issuer's public keys are (JWK Set, RFC 7517): an https URL, a file, or an http URL of this machine. Over the
/// network in the clear, anybody on the way could put in a key.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub enum Jwks {
    Url(String),
    File(PathBuf),
}

impl TryFrom<String> for Jwks {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match (text.starts_with("https://"), text.strip_prefix("http://")) {
            (false, None) => Ok(Self::File(text.into())),
            (true, _) => Ok(Self::Url(text)),
            (_, Some(rest)) if is_of_this_machine(rest) => Ok(Self::Url(text)),
            _ => Err(format!(
                "`{text}` is in the clear: https, or a file, as anybody on the way could put in a key"
            )),
        }
    }
}

/// Whether an http URL without its scheme names this machine.
fn is_of_this_machine(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().and_then(|text| text.parse::<Authority>().ok());
    let Some(authority) = authority else { return false };
    let host = authority.host().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn roles() -> String {
    "roles".to_owned()
}

fn a_minute() -> u16 {
    60
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_come_over_the_network_in_the_clear() {
        let place = |text: &str| Jwks::try_from(text.to_owned());
        for file in ["jwks.json", "/etc/plantiles/jwks.json"] {
            assert!(matches!(place(file), Ok(Jwks::File(_))), "{file}");
        }
        for url in
            ["https://a.example/jwks", "http://127.0.0.1:81/jwks", "http://localhost/", "http://[::1]:81"]
        {
            assert!(matches!(place(url), Ok(Jwks::Url(_))), "{url}");
        }
        for clear in ["http://a.example/jwks", "http://127.0.0.1.a.example/", "http://127.0.0.1@a.example/"] {
            assert!(place(clear).is_err_and(|error| error.contains("in the clear")), "{clear}");
        }
    }
}
