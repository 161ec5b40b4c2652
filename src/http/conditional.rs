//! Conditional requests (RFC 9110 §13).

use axum::http::{HeaderMap, HeaderName, header};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What identifies the selected representation.
pub struct Validators<'a> {
    /// A strong entity tag with its quotes.
    pub etag: &'a str,
    pub last_modified: Option<SystemTime>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Send,
    NotModified,
    PreconditionFailed,
}

impl Validators<'_> {
    /// Evaluates the preconditions in the order of RFC 9110 §13.2.2.
    pub fn evaluate(&self, headers: &HeaderMap) -> Outcome {
        if headers.contains_key(header::IF_MATCH) {
            if !self.listed(headers, header::IF_MATCH, false) {
                return Outcome::PreconditionFailed;
            }
        } else if let Some(since) = date(headers, header::IF_UNMODIFIED_SINCE)
            && self.modified_after(since)
        {
            return Outcome::PreconditionFailed;
        }
        if headers.contains_key(header::IF_NONE_MATCH) {
            if self.listed(headers, header::IF_NONE_MATCH, true) {
                return Outcome::NotModified;
            }
        } else if let Some(since) = date(headers, header::IF_MODIFIED_SINCE)
            && self.last_modified.is_some()
            && !self.modified_after(since)
        {
            return Outcome::NotModified;
        }
        Outcome::Send
    }

    /// Whether a `Range` may be honoured: no `If-Range`, or one that names this very representation.
    pub fn range_applies(&self, headers: &HeaderMap) -> bool {
        let Some(condition) = headers.get(header::IF_RANGE) else { return true };
        let Ok(condition) = condition.to_str() else { return false };
        match httpdate::parse_http_date(condition) {
            Ok(date) => self.last_modified.is_some_and(|modified| seconds(modified) == seconds(date)),
            Err(_) => condition == self.etag,
        }
    }

    fn modified_after(&self, since: SystemTime) -> bool {
        self.last_modified.is_some_and(|modified| seconds(modified) > seconds(since))
    }

    /// Whether the tag stands in the header's list; `weak` comparison ignores a `W/` in front (§8.8.3.2).
    fn listed(&self, headers: &HeaderMap, name: HeaderName, weak: bool) -> bool {
        let values = headers.get_all(name);
        let mut tags =
            values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        tags.any(|tag| {
            let tag = tag.trim();
            let tag = if weak { tag.strip_prefix("W/").unwrap_or(tag) } else { tag };
            tag == "*" || tag == self.etag
        })
    }
}

fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

/// HTTP dates have whole seconds.
fn seconds(time: SystemTime) -> Duration {
    Duration::from_secs(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const PAST: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

    fn outcome(headers: &[(HeaderName, &'static str)]) -> Outcome {
        validators().evaluate(&map(headers))
    }

    fn validators() -> Validators<'static> {
        Validators { etag: "\"a\"", last_modified: httpdate::parse_http_date(PAST).ok() }
    }

    fn map(headers: &[(HeaderName, &'static str)]) -> HeaderMap {
        headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn preconditions_in_their_order() {
        use header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};
        assert_eq!(outcome(&[]), Outcome::Send);
        assert_eq!(outcome(&[(IF_NONE_MATCH, "\"b\", W/\"a\"")]), Outcome::NotModified);
        assert_eq!(outcome(&[(IF_NONE_MATCH, "*")]), Outcome::NotModified);
        assert_eq!(outcome(&[(IF_NONE_MATCH, "\"b\""), (IF_MODIFIED_SINCE, LATER)]), Outcome::Send);
        assert_eq!(outcome(&[(IF_MODIFIED_SINCE, PAST)]), Outcome::NotModified);
        assert_eq!(outcome(&[(IF_MODIFIED_SINCE, "yesterday")]), Outcome::Send);
        assert_eq!(outcome(&[(IF_MATCH, "\"b\"")]), Outcome::PreconditionFailed);
        assert_eq!(outcome(&[(IF_MATCH, "W/\"a\"")]), Outcome::PreconditionFailed);
        assert_eq!(outcome(&[(IF_MATCH, "\"a\"")]), Outcome::Send);
        assert_eq!(outcome(&[(IF_UNMODIFIED_SINCE, LATER)]), Outcome::Send);
    }

    #[test]
    fn if_range_is_strong() {
        use header::IF_RANGE;
        for (value, applies) in
            [("\"a\"", true), ("W/\"a\"", false), ("\"b\"", false), (PAST, true), (LATER, false)]
        {
            assert_eq!(validators().range_applies(&map(&[(IF_RANGE, value)])), applies, "{value}");
        }
    }
}
