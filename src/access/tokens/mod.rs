//! Tokens that somebody else gives out, an OpenID Connect provider: JSON Web Tokens (RFC 7519) signed with RS256 or ES256.
//!
//! The key that a token names says how it is signed, not the token (RFC 8725 §3.1).

mod key_set;
mod place;
mod signature;

use super::{Stamp, Who};
use crate::config::{self, Role};
use arc_swap::ArcSwap;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use key_set::KeySet;
use place::Place;
use serde_json::{Map, Value};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::{sync::Notify, time::sleep};

pub use key_set::KeySetError;
pub use place::PlaceError;

/// How often a file of keys is looked at, as that of our own keys.
const LOOK: Duration = Duration::from_millis(500);
/// How often keys are fetched: issuers show a key hours before they use it.
const FETCH: Duration = Duration::from_secs(600);
/// Between two fetches at least, whatever tokens come: each may name a key that nobody knows.
const FETCH_AGAIN: Duration = Duration::from_secs(5);
/// What of a subject is told.
const SUBJECT: usize = 80;

pub struct Tokens {
    config: config::Tokens,
    roles: BTreeSet<Role>,
    place: Place,
    keys: ArcSwap<KeySet>,
    /// A token names a key that is not known.
    unknown: Notify,
}

/// Why a token lets nobody in.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    Invalid,
    /// It is right and says nothing of a role that there is.
    NoRole,
}

#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    #[error("access.tokens.jwks: {0}")]
    Place(#[from] PlaceError),
    #[error("access.tokens.jwks: {0}")]
    Keys(#[from] KeySetError),
}

impl Tokens {
    /// With the keys of a file; those of a URL are fetched when it is followed.
    ///
    /// # Errors
    /// When the file, or that of the authorities, has not what it should have.
    pub fn open(config: &config::Tokens, roles: &BTreeSet<Role>) -> Result<Self, TokensError> {
        signature::install();
        let place = Place::new(config)?;
        let keys = match &place {
            Place::File(_) => KeySet::read(&place.read()?)?,
            Place::Url { .. } => KeySet::default(),
        };
        let (config, roles, unknown) = (config.clone(), roles.clone(), Notify::new());
        Ok(Self { config, roles, place, keys: ArcSwap::from_pointee(keys), unknown })
    }

    /// How many keys there are now where they come from.
    ///
    /// # Errors
    /// When they cannot be had, or none of them can be used.
    pub fn count(&self) -> Result<usize, TokensError> {
        Ok(KeySet::read(&self.place.read()?)?.len())
    }

    /// Whether it is written as a token is; none of our own keys has a dot.
    pub fn is_one(text: &str) -> bool {
        text.contains('.')
    }

    /// Whose token it is, and in which role: the first that the token names and that there is.
    ///
    /// # Errors
    /// When it is not by the issuer, for us and of now; or has no role.
    pub fn who(&self, token: &str) -> Result<Who, Refused> {
        let invalid = |_| Refused::Invalid;
        let header = decode_header(token).map_err(invalid)?;
        // Nothing that must be understood (RFC 7515 §4.1.11) is.
        let kid = header.kid.filter(|_| header.crit.is_none()).ok_or(Refused::Invalid)?;
        let keys = self.keys.load();
        let Some((algorithm, key)) = keys.get(&kid) else {
            self.unknown.notify_one();
            return Err(Refused::Invalid);
        };
        let token =
            decode::<Map<String, Value>>(token, key, &self.validation(*algorithm)).map_err(invalid)?;
        let subject = token.claims.get("sub").and_then(Value::as_str).ok_or(Refused::Invalid)?;
        let subject = subject.chars().filter(|c| !c.is_control()).take(SUBJECT).collect();
        let role = self.role(&token.claims).ok_or(Refused::NoRole)?;
        Ok(Who::Token { subject, role })
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_audience(&[&self.config.audience]);
        validation.validate_nbf = true;
        validation.leeway = self.config.leeway_seconds.into();
        validation
    }

    fn role(&self, claims: &Map<String, Value>) -> Option<Role> {
        let named = match claim(claims, &self.config.roles)? {
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            one => Vec::from_iter(one.as_str()),
        };
        named.into_iter().find_map(|name| self.roles.get(&name.parse::<Role>().ok()?)).cloned()
    }

    /// Takes over what changes at the place of the keys. Runs until dropped.
    pub async fn follow(self: Arc<Self>) {
        let mut fails = false;
        match &self.place {
            Place::File(path) => {
                // What it was when it was read at the start is not known.
                let mut stamp = None;
                loop {
                    sleep(LOOK).await;
                    let now = Some(Stamp::of(path));
                    if now != stamp {
                        stamp = now;
                        fails = self.take(fails).await;
                    }
                }
            }
            Place::Url { .. } => loop {
                fails = self.take(fails).await;
                sleep(FETCH_AGAIN).await;
                // It does not matter which of them it was.
                tokio::time::timeout(FETCH, self.unknown.notified()).await.unwrap_or_default();
            },
        }
    }

    /// Takes the keys that there are now. Those before stay when that fails, which is told once. Whether it has failed.
    async fn take(self: &Arc<Self>, failed: bool) -> bool {
        let tokens = Arc::clone(self);
        let read = move || Ok::<_, TokensError>(KeySet::read(&tokens.place.read()?)?);
        let Ok(read) = tokio::task::spawn_blocking(read).await else { return failed };
        match read {
            Ok(keys) => {
                if failed || !keys.are_those_of(&self.keys.load()) {
                    tracing::info!(keys = keys.len(), "keys of tokens read");
                }
                self.keys.store(Arc::new(keys));
                false
            }
            Err(error) => {
                if !failed {
                    tracing::warn!(%error, "keys of tokens stay as they were");
                }
                true
            }
        }
    }
}

/// A claim by its name, or by the names that lead to it, with dots between them.
fn claim<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    claims.get(name).or_else(|| {
        let (outer, inner) = name.split_once('.')?;
        claim(claims.get(outer)?.as_object()?, inner)
    })
}
