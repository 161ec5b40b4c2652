//! One byte range of a download (RFC 9110 §14).

use std::ops::Range;

#[derive(Debug, PartialEq, Eq)]
pub enum Requested {
    /// No range, several, or one that is malformed: the whole representation.
    Whole,
    Part(Range<usize>),
    /// It starts at or past the end.
    Unsatisfiable,
}

/// Reads a `Range` header for a representation of `length` bytes.
///
/// A range past the end is clamped: FlatGeobuf clients ask for their first 12,944 bytes of files that are
/// smaller. Several ranges are answered whole, as the RFC allows, so that nobody can ask for a thousand.
pub fn requested(range: &str, length: usize) -> Requested {
    let Some((first, last)) = only_member(range).and_then(|member| member.split_once('-')) else {
        return Requested::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    match (position(first), position(last)) {
        (None, Some(suffix)) if first.is_empty() => match suffix {
            0 => Requested::Unsatisfiable,
            suffix => part(length.saturating_sub(suffix), length, length),
        },
        (Some(first), None) if last.is_empty() => part(first, length, length),
        (Some(first), Some(last)) if first <= last => part(first, last.saturating_add(1), length),
        _ => Requested::Whole,
    }
}

/// The one range of the set; a list may have empty members (§5.6.1) and the unit is in any case (§14.1).
fn only_member(range: &str) -> Option<&str> {
    let (unit, set) = range.split_once('=')?;
    let mut members = set.split(',').map(str::trim).filter(|member| !member.is_empty());
    let member = members.next().filter(|_| unit.trim().eq_ignore_ascii_case("bytes"))?;
    members.next().is_none().then_some(member)
}

fn part(start: usize, end: usize, length: usize) -> Requested {
    if start < length { Requested::Part(start..end.min(length)) } else { Requested::Unsatisfiable }
}

/// A byte position; one too large for the machine is past any end.
fn position(text: &str) -> Option<usize> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Requested::*, *};
    use proptest::prelude::*;

    #[test]
    fn ranges_as_clients_send_them() {
        for (range, wanted) in [
            ("bytes=0-99", Part(0..100)),
            ("bytes=0-12943", Part(0..1000)),
            ("bytes=999-999", Part(999..1000)),
            ("bytes=500-", Part(500..1000)),
            ("bytes=-1", Part(999..1000)),
            ("bytes=-5000", Part(0..1000)),
            ("bytes=0-99999999999999999999999", Part(0..1000)),
            ("bytes=1000-", Unsatisfiable),
            ("bytes=1000-2000", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("Bytes=3-4,", Part(3..5)),
            ("bytes=5-4", Whole),
            ("bytes=0-1,5-9", Whole),
            ("bytes=a-b", Whole),
            ("bytes=-", Whole),
            ("bytes=+1-2", Whole),
            ("items=0-1", Whole),
            ("", Whole),
        ] {
            assert_eq!(requested(range, 1000), wanted, "{range}");
        }
    }

    proptest! {
        #[test]
        fn a_part_is_never_empty_nor_outside(range in "bytes=[0-9]{0,5}-[0-9]{0,5}", length in 0..50_000usize) {
            if let Part(part) = requested(&range, length) {
                prop_assert!(part.start < part.end && part.end <= length);
            }
        }

        #[test]
        fn nothing_panics(range in ".*", length: usize) {
            requested(&range, length);
        }
    }
}
