//! Choosing the content coding from `Accept-Encoding` (RFC 9110 §12.5.3).

use crate::encoding::Encoding;
use axum::http::{HeaderMap, header};

/// The codings that a client takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accepted {
    /// The one that it likes best, and we like best among equals; `None` when it refuses all of ours.
    pub best: Option<Encoding>,
    /// Whether it takes bytes as they are.
    pub identity: bool,
}

/// Our order among codings that the client likes equally: zstd and gzip cost a cold tile a third of what
/// brotli costs, at nearly the same size.
const PREFERENCE: [(Encoding, &str); 3] =
    [(Encoding::Zstd, "zstd"), (Encoding::Gzip, "gzip"), (Encoding::Brotli, "br")];

pub fn accepted(headers: &HeaderMap) -> Accepted {
    let mut qualities = [None; PREFERENCE.len()];
    let (mut identity, mut any) = (None, None);
    for (name, quality) in
        headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok()).flat_map(members)
    {
        if name.eq_ignore_ascii_case("identity") {
            identity = Some(quality);
        } else if name == "*" {
            any = Some(quality);
        } else if let Some(i) = PREFERENCE.iter().position(|(_, coding)| matches(name, coding)) {
            qualities[i] = Some(quality);
        }
    }
    // Identity is acceptable unless it is refused by name or by `*;q=0`.
    let identity = identity.or(any.filter(|&quality| quality == 0)).unwrap_or(1);
    let mut best: (Option<Encoding>, u16) = (None, 0);
    for (quality, (encoding, _)) in qualities.into_iter().zip(PREFERENCE) {
        let quality = quality.or(any).unwrap_or(0);
        if quality > best.1 {
            best = (Some(encoding), quality);
        }
    }
    // Without a named quality, identity (1) is the last resort; named, it competes like the others.
    let plain = (identity > best.1).then_some(Encoding::Identity);
    Accepted { best: plain.or(best.0), identity: identity > 0 }
}

fn matches(name: &str, coding: &str) -> bool {
    name.eq_ignore_ascii_case(coding) || (coding == "gzip" && name.eq_ignore_ascii_case("x-gzip"))
}

/// The members of one header value with their quality in thousandths; a malformed one is passed over.
fn members(value: &str) -> impl Iterator<Item = (&str, u16)> {
    value.split(',').filter_map(|member| {
        let mut parts = member.split(';').map(str::trim);
        let name = parts.next().filter(|name| !name.is_empty())?;
        match parts.next() {
            None => Some((name, 1000)),
            Some(weight) => {
                let text = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?;
                let quality: f32 = text.parse().ok()?;
                (0.0..=1.0).contains(&quality).then_some((name, (quality * 1000.0) as u16))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn accept(value: &'static str) -> Accepted {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
        accepted(&headers)
    }

    #[test]
    fn the_clients_wish_counts_before_ours() {
        use Encoding::*;
        assert_eq!(accepted(&HeaderMap::new()).best, Some(Identity));
        for (value, best) in [
            ("", Identity),
            ("gzip", Gzip),
            ("gzip, deflate, br, zstd", Zstd),
            ("gzip;q=0.5, br", Brotli),
            ("br;q=0.9, gzip;q=1.0", Gzip),
            ("X-GZIP", Gzip),
            ("deflate", Identity),
            ("*", Zstd),
            ("zstd;q=0, *", Gzip),
            ("gzip;q=0", Identity),
            ("gzip;q=0.5, identity;q=0.8", Identity),
            ("gzip;q=x, br;q=2, zstd;level=3", Identity),
            (", ;q=1,,", Identity),
        ] {
            assert_eq!(accept(value).best, Some(best), "{value}");
        }
    }

    #[test]
    fn identity_can_be_refused() {
        assert_eq!(accept("identity;q=0"), Accepted { best: None, identity: false });
        assert_eq!(accept("*;q=0"), Accepted { best: None, identity: false });
        assert_eq!(accept("gzip, identity;q=0"), Accepted { best: Some(Encoding::Gzip), identity: false });
        assert!(accept("gzip").identity);
    }
}
