//! The key in a request: `Authorization: Bearer`, `X-API-Key`, `?key=`, or `/key/{key}` in front of the path.
//!
//! It is taken out, so that nothing behind it logs or repeats it. A key that came in the URL goes into the URLs of the answer,
//! in front of their paths: clients add paths and queries of their own, and would lose one that stands behind.

use crate::config::Secret;
use axum::http::{HeaderMap, HeaderName, Request, Uri, header};

pub const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// In front of a key, as in [`PublicUrl::with_key`](crate::config::PublicUrl::with_key).
const IN_PATH: &str = "/key/";
const IN_QUERY: &str = "key=";

/// What a request has of keys, well made or not.
#[derive(Debug, Default)]
pub struct Presented {
    keys: Vec<Secret>,
    /// Whether they are passed on in URLs.
    pub in_url: bool,
    /// Whether a relative link in the answer would lose the key.
    pub is_behind: bool,
}

/// More than one key, and not all the same.
pub struct Several;

impl Presented {
    /// Takes the keys out of `request`.
    pub fn take<B>(request: &mut Request<B>) -> Self {
        let mut presented = Self::default();
        presented.take_headers(request.headers_mut());
        presented.take_path_and_query(request.uri_mut());
        presented
    }

    pub fn key(&self) -> Result<Option<&Secret>, Several> {
        let first = self.keys.first();
        match self.keys.iter().all(|key| first.is_some_and(|first| key.reveal() == first.reveal())) {
            true => Ok(first),
            false => Err(Several),
        }
    }

    fn take_headers(&mut self, headers: &mut HeaderMap) {
        for value in headers.get_all(API_KEY) {
            // What is no text is no key either.
            self.keys.push(Secret::new(value.to_str().unwrap_or_default()));
        }
        headers.remove(API_KEY);
        let bearer = |value: &str| {
            let (scheme, key) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(key.trim()))
        };
        let values = headers.get_all(header::AUTHORIZATION).iter();
        let bearers: Vec<_> = values.filter_map(|value| bearer(value.to_str().ok()?)).collect();
        if !bearers.is_empty() {
            headers.remove(header::AUTHORIZATION);
        }
        self.keys.extend(bearers);
    }

    fn take_path_and_query(&mut self, uri: &mut Uri) {
        let (path, query) = (uri.path(), uri.query().unwrap_or_default());
        let in_path = path.strip_prefix(IN_PATH);
        let in_query = || query.split('&').filter_map(|pair| pair.strip_prefix(IN_QUERY));
        if in_path.is_none() && in_query().next().is_none() {
            return;
        }
        let (key, rest) = in_path.map_or((None, path), |path| match path.find('/') {
            Some(end) => (Some(&path[..end]), &path[end..]),
            None => (Some(path), ""),
        });
        self.is_behind = rest.is_empty() || key.is_none();
        self.keys.extend(key.into_iter().chain(in_query()).map(Secret::new));
        self.in_url = true;
        let others: Vec<_> = query.split('&').filter(|pair| !pair.starts_with(IN_QUERY)).collect();
        let others = others.join("&");
        let mark = if others.is_empty() { "" } else { "?" };
        let path = if rest.is_empty() { "/" } else { rest };
        // Parts of a URI that was read are one.
        *uri = format!("{path}{mark}{others}").parse().unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(uri: &str, headers: &[(&str, &str)]) -> (Presented, Request<()>) {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(()).unwrap();
        (Presented::take(&mut request), request)
    }

    fn keys(presented: &Presented) -> Vec<&str> {
        presented.keys.iter().map(Secret::reveal).collect()
    }

    #[test]
    fn a_key_is_taken_out_of_wherever_it_is() {
        for (uri, rest, in_url, is_behind) in [
            ("/tiles/a.json?key=K", "/tiles/a.json", true, true),
            ("/tiles/a.json?f=1&key=K&g=%20", "/tiles/a.json?f=1&g=%20", true, true),
            ("/key/K/tiles/a.json?f=1", "/tiles/a.json?f=1", true, false),
            ("/key/K/", "/", true, false),
            ("/key/K", "/", true, true),
            ("/key/K?f=1", "/?f=1", true, true),
        ] {
            let (presented, request) = take(uri, &[]);
            assert_eq!(keys(&presented), ["K"], "{uri}");
            assert_eq!(request.uri(), rest);
            assert_eq!((presented.in_url, presented.is_behind), (in_url, is_behind), "{uri}");
        }
        for header in [("authorization", "Bearer K"), ("Authorization", "bearer  K"), ("x-api-key", "K")] {
            let (presented, request) = take("/tiles?monkey=1", &[header]);
            assert_eq!(keys(&presented), ["K"], "{header:?}");
            assert!(!presented.in_url && request.headers().is_empty());
            assert_eq!(request.uri(), "/tiles?monkey=1");
        }
    }

    #[test]
    fn what_is_no_key_stays() {
        let (presented, request) = take("/keys/K?monkey=1", &[("authorization", "Basic K")]);
        assert!(keys(&presented).is_empty() && !presented.in_url);
        assert_eq!((request.uri().to_string(), request.headers().len()), ("/keys/K?monkey=1".into(), 1));
    }

    #[test]
    fn several_keys_are_one_or_none() {
        let (presented, _) = take("/key/K/a?key=K", &[("x-api-key", "K")]);
        assert_eq!(presented.key().ok().flatten().map(Secret::reveal), Some("K"));
        let (presented, request) = take("/key/K/a?key=L", &[]);
        assert!(presented.key().is_err());
        assert_eq!(request.uri(), "/a");
        assert!(take("/a?key=", &[]).0.key().is_ok_and(|key| key.is_some_and(|key| key.reveal().is_empty())));
        assert!(!format!("{:?}", take("/a?key=hidden", &[]).0).contains("hidden"));
    }
}
