//! One line of the audit file.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    io,
    net::IpAddr,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// What happened, and to whose account. Nothing in it is secret: no key, token or signature.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When it was over. First in the line, which [`super::file`] reads the day from.
    pub time: Timestamp,
    /// Of the process, and a number that counts its records: one that is missing was lost.
    pub id: String,
    pub event: Event,
    /// `public`, `key 1a2b3c4d`, `token alice`, `user plantiles`; `unknown` for whoever showed a key that is none.
    pub who: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Of the client, in front of the proxies that are trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Which part of it, of what was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// What was done, of changes: `create`, `revoke`, `publish`, `adopt`, `remove`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The prefix of the key that was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// The hash of what was served or published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Where what was published came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Of the body, as it went out: of one that broke off, what was handed to the connection by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Whether the body went out to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whole: Option<bool>,
    /// From the request to the end of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Records that should be before this one and are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<u64>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    Download,
    Review,
    /// Of a request: 401, 403, 413, 414 or 429.
    Refusal,
    Key,
    Publish,
    /// Records are missing.
    #[default]
    Gap,
}

impl Record {
    /// Of now.
    pub fn new(event: Event, who: impl Into<String>) -> Self {
        Self { time: Timestamp::now(), id: id(), event, who: who.into(), ..Self::default() }
    }

    /// Says that so many records are missing.
    pub fn gap(lost: u64) -> Self {
        Self { lost: Some(lost), ..Self::new(Event::Gap, "server") }
    }

    /// With its end of line.
    ///
    /// # Errors
    /// Never for a record made here.
    pub fn line(&self) -> io::Result<Vec<u8>> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(line)
    }
}

/// The next id of this process.
fn id() -> String {
    static PROCESS: OnceLock<String> = OnceLock::new();
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let process = PROCESS.get_or_init(|| {
        let mut random = [0; 8];
        // Without random bytes, which every system has, the time tells processes apart.
        match getrandom::fill(&mut random) {
            Ok(()) => format!("{:016x}", u64::from_be_bytes(random)),
            Err(_) => format!("{:016x}", Timestamp::now().as_nanosecond() as u64),
        }
    });
    format!("{process}-{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// What of a path may be told: a key, token or link that came to stand in it may not, nor need all of a long one.
pub fn told(path: &str) -> String {
    const LONGEST: usize = 200;
    let mut before = "";
    let segments = path.split('/').map(|segment| {
        let is_secret = ["key", "link"].contains(&std::mem::replace(&mut before, segment));
        if is_secret || segment.contains("plt_") || segment.contains("eyJ") { "…" } else { segment }
    });
    let told = segments.collect::<Vec<_>>().join("/");
    match told.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &told[..end]),
        None => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_was_recorded_and_begins_with_the_time() {
        let record = Record {
            path: Some("/downloads/矿区.fgb\n".into()),
            bytes: Some(12),
            ..Record::new(Event::Download, "key 1a2b3c4d")
        };
        let line = record.line().unwrap();
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert!(line.starts_with(format!("{{\"time\":\"{}\"", record.time).as_bytes()));
        assert_eq!(serde_json::from_slice::<Record>(&line).unwrap(), record);
        assert!(!String::from_utf8(line).unwrap().contains("null"));
    }

    #[test]
    fn each_record_has_the_next_number() {
        let ids = [Record::gap(1).id, Record::gap(1).id];
        let [one, other] = ids.each_ref().map(|id| id.split_once('-').unwrap());
        assert_eq!(one.0, other.0);
        assert!(one.1.parse::<u64>().unwrap() < other.1.parse().unwrap());
    }

    #[test]
    fn a_path_is_told_without_what_looks_like_a_key() {
        assert_eq!(told("/tiles/plan/1/2/3.mvt"), "/tiles/plan/1/2/3.mvt");
        assert_eq!(told("/key/plt_0a_b/tiles"), "/key/…/tiles");
        assert_eq!(told("/token/eyJhbGciOi/x"), "/token/…/x");
        assert_eq!(told("/link/1a2b3c4d-1-x/downloads/a.fgb"), "/link/…/downloads/a.fgb");
        assert_eq!(told(&"/煤".repeat(300)).chars().count(), 201);
    }
}
