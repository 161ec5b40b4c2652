//! What has to be exported, and when: soon after one change, together after many.

use crate::plan::LayerId;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// After a change, this long a silence ends a burst.
const QUIET: Duration = Duration::from_millis(25);
/// How long changes are waited for in a burst that does not end, at least and at most. It doubles from export to
/// export, so that a burst of any length leads to a handful.
const BURST: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(4)];
/// At first it is this share of what the last export took, though not more than a second: after a long one the rest
/// of the burst would wait for a second long one.
const WORTH_WAITING: u32 = 4;
const FIRST_BURST: Duration = Duration::from_secs(1);
/// First and longest pause after a failure.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(30)];

/// Layers that are no longer as they are served.
pub struct Pending {
    /// Every layer, known or not.
    pub all: bool,
    pub layers: BTreeSet<LayerId>,
    /// Arrival of the first and the last change.
    span: Option<[Instant; 2]>,
    /// Announced changes among them.
    pub changes: u64,
    burst: Duration,
    pause: Duration,
    not_before: Option<Instant>,
}

impl Pending {
    /// Everything, at once.
    pub fn all() -> Self {
        Self { all: true, ..Self::none() }
    }

    pub fn none() -> Self {
        Self {
            all: false,
            layers: BTreeSet::new(),
            span: None,
            changes: 0,
            burst: BURST[0],
            pause: PAUSES[0],
            not_before: None,
        }
    }

    pub fn is_empty(&self) -> bool {
        !self.all && self.layers.is_empty()
    }

    /// A change of `layer` was announced.
    pub fn add(&mut self, layer: LayerId, now: Instant) {
        self.layers.insert(layer);
        self.changes += 1;
        self.span = Some([self.since().unwrap_or(now), now]);
    }

    /// Arrival of the first announced change.
    pub fn since(&self) -> Option<Instant> {
        self.span.map(|[first, _]| first)
    }

    /// When to export; `None` when there is nothing to do.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        if self.is_empty() {
            return None;
        }
        let settled = self.span.map_or(now, |[first, last]| (last + QUIET).min(first + self.burst));
        Some(self.not_before.map_or(settled, |pause| pause.max(settled)))
    }

    /// Takes all of it, for an export that begins.
    pub fn take(&mut self) -> Self {
        let rest = Self { all: false, layers: BTreeSet::new(), span: None, changes: 0, ..*self };
        std::mem::replace(self, rest)
    }

    /// Somebody else publishes: what was taken is as it was, and is tried again after `pause`.
    pub fn give_back(&mut self, taken: Self, pause: Duration, now: Instant) {
        let span = match (taken.span, self.span) {
            (Some([first, _]), Some([_, last])) => Some([first, last]),
            (taken, new) => taken.or(new),
        };
        self.all |= taken.all;
        self.layers.extend(taken.layers);
        self.changes += taken.changes;
        (self.span, self.not_before) = (span, Some(now + pause));
    }

    /// The export of what was taken went well, in `took`. `busy` when more had come meanwhile.
    pub fn succeeded(&mut self, busy: bool, took: Duration) {
        self.burst = if busy {
            (self.burst * 2).min(BURST[1])
        } else {
            (took / WORTH_WAITING).clamp(BURST[0], FIRST_BURST)
        };
        self.try_again();
    }

    /// What failed may go well now.
    pub fn try_again(&mut self) {
        (self.pause, self.not_before) = (PAUSES[0], None);
    }

    /// These have to be exported again, after a pause.
    pub fn failed(&mut self, all: bool, layers: impl IntoIterator<Item = LayerId>, now: Instant) {
        self.all |= all;
        self.layers.extend(layers);
        self.not_before = Some(now + self.pause);
        self.pause = (self.pause * 2).min(PAUSES[1]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer() -> LayerId {
        LayerId::new("mining_blocks").unwrap()
    }

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn idle() -> Pending {
        let mut pending = Pending::all();
        pending.take();
        pending.succeeded(false, ms(50));
        pending
    }

    #[test]
    fn a_change_waits_for_silence() {
        let (mut pending, start) = (idle(), Instant::now());
        assert_eq!(pending.due(start), None);
        pending.add(layer(), start);
        assert_eq!(pending.due(start), Some(start + QUIET));
        pending.add(layer(), start + ms(20));
        assert_eq!(pending.due(start), Some(start + ms(20) + QUIET));
    }

    #[test]
    fn a_turn_is_waited_for_with_all_that_was_to_be_done() {
        let (mut pending, start) = (idle(), Instant::now());
        pending.add(layer(), start);
        let taken = pending.take();
        pending.add(layer(), start + ms(30));
        pending.give_back(taken, ms(200), start + ms(40));
        assert_eq!((pending.since(), pending.changes), (Some(start), 2));
        assert_eq!(pending.due(start + ms(60)), Some(start + ms(240)));
    }

    #[test]
    fn a_burst_leads_to_a_handful_of_exports() {
        let (mut pending, start) = (idle(), Instant::now());
        let mut exports = 0;
        // A change every millisecond for ten seconds; an export takes 50 ms.
        let mut free = start;
        for n in 0..10_000 {
            let now = start + ms(n);
            pending.add(layer(), now);
            if now >= free && pending.due(now).is_some_and(|due| due <= now) {
                pending.take();
                exports += 1;
                free = now + ms(50);
                pending.succeeded(true, ms(50));
            }
        }
        assert!((4..=8).contains(&exports), "{exports}");
        // The last one is not kept waiting by what came before.
        let last = start + ms(9_999);
        assert!(pending.due(last).is_some_and(|due| due <= last + QUIET));
    }

    #[test]
    fn a_long_export_waits_for_the_end_of_a_burst() {
        let (mut pending, start) = (idle(), Instant::now());
        pending.succeeded(false, ms(3_000));
        (0..=700).step_by(20).for_each(|n| pending.add(layer(), start + ms(n)));
        assert_eq!(pending.due(start), Some(start + ms(700) + QUIET));
        (720..=2_000).step_by(20).for_each(|n| pending.add(layer(), start + ms(n)));
        assert_eq!(pending.due(start), Some(start + ms(750)));
    }

    #[test]
    fn failures_are_tried_again_less_and_less_often() {
        let (mut pending, start) = (idle(), Instant::now());
        pending.failed(false, [layer()], start);
        assert_eq!(pending.due(start), Some(start + PAUSES[0]));
        pending.take();
        pending.failed(false, [layer()], start);
        assert_eq!(pending.due(start), Some(start + PAUSES[0] * 2));
        pending.take();
        pending.succeeded(false, ms(50));
        assert_eq!(pending.due(start), None);
    }
}
