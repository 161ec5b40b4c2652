//! The absolute URL under which the client reached the server.
//!
//! Documents carry absolute URLs: QGIS drops the port of relative ones. In this order: the configured public
//! URL; what a configured proxy says in `Forwarded` (RFC 7239) or `X-Forwarded-*`; the `Host` of the request.
//! Anything that is not a plain host is passed over, so that no header can put other text into a document.

use super::connection::Origin;
use crate::config::{self, PublicUrl};
use axum::http::{HeaderMap, header};
use std::net::IpAddr;

pub fn base_url(server: &config::Server, origin: Origin, headers: &HeaderMap) -> PublicUrl {
    let url = reached(server, origin.address, headers);
    match origin.key {
        None => url,
        Some(key) => url.with_key(&key),
    }
}

fn reached(server: &config::Server, peer: IpAddr, headers: &HeaderMap) -> PublicUrl {
    if let Some(url) = &server.public_url {
        return url.clone();
    }
    let forwarded = if server.trusts(peer) { forwarded(headers) } else { Forwarded::default() };
    let host =
        forwarded.host.or_else(|| text(headers, "host")).filter(|host| is_host(host)).unwrap_or_default();
    let scheme = forwarded.proto.unwrap_or(server.scheme());
    let url = format!("{scheme}://{host}{}", forwarded.prefix.unwrap_or_default());
    PublicUrl::try_from(url).unwrap_or_else(|_| server.own_url())
}

/// Whether `text` is a host and port alone (RFC 9110 §7.2), without a path behind it.
fn is_host(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
}

#[derive(Default)]
struct Forwarded<'a> {
    proto: Option<&'a str>,
    host: Option<&'a str>,
    prefix: Option<&'a str>,
}

fn forwarded(headers: &HeaderMap) -> Forwarded<'_> {
    let mut found = Forwarded {
        proto: first(headers, "x-forwarded-proto"),
        host: first(headers, "x-forwarded-host"),
        prefix: first(headers, "x-forwarded-prefix"),
    };
    for pair in first(headers, header::FORWARDED.as_str()).into_iter().flat_map(|element| element.split(';'))
    {
        let Some((name, value)) = pair.trim().split_once('=') else { continue };
        let value = value.trim_matches('"');
        match name {
            _ if name.eq_ignore_ascii_case("proto") => found.proto = Some(value),
            _ if name.eq_ignore_ascii_case("host") => found.host = Some(value),
            _ => {}
        }
    }
    found.proto = found.proto.filter(|proto| ["http", "https"].contains(proto));
    found.prefix = found.prefix.filter(|prefix| prefix.starts_with('/') && !prefix.starts_with("//"));
    found
}

/// The first member of a header's list: what the proxy next to the client wrote.
fn first<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    text(headers, name)?.split(',').next().map(str::trim).filter(|member| !member.is_empty())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use axum::http::{HeaderName, HeaderValue};
    use std::net::Ipv4Addr;

    fn base(server: &config::Server, headers: &[(&'static str, &'static str)]) -> String {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let origin = Origin { address: Ipv4Addr::LOCALHOST.into(), key: None };
        base_url(server, origin, &headers).as_str().to_owned()
    }

    const PROXIED: [(&str, &str); 4] = [
        ("host", "inside:8080"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "maps.example.org, inside"),
        ("x-forwarded-prefix", "/plan"),
    ];

    #[test]
    fn a_stranger_cannot_say_where_we_are() {
        assert_eq!(base(&config::Server::default(), &PROXIED), "http://inside:8080");
    }

    #[test]
    fn a_trusted_proxy_can() {
        let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        let server = config::Server { trusted_proxies, ..Default::default() };
        assert_eq!(base(&server, &PROXIED), "https://maps.example.org/plan");
        let rfc7239 = ("forwarded", "for=192.0.2.1;proto=https;host=\"a.example.org:8443\", for=10.0.0.1");
        assert_eq!(base(&server, &[("host", "inside"), rfc7239]), "https://a.example.org:8443");
    }

    #[test]
    fn a_key_of_the_url_is_in_front_of_every_path() {
        let origin = Origin { address: Ipv4Addr::LOCALHOST.into(), key: Some(Secret::new("plt_hidden")) };
        let url = base_url(&config::Server::default(), origin, &HeaderMap::new());
        assert_eq!(url.as_str(), "http://127.0.0.1:8080/key/plt_hidden");
        assert!(!format!("{url:?}").contains("hidden"));
    }

    #[test]
    fn a_poisoned_host_is_passed_over() {
        for host in ["a\"b", "a<script>", "a b", "", "a?b#c", "a/b", "a%2fb"] {
            assert_eq!(
                base(&config::Server::default(), &[("host", host)]),
                "http://127.0.0.1:8080",
                "{host}"
            );
        }
    }
}
