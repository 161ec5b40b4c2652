//! Who asks, as far as limits go.

use crate::{access::Who, config};
use axum::http::{HeaderMap, HeaderName, header};
use std::{
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

/// Those who share what one may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Caller {
    Address(IpAddr),
    /// Who has this key, or is called so by a token, wherever they are.
    Named(Arc<str>),
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

impl Caller {
    /// Of an address; in IPv6 its first 64 bits, of which one subscriber has all addresses (RFC 6177).
    pub fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
            v4 => v4,
        })
    }

    /// Who asks from `address`. A link is for whoever it was handed to, so it counts by address.
    pub fn of(who: &Who, address: IpAddr) -> Self {
        match who {
            Who::Public | Who::Link { .. } => Self::at(address),
            Who::Key { .. } | Who::Token { .. } => Self::Named(who.to_string().into()),
        }
    }
}

/// `this address`, or who it is.
impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(_) => f.write_str("this address"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

/// The client on the other end of the connection, or in front of the proxies there that are trusted.
///
/// Each proxy adds the address that asked it to the end of `X-Forwarded-For`, or of `Forwarded` (RFC 7239): from there
/// on, the first that is none of ours is the client; whatever it wrote itself stands before it. Where both headers
/// are there and do not agree, one of them comes from the client, and the proxy is taken for it.
pub fn address(server: &config::Server, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let peer = peer.to_canonical();
    if !server.trusts(peer) {
        return peer;
    }
    let lists = [header::FORWARDED, X_FORWARDED_FOR].map(|name| client(server, headers, &name));
    match lists {
        [Some(one), None] | [None, Some(one)] => one,
        [Some(one), Some(other)] if one == other => one,
        _ => peer,
    }
}

/// The last hop in the header that is not trusted, or the first of all; `None` where the last cannot be read.
fn client(server: &config::Server, headers: &HeaderMap, name: &HeaderName) -> Option<IpAddr> {
    let mut client = None;
    let values: Vec<&str> =
        headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect();
    for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        let hop = if name == header::FORWARDED { node(hop) } else { Some(hop) };
        let Some(address) = hop.and_then(read) else { break };
        client = Some(address);
        if !server.trusts(address) {
            break;
        }
    }
    client
}

/// What stands behind `for=` in an element of `Forwarded`.
fn node(element: &str) -> Option<&str> {
    let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| name.eq_ignore_ascii_case("for")).map(|(_, node)| node)
}

/// An address with a port or without one; `unknown` and made-up names are none.
fn read(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let alone = || text.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address: Option<IpAddr> = alone().or_else(with_port).or_else(in_brackets);
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn caller(peer: &str, headers: &[(&'static str, &'static str)]) -> String {
        let trusted_proxies =
            ["10.0.0.0/8", "2001:db8:0:1::/64"].map(|network| network.parse().unwrap()).into();
        let server = config::Server { trusted_proxies, ..Default::default() };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        match Caller::at(address(&server, peer.parse().unwrap(), &map)) {
            Caller::Address(address) => address.to_string(),
            Caller::Named(name) => panic!("{name}"),
        }
    }

    #[test]
    fn nobody_but_a_trusted_proxy_says_who_asks() {
        let forged = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.1")];
        assert_eq!(caller("192.0.2.7", &forged), "192.0.2.7");
        assert_eq!(caller("::ffff:192.0.2.7", &forged), "192.0.2.7");
        assert_eq!(caller("10.1.1.1", &[]), "10.1.1.1");
        assert_eq!(caller("::ffff:10.1.1.1", &forged), "198.51.100.1");
    }

    #[test]
    fn the_last_hop_that_is_not_ours_is_the_client() {
        let of = |list| caller("10.1.1.1", &[("x-forwarded-for", list)]);
        assert_eq!(of("198.51.100.1"), "198.51.100.1");
        assert_eq!(of("6.6.6.6, 198.51.100.1"), "198.51.100.1");
        assert_eq!(of("6.6.6.6,198.51.100.1 , 10.2.2.2"), "198.51.100.1");
        assert_eq!(of("10.9.9.9, 10.2.2.2"), "10.9.9.9");
        assert_eq!(of("198.51.100.1:4711"), "198.51.100.1");
        assert_eq!(of("6.6.6.6, unknown, 10.2.2.2"), "10.2.2.2");
        for unread in ["", "unknown", "_hidden", "6.6.6.6,", "::g"] {
            assert_eq!(of(unread), "10.1.1.1", "{unread}");
        }
        let lines = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "198.51.100.1, 10.2.2.2")];
        assert_eq!(caller("10.1.1.1", &lines), "198.51.100.1");
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_has_it() {
        let of = |list| caller("2001:db8:0:1::1", &[("forwarded", list)]);
        assert_eq!(of("for=6.6.6.6;proto=http, proto=https;For=\"198.51.100.1:80\""), "198.51.100.1");
        assert_eq!(of("for=\"[2001:db8:cafe::17]:4711\";by=10.0.0.1"), "2001:db8:cafe::");
        assert_eq!(of("for=198.51.100.1, proto=https"), "2001:db8:0:1::");
    }

    #[test]
    fn two_headers_that_do_not_agree_are_not_believed() {
        let of = |a, b| caller("10.1.1.1", &[("forwarded", a), ("x-forwarded-for", b)]);
        assert_eq!(of("for=198.51.100.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(of("for=6.6.6.6", "198.51.100.1"), "10.1.1.1");
    }

    #[test]
    fn who_has_a_key_is_one_caller_anywhere_and_who_has_a_link_is_where_they_are() {
        let role = || "office".parse().unwrap();
        let key = |prefix: &str| Who::Key { prefix: prefix.into(), role: role() };
        let [here, there] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().unwrap());
        assert_eq!(Caller::of(&key("00000001"), here), Caller::of(&key("00000001"), there));
        assert_ne!(Caller::of(&key("00000001"), here), Caller::of(&key("00000002"), here));
        let token = Who::Token { subject: "00000001".into(), role: role() };
        assert_ne!(Caller::of(&key("00000001"), here), Caller::of(&token, here));
        let link = Who::Link { prefix: "00000001".into(), role: role() };
        assert_eq!(Caller::of(&link, here), Caller::of(&Who::Public, here));
        assert_eq!(Caller::of(&key("00000001"), here).to_string(), "key 00000001");
    }

    #[test]
    fn a_network_of_ipv6_is_one_caller() {
        let at = |text: &str| Caller::at(text.parse().unwrap());
        assert_eq!(at("2001:db8:1:2:3:4:5:6"), at("2001:db8:1:2::1"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }
}
