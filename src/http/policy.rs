//! What a page may do: the headers of every answer that is HTML.

use crate::describe::review::STYLE;
use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// Pages by what they need; everything else is forbidden them (Content Security Policy Level 3). No script or style stands in
/// a page but the style of [`Policy::Whole`], so text of the plan that got into one as markup would still do nothing.
#[derive(Debug, Clone, Copy)]
pub enum Policy {
    /// Scripts, styles, tiles and pictures of this server.
    Live,
    /// A style sheet and an icon of this server, and forms that are sent to it.
    Plain,
    /// One file to be kept, with its style and its map in it.
    Whole,
}

const LIVE: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
);
const PLAIN: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
);
static WHOLE: LazyLock<HeaderValue> = LazyLock::new(|| {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'self'"
    );
    HeaderValue::try_from(policy).unwrap_or(PLAIN)
});

/// No site that a page links to is told the address, which may have a search or a filter in it.
const REFERRER_POLICY: HeaderValue = HeaderValue::from_static("same-origin");

impl Policy {
    /// Says so in the headers.
    pub fn guard(self, headers: &mut HeaderMap) {
        let policy = match self {
            Self::Live => LIVE,
            Self::Plain => PLAIN,
            Self::Whole => WHOLE.clone(),
        };
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        headers.insert(header::REFERRER_POLICY, REFERRER_POLICY);
    }
}
