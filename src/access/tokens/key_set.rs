//! The public keys of an issuer: a JWK Set (RFC 7517).

use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;

/// By `kid`, each for the one algorithm that it is for.
#[derive(Default)]
pub struct KeySet(HashMap<String, (Algorithm, DecodingKey)>);

#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    #[error("not a JWK Set")]
    Malformed,
    #[error("no key in it has a `kid` and is for RS256 or ES256")]
    NoKey,
}

#[derive(Deserialize)]
struct Written {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kid: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    #[serde(flatten)]
    key: Key,
}

#[derive(Deserialize)]
#[serde(tag = "kty")]
enum Key {
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    #[serde(rename = "EC")]
    Ec { crv: String, x: String, y: String },
}

impl KeySet {
    /// # Errors
    /// When there is no key that can be used. Others, for other algorithms or for encryption, are passed over.
    pub fn read(json: &[u8]) -> Result<Self, KeySetError> {
        let written: Written = serde_json::from_slice(json).map_err(|_| KeySetError::Malformed)?;
        let keys: HashMap<_, _> = written.keys.into_iter().filter_map(usable).collect();
        match keys.is_empty() {
            true => Err(KeySetError::NoKey),
            false => Ok(Self(keys)),
        }
    }

    pub fn get(&self, kid: &str) -> Option<&(Algorithm, DecodingKey)> {
        self.0.get(kid)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether they are called the same.
    pub fn are_those_of(&self, other: &Self) -> bool {
        self.len() == other.len() && self.0.keys().all(|kid| other.0.contains_key(kid))
    }
}

fn usable(written: Value) -> Option<(String, (Algorithm, DecodingKey))> {
    let jwk: Jwk = serde_json::from_value(written).ok()?;
    let (algorithm, name, key) = match &jwk.key {
        Key::Rsa { n, e } => (Algorithm::RS256, "RS256", DecodingKey::from_rsa_components(n, e)),
        Key::Ec { crv, x, y } if crv == "P-256" => {
            (Algorithm::ES256, "ES256", DecodingKey::from_ec_components(x, y))
        }
        Key::Ec { .. } => return None,
    };
    let is_for_it =
        jwk.alg.is_none_or(|alg| alg == name) && jwk.purpose.is_none_or(|purpose| purpose == "sig");
    Some((jwk.kid, (algorithm, key.ok().filter(|_| is_for_it)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_can_be_used_are_taken_and_others_passed_over() {
        let set = r#"{"keys": [
            {"kty": "RSA", "kid": "rsa", "n": "sXch", "e": "AQAB", "use": "sig", "alg": "RS256", "x5c": ["a"]},
            {"kty": "EC", "kid": "ec", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
            {"kty": "RSA", "kid": "encrypts", "n": "sXch", "e": "AQAB", "use": "enc"},
            {"kty": "RSA", "kid": "pss", "n": "sXch", "e": "AQAB", "alg": "PS256"},
            {"kty": "EC", "kid": "p384", "crv": "P-384", "x": "AAAA", "y": "AAAA"},
            {"kty": "RSA", "n": "sXch", "e": "AQAB"},
            {"kty": "oct", "kid": "secret", "k": "AAAA"},
            {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": "AAAA"},
            7
        ]}"#;
        let keys = KeySet::read(set.as_bytes()).unwrap();
        assert_eq!(keys.len(), 2);
        assert_eq!(keys.get("rsa").unwrap().0, Algorithm::RS256);
        assert_eq!(keys.get("ec").unwrap().0, Algorithm::ES256);
        for (wrong, told) in
            [("{", "not a JWK Set"), ("[]", "not a JWK Set"), ("{\"keys\": []}", "no key in it")]
        {
            let error = KeySet::read(wrong.as_bytes()).err().unwrap().to_string();
            assert!(error.starts_with(told), "{wrong}: {error}");
        }
    }
}
