//! `site.json`: what a bucket has of sites, so that what nobody needs any more can go.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How long files stay after the page no longer names them: longer than a page is kept by a cache, and as long as most are
/// open.
const STAY: SignedDuration = SignedDuration::from_hours(1);

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Hashes of the files that keep their names when they change.
    pub named: BTreeMap<String, String>,
    /// The sites that were sent, the last one at the end, one that was not sent to its end too.
    sites: Vec<Sent>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sent {
    /// Files that are named by their content.
    files: BTreeSet<String>,
    /// When another took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

impl Ledger {
    /// Notes a site that is going to be sent.
    pub fn begin(&mut self, files: BTreeSet<String>) {
        if self.sites.last().is_none_or(|last| last.files != files) {
            self.sites.push(Sent { files, until: None });
        }
    }

    /// Notes that the last site has taken the place of all others, and forgets those that did so long ago. Returns the files
    /// that are needed no more.
    pub fn finish(&mut self, now: Timestamp) -> BTreeSet<String> {
        let last = self.sites.len().saturating_sub(1);
        for site in &mut self.sites[..last] {
            site.until.get_or_insert(now);
        }
        if let Some(last) = self.sites.last_mut() {
            last.until = None;
        }
        let is_over = |site: &mut Sent| site.until.is_some_and(|until| now.duration_since(until) > STAY);
        let over: Vec<_> = self.sites.extract_if(.., is_over).collect();
        let needed: BTreeSet<_> = self.sites.iter().flat_map(|site| &site.files).collect();
        over.iter().flat_map(|site| &site.files).filter(|file| !needed.contains(file)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn files_stay_for_an_hour_after_the_page_has_others() {
        let mut ledger = Ledger::default();
        for (minute, site, gone) in [
            (0, files(&["a", "b"]), files(&[])),
            (500, files(&["b", "c"]), files(&[])),
            (530, files(&["b", "d"]), files(&[])),
            (570, files(&["b", "d"]), files(&["a"])),
            (700, files(&["b", "d"]), files(&["c"])),
        ] {
            ledger.begin(site);
            assert_eq!(ledger.finish(at(minute)), gone, "{minute}");
        }
    }

    #[test]
    fn a_site_that_was_not_sent_to_its_end_goes_too() {
        let mut ledger = Ledger::default();
        ledger.begin(files(&["a"]));
        assert_eq!(ledger.finish(at(0)), files(&[]));
        ledger.begin(files(&["x"]));
        // Killed. What it replaced counts from when something took its place.
        ledger.begin(files(&["b"]));
        assert_eq!(ledger.finish(at(500)), files(&[]));
        ledger.begin(files(&["b"]));
        assert_eq!(ledger.finish(at(600)), files(&["a", "x"]));
    }
}
