//! What a request shows of who asks: a key or a token in `Authorization: Bearer`, `X-API-Key`, `?key=`, or as `/key/{key}` in
//! front of the path, or a link, `/link/{token}` in front of the path.
//!
//! It is taken out, so that nothing behind it logs or repeats it. A key that came in the URL goes into the URLs of the answer,
//! in front of their paths: clients add paths and queries of their own, and would lose one that stands behind. A link, which
//! opens one path, does not.

use crate::config::Secret;
use axum::http::{HeaderMap, HeaderName, Request, Uri, header};

pub const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// What stands in front of a path: a key as in [`PublicUrl::with_key`](crate::config::PublicUrl::with_key).
const IN_PATH: [(&str, ShownAs); 2] = [("/key/", Shown::Key), ("/link/", Shown::Link)];
const IN_QUERY: &str = "key=";

type ShownAs = fn(Secret) -> Shown;

/// Well made or not.
#[derive(Debug)]
pub enum Shown {
    /// Or a token, which may stand wherever a key may.
    Key(Secret),
    Link(Secret),
}

/// All that a request shows.
#[derive(Debug, Default)]
pub struct Presented {
    all: Vec<Shown>,
    /// Whether any of it came in the URL.
    pub in_url: bool,
    /// Whether a relative link in the answer would lose the key.
    pub is_behind: bool,
}

/// More than one, and not all the same.
pub struct Several;

impl Presented {
    /// Takes it out of `request`.
    pub fn take<B>(request: &mut Request<B>) -> Self {
        let mut presented = Self::default();
        presented.take_headers(request.headers_mut());
        presented.take_path_and_query(request.uri_mut());
        presented
    }

    /// Whether the request shows nothing of who asks.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub fn shown(&self) -> Result<Option<&Shown>, Several> {
        let first = self.all.first();
        match self.all.iter().all(|shown| first.is_some_and(|first| shown.is(first))) {
            true => Ok(first),
            false => Err(Several),
        }
    }

    /// The key that the URLs of the answer carry on.
    pub fn carried_on(&self) -> Option<&Secret> {
        match self.shown() {
            Ok(Some(Shown::Key(key))) if self.in_url => Some(key),
            _ => None,
        }
    }

    fn take_headers(&mut self, headers: &mut HeaderMap) {
        for value in headers.get_all(API_KEY) {
            // What is no text is no key either.
            self.all.push(Shown::Key(Secret::new(value.to_str().unwrap_or_default())));
        }
        headers.remove(API_KEY);
        let bearer = |value: &str| {
            let (scheme, key) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| Shown::Key(Secret::new(key.trim())))
        };
        let values = headers.get_all(header::AUTHORIZATION).iter();
        let bearers: Vec<_> = values.filter_map(|value| bearer(value.to_str().ok()?)).collect();
        if !bearers.is_empty() {
            headers.remove(header::AUTHORIZATION);
        }
        self.all.extend(bearers);
    }

    fn take_path_and_query(&mut self, uri: &mut Uri) {
        let (mut rest, query) = (uri.path(), uri.query().unwrap_or_default());
        let mut found = vec![];
        while let Some((shown, behind)) = in_front(rest) {
            found.push(shown);
            rest = behind;
        }
        self.is_behind = rest.is_empty() || found.is_empty();
        let in_query = query.split('&').filter_map(|pair| pair.strip_prefix(IN_QUERY));
        found.extend(in_query.map(|key| Shown::Key(Secret::new(key))));
        if found.is_empty() {
            return;
        }
        self.all.append(&mut found);
        self.in_url = true;
        let others: Vec<_> = query.split('&').filter(|pair| !pair.starts_with(IN_QUERY)).collect();
        let others = others.join("&");
        let mark = if others.is_empty() { "" } else { "?" };
        let path = if rest.is_empty() { "/" } else { rest };
        // Parts of a URI that was read are one.
        *uri = format!("{path}{mark}{others}").parse().unwrap_or_default();
    }
}

/// What stands in front of a path, and the path behind it.
fn in_front(path: &str) -> Option<(Shown, &str)> {
    IN_PATH.into_iter().find_map(|(begin, shown)| {
        let rest = path.strip_prefix(begin)?;
        let (secret, behind) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Some((shown(Secret::new(secret)), behind))
    })
}

impl Shown {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(one), Self::Key(other)) | (Self::Link(one), Self::Link(other)) => {
                one.reveal() == other.reveal()
            }
            _ => false,
        }
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
        let all = presented.all.iter();
        all.map(|(Shown::Key(secret) | Shown::Link(secret))| secret.reveal()).collect()
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
        assert_eq!(presented.carried_on().map(Secret::reveal), Some("K"));
        for several in
            ["/key/K/a?key=L", "/key/K/key/L/a", "/key/K/link/K/a", "/link/K/link/L/a", "/link/K/a?key=K"]
        {
            let (presented, request) = take(several, &[]);
            assert!(presented.shown().is_err() && presented.carried_on().is_none(), "{several}");
            assert_eq!(request.uri(), "/a", "{several}");
        }
        let (presented, _) = take("/a?key=", &[]);
        assert!(presented.carried_on().is_some_and(|key| key.reveal().is_empty()));
        assert!(!format!("{:?}", take("/a?key=hidden", &[]).0).contains("hidden"));
    }

    #[test]
    fn a_link_is_taken_out_and_not_carried_on() {
        for (uri, rest) in
            [("/link/L/downloads/a.fgb?f=1", "/downloads/a.fgb?f=1"), ("/link/L", "/"), ("/link//a", "/a")]
        {
            let (presented, request) = take(uri, &[]);
            assert!(matches!(presented.shown(), Ok(Some(Shown::Link(_)))), "{uri}");
            assert!(presented.carried_on().is_none() && presented.in_url, "{uri}");
            assert_eq!(request.uri(), rest);
        }
        assert!(take("/links/L", &[]).0.shown().is_ok_and(|shown| shown.is_none()));
        assert!(!format!("{:?}", take("/link/hidden/a", &[]).0).contains("hidden"));
    }
}
