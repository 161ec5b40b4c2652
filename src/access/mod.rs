//! Who may see what: a layer, row or column that a caller may not see does not exist for them.
//!
//! ```text
//!  [access] ────▶ Sight: what a role sees ──────▶ Seen: the service as its callers see it ──▶ every handler
//!  file of keys, a bucket's copy ▶ Keyring: Who has a key or link ┬▶ http::reception: whose router answers
//!  keys of an issuer ───────────▶ Tokens: Who has a token ────────┘
//! ```
//!
//! There is one [`Seen`] for the public and one for each role, made at the start. Handlers get nothing else, so none can
//! forget to ask. Who sees a part of a layer has its [`Extract`](crate::extract::Extract) there, which is made with the
//! layer before it is served. What is kept is kept by the layers that it is made of, so those who see the same share it.

mod key;
mod keyring;
mod keys;
mod last_use;
mod link;
mod missing;
mod seen;
mod shared;
mod sight;
mod stamp;
mod tokens;
mod who;

pub use key::Key;
pub use keyring::Keyring;
pub use keys::{Entry, Keys, KeysError, KeysFile};
pub use last_use::LastUse;
pub use link::{opened, sign};
pub use missing::tell_missing;
pub use seen::Seen;
pub use sight::Sight;
pub use tokens::{Refused, Tokens, TokensError};
pub use who::Who;

use stamp::Stamp;
