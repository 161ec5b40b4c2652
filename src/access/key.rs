//! A key: `plt_{prefix}_{secret}`, 8 hexadecimal digits by which it is known and 256 random bits in base64url.
//!
//! It is kept as SHA-256 of a salt and the key. A slow hash such as Argon2 is for passwords, which can be guessed: it
//! would cost each request what it costs an attacker, and 256 random bits are guessed by nobody.

use crate::config::Secret;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::io;
use subtle::ConstantTimeEq;

const BEGIN: &str = "plt_";
const PREFIX: usize = 8;
/// 32 bytes in base64url.
const SECRET: usize = 43;

/// A well-formed key.
#[derive(Debug, Clone)]
pub struct Key(Secret);

/// What is kept of a key.
pub type Hash = [u8; 32];

impl Key {
    /// # Errors
    /// When the system gives no random bytes.
    pub fn random() -> io::Result<Self> {
        let (prefix, secret) = (random::<4>()?, random::<32>()?);
        let text = format!("{BEGIN}{:08x}_{}", u32::from_be_bytes(prefix), URL_SAFE_NO_PAD.encode(secret));
        Ok(Self(Secret::new(text)))
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, secret) = text.strip_prefix(BEGIN)?.split_at_checked(PREFIX)?;
        let secret = secret.strip_prefix('_')?;
        let is_prefix = prefix.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let is_secret = secret.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        let made_well = is_prefix && is_secret && secret.len() == SECRET;
        made_well.then(|| Self(Secret::new(text)))
    }

    /// By which it is known to those who run the server; no secret.
    pub fn prefix(&self) -> &str {
        &self.reveal()[BEGIN.len()..][..PREFIX]
    }

    /// The key itself, for whoever it is made for.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    pub fn hash(&self, salt: &str) -> Hash {
        #[cfg(test)]
        HASHED.set(HASHED.get() + 1);
        Sha256::new().chain_update(salt).chain_update(self.reveal()).finalize().into()
    }
}

/// A salt for [`Key::hash`].
///
/// # Errors
/// As [`Key::random`].
pub fn salt() -> io::Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random::<16>()?))
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// Whether two hashes are the same, in a time that does not tell where they differ.
pub fn is_same(a: &Hash, b: &Hash) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
thread_local! {
    static HASHED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// How many keys this thread has hashed: what a lookup costs.
#[cfg(test)]
pub fn hashed() -> usize {
    HASHED.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_made_and_never_printed() {
        let key = Key::random().unwrap();
        let read = Key::parse(key.reveal()).unwrap();
        assert_eq!((read.reveal(), read.prefix().len()), (key.reveal(), PREFIX));
        let secret = &key.reveal()[BEGIN.len() + PREFIX..];
        assert!(!format!("{key:?}").contains(secret));
        assert!(is_same(&key.hash("a"), &read.hash("a")));
        assert!(!is_same(&key.hash("a"), &key.hash("b")));
        assert!(!is_same(&key.hash("a"), &Key::random().unwrap().hash("a")));
    }

    #[test]
    fn what_is_no_key_is_told_apart() {
        let key = Key::random().unwrap();
        let text = key.reveal();
        for wrong in ["", "plt_", "plt_煤煤煤_", &text[1..], &text[..text.len() - 1], &format!("{text}a")]
        {
            assert!(Key::parse(wrong).is_none(), "{wrong}");
        }
        assert!(Key::parse(&text.replace('_', "-")).is_none());
        assert!(Key::parse(&format!("plt_ABCDEF01{}", &text[12..])).is_none());
    }
}
