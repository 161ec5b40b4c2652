//! An issuer of tokens: its keys, what it signs, and where its keys can be fetched.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
        RsaPublicKeyComponents,
    },
};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::Command,
    sync::{Arc, Mutex},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

pub const ISSUER: &str = "https://login.example.org/realms/plan";
pub const AUDIENCE: &str = "plantiles";

/// A key that tokens are signed with.
pub struct Signer {
    pub kid: &'static str,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

pub fn coded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Seconds since 1970.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

/// What a token of somebody with `roles` claims.
pub fn claims(roles: &[&str]) -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": now(), "exp": now() + 300, "roles": roles,
    })
}

impl Signer {
    pub fn ec(kid: &'static str) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        Self { kid, pair: Pair::Ec(pair) }
    }

    pub fn rsa(kid: &'static str) -> Self {
        let mut command = Command::new("openssl");
        command.args(["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
        let made = command.args(["-outform", "DER"]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self { kid, pair: Pair::Rsa(RsaKeyPair::from_der(&made.stdout).unwrap()) }
    }

    pub fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ec(_) => "ES256",
        }
    }

    /// What everybody may know of it (RFC 7517).
    pub fn jwk(&self) -> Value {
        match &self.pair {
            Pair::Rsa(pair) => {
                let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({"kty": "RSA", "kid": self.kid, "use": "sig", "alg": "RS256", "n": coded(n), "e": coded(e)})
            }
            Pair::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "kid": self.kid, "crv": "P-256", "x": coded(x), "y": coded(y)})
            }
        }
    }

    /// The public key as bytes that somebody may take for a secret.
    pub fn public(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => pair.public().as_ref().to_vec(),
            Pair::Ec(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with(&json!({"typ": "JWT", "alg": self.algorithm(), "kid": self.kid}), claims)
    }

    pub fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", coded(header.to_string()), coded(claims.to_string()));
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
                signature
            }
            Pair::Ec(pair) => pair.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
        };
        format!("{message}.{}", coded(signature))
    }
}

pub fn key_set(signers: &[&Signer]) -> String {
    json!({"keys": signers.iter().map(|signer| signer.jwk()).collect::<Vec<_>>()}).to_string()
}

/// A server that shows keys, or nothing but an error.
pub struct KeyServer {
    pub url: String,
    shown: Arc<Mutex<(Option<String>, usize)>>,
}

impl KeyServer {
    /// It ends with the process.
    pub fn start(keys: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let shown = Arc::new(Mutex::new((Some(keys.to_owned()), 0)));
        let answers = Arc::clone(&shown);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let head = BufReader::new(stream.try_clone().unwrap()).lines();
                let _ = head.map_while(Result::ok).take_while(|line| !line.is_empty()).count();
                let mut shown = answers.lock().unwrap();
                shown.1 += 1;
                let (status, body) = match &shown.0 {
                    Some(keys) => ("200 OK", keys.as_str()),
                    None => ("503 Service Unavailable", ""),
                };
                let length = body.len();
                let head =
                    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
                let _ = stream.write_all((head + body).as_bytes());
            }
        });
        Self { url, shown }
    }

    pub fn show(&self, keys: Option<String>) {
        self.shown.lock().unwrap().0 = keys;
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.shown.lock().unwrap().1
    }
}
