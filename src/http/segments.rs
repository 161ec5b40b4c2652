//! What the segments of a path say.

use super::Problem;
use crate::editions::At;
use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

/// The segments of the path, percent-decoded; what is not UTF-8 is a problem like any other.
pub struct Segments<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let segments = Path::<T>::from_request_parts(parts, state).await;
        segments
            .map(|Path(segments)| Self(segments))
            .map_err(|_| Problem::bad_request("the path is not valid UTF-8"))
    }
}

/// `{name}[@{edition}]`, taken apart.
pub fn at(text: &str) -> Result<(&str, Option<At>), Problem> {
    match text.split_once('@') {
        None => Ok((text, None)),
        Some((name, at)) => Ok((name, Some(at.parse()?))),
    }
}

/// Digits alone: no sign, no space.
pub fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
}
