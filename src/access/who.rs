//! Who asks, as far as anybody can tell.

use crate::config::Role;
use std::fmt;

/// Whose a request is. It names them without any secret: this goes into records, counts and logs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    /// Anybody: the request says nothing of who asks.
    Public,
    /// Who has a key, by its prefix.
    Key { prefix: String, role: Role },
    /// Who is called so by the issuer of tokens.
    Token { subject: String, role: Role },
    /// Who was handed a link, by the prefix of the key that it was made with.
    Link { prefix: String, role: Role },
}

impl Who {
    /// What they are; the public is nothing.
    pub fn role(&self) -> Option<&Role> {
        match self {
            Self::Public => None,
            Self::Key { role, .. } | Self::Token { role, .. } | Self::Link { role, .. } => Some(role),
        }
    }
}

/// `public`, `key 1a2b3c4d`, `token alice`, `link 1a2b3c4d`: one line.
impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Key { prefix, .. } => write!(f, "key {prefix}"),
            Self::Token { subject, .. } => write!(f, "token {subject}"),
            Self::Link { prefix, .. } => write!(f, "link {prefix}"),
        }
    }
}
