//! A link that can be handed on: `/link/{token}/downloads/mining_rights.fgb` opens that file, and
//! `/link/{token}/tiles/mining_rights/{z}/{x}/{y}.mvt` those tiles, with the role of a key and until a time.
//!
//! The token is `{prefix}-{expires}-{mac}`: the key's prefix, seconds since 1970, and HMAC-SHA256 in base64url over both, the
//! key's role and what is opened. What is kept of the key, which its holder has not, is the secret, so a link ends with its
//! key. What is opened is not in the token: it is the path that is asked for, and another one has another code.

use super::{Entry, key::Hash};
use crate::config::Role;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::hmac;

/// The token of a link, as it was given.
pub struct Link<'a> {
    pub prefix: &'a str,
    expires: &'a str,
    until: Timestamp,
    mac: Vec<u8>,
}

impl<'a> Link<'a> {
    pub fn parse(token: &'a str) -> Option<Self> {
        let mut parts = token.splitn(3, '-');
        let (prefix, expires, mac) = (parts.next()?, parts.next()?, parts.next()?);
        let until = Timestamp::from_second(expires.parse().ok()?).ok()?;
        Some(Self { prefix, expires, until, mac: URL_SAFE_NO_PAD.decode(mac).ok()? })
    }

    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.until <= now
    }

    /// Whether it was made with the key that `entry` is of, for what is at `path`. Compares in a time that tells nothing.
    pub fn opens(&self, entry: &Entry, path: &str) -> bool {
        let (Some(secret), Some(opened)) = (entry.hash(), opened(path)) else { return false };
        let said = said(self.prefix, &entry.role, self.expires, &opened);
        hmac::verify(&keyed(&secret), &said, &self.mac).is_ok()
    }
}

/// The token of a link to what [`opened`] calls so, which ends with `expires` or with the key that `entry` is of. `None` where
/// the entry is damaged.
pub fn sign(entry: &Entry, expires: Timestamp, opened: &str) -> Option<String> {
    // Not before: the rest of a second is a whole one.
    let expires = (expires.as_second() + i64::from(expires.subsec_nanosecond() > 0)).to_string();
    let said = said(&entry.prefix, &entry.role, &expires, opened);
    let mac = hmac::sign(&keyed(&entry.hash()?), &said);
    Some(format!("{}-{expires}-{}", entry.prefix, URL_SAFE_NO_PAD.encode(mac)))
}

fn keyed(secret: &Hash) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret)
}

/// One line for each thing; none of them has an end of line in it.
fn said(prefix: &str, role: &Role, expires: &str, opened: &str) -> Vec<u8> {
    format!("plantiles link\n{prefix}\n{role}\n{expires}\n{opened}").into_bytes()
}

/// The name of what a link to `path` opens: a file under `/downloads`, or tiles, with `{z}/{x}/{y}` for their numbers. Links
/// are for nothing else.
///
/// The path is taken as it is sent: one that is written otherwise, with `%` or dots, has no name.
pub fn opened(path: &str) -> Option<String> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    match segments[..] {
        ["downloads", file] => is_plain(file).then(|| path.to_owned()),
        ["tiles", tileset, z, x, tile] => {
            let (y, kind) = tile.split_at(tile.find(|c: char| !c.is_ascii_digit())?);
            let numbers = [z, x, y].iter().all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
            let is_tile = numbers && is_plain(tileset) && kind.bytes().all(is_plain_byte);
            is_tile.then(|| format!("/tiles/{tileset}/{{z}}/{{x}}/{{y}}{kind}"))
        }
        _ => None,
    }
}

fn is_plain(segment: &str) -> bool {
    !segment.is_empty() && !segment.starts_with('.') && segment.bytes().all(is_plain_byte)
}

fn is_plain_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-_.,@".contains(&b)
}

#[cfg(test)]
mod tests {
    use super::{super::Key, *};

    const FILE: &str = "/downloads/mining_rights.fgb";
    const TILES: &str = "/tiles/mining_rights/0/0/0.mvt";

    fn entry() -> Entry {
        let key = Key::random().unwrap();
        Entry::new(&key, "office".parse().unwrap(), None, String::new()).unwrap()
    }

    #[test]
    fn a_link_opens_what_it_names_and_nothing_else() {
        let (entry, until) = (entry(), Timestamp::from_second(2_000_000_000).unwrap());
        let (file, tiles) =
            (sign(&entry, until, FILE).unwrap(), sign(&entry, until, &opened(TILES).unwrap()).unwrap());
        let opens = |token: &str, path| Link::parse(token).is_some_and(|link| link.opens(&entry, path));
        assert!(opens(&file, FILE) && opens(&tiles, TILES));
        assert!(opens(&tiles, "/tiles/mining_rights/18/213412/102773.mvt"));
        for path in [
            TILES,
            "/downloads/mining_rights.csv",
            "/downloads/mining_rights.fgb/",
            "/downloads//mining_rights.fgb",
            "//downloads/mining_rights.fgb",
            "/downloads/./mining_rights.fgb",
            "/downloads/a/../mining_rights.fgb",
            "/downloads/mining%5Frights.fgb",
            "/Downloads/mining_rights.fgb",
            "/downloads/mining_rights.fgb%00",
            "/downloads/prohibited_zones.fgb",
            "/",
            "",
        ] {
            assert!(!opens(&file, path), "{path}");
        }
        for path in [
            FILE,
            "/tiles/mining_rights/{z}/{x}/{y}.mvt",
            "/tiles/mining_rights/0/0/0.png",
            "/tiles/mining_rights/0/0/0@2x.png",
            "/tiles/mining_rights/0/0/0",
            "/tiles/mining_rights/0/0/.mvt",
            "/tiles/mining_rights/0/-1/0.mvt",
            "/tiles/mining_rights/0/0/0/0.mvt",
            "/tiles/mining_rights,faults/0/0/0.mvt",
            "/tiles/mining_rights.json",
        ] {
            assert!(!opens(&tiles, path), "{path}");
        }
    }

    #[test]
    fn no_part_of_a_token_can_be_changed() {
        let (entry, until) = (entry(), Timestamp::from_second(2_000_000_000).unwrap());
        let token = sign(&entry, until, FILE).unwrap();
        let mac = token.rsplit_once("2000000000-").unwrap().1;
        let prefix = &entry.prefix;
        for changed in [
            format!("{prefix}-2000000001-{mac}"),
            format!("{prefix}-02000000000-{mac}"),
            format!("{prefix}-+2000000000-{mac}"),
            format!("00000000-2000000000-{mac}"),
            format!("{prefix}-2000000000-{}", &mac[..42]),
            format!("{prefix}-2000000000-"),
            format!("{prefix}-2000000000"),
            format!("{token}A"),
            format!("{token}="),
            String::new(),
        ] {
            assert!(Link::parse(&changed).is_none_or(|link| !link.opens(&entry, FILE)), "{changed}");
        }
        let other = self::entry();
        assert!(!Link::parse(&token).unwrap().opens(&other, FILE), "made with another key");
        let link = Link::parse(&token).unwrap();
        assert!(link.has_expired(until) && !link.has_expired(Timestamp::from_second(1_999_999_999).unwrap()));
    }
}
