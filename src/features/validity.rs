//! The time in which a feature is valid: from `valid_from` to `valid_to`, days included.

use super::filter::days;
use crate::{
    plan::Layer,
    snapshot::{Row, VALID_FROM, VALID_TO, Value},
};
use jiff::Timestamp;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// The columns of a layer that say when a feature is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    from: Option<usize>,
    to: Option<usize>,
}

impl Validity {
    pub fn of(layer: &Layer) -> Self {
        Self { from: layer.days(VALID_FROM), to: layer.days(VALID_TO) }
    }

    /// Whether the feature is valid at some time of `moment`. What is not known is no limit, so a feature without
    /// times is always valid (OGC 17-069r4, `/req/core/fc-time-response`).
    pub fn meets(self, row: &Row, moment: Moment) -> bool {
        let day = |column: Option<usize>| match column.map(|column| row.value(column)) {
            Some(Value::Date(date)) => Some(days(date)),
            _ => None,
        };
        let starts = day(self.from).map_or(i64::MIN, |day| day * DAY);
        let ends = day(self.to).map_or(i64::MAX, |day| (day + 1) * DAY - 1);
        starts <= moment.last && moment.first <= ends
    }
}

/// A time or an interval, microseconds since 1970, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    first: i64,
    last: i64,
}

impl Moment {
    /// Reads the `datetime` of OGC API (OGC 17-069r4, §7.15.4): an RFC 3339 date or time, or two of them around a
    /// `/`, where `..` or nothing is no limit.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (first, last) = match text.split_once('/') {
            None => {
                let (first, last) = instant(text)?;
                return Ok(Self { first, last });
            }
            Some(ends) => ends,
        };
        let open = |text: &str| text.is_empty() || text == "..";
        if open(first) && open(last) {
            return Err("one end of the interval is a date or time");
        }
        let first = if open(first) { i64::MIN } else { instant(first)?.0 };
        let last = if open(last) { i64::MAX } else { instant(last)?.1 };
        if first > last {
            return Err("the interval ends before it begins");
        }
        Ok(Self { first, last })
    }
}

/// The first and last microsecond.
fn instant(text: &str) -> Result<(i64, i64), &'static str> {
    const FORM: &str =
        "a date is written YYYY-MM-DD, a time YYYY-MM-DDThh:mm:ssZ, an interval with / between";
    if text.len() == 10 {
        let day = days(text.parse().map_err(|_| FORM)?);
        return Ok((day * DAY, (day + 1) * DAY - 1));
    }
    // `parse` takes more than RFC 3339 does.
    let plain = text.len() >= 20 && text.is_ascii() && !text.contains('[');
    let time: Timestamp = text.parse().ok().filter(|_| plain).ok_or(FORM)?;
    Ok((time.as_microsecond(), time.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_an_interval() {
        let day = Moment::parse("2021-12-31").unwrap();
        assert_eq!(day.last - day.first, DAY - 1);
        let noon = Moment::parse("2021-12-31T12:00:00Z").unwrap();
        assert!(day.first < noon.first && noon.first == noon.last && noon.last < day.last);
        assert_eq!(Moment::parse("2021-12-31/..").unwrap(), Moment { first: day.first, last: i64::MAX });
        assert_eq!(Moment::parse("/2021-12-31").unwrap(), Moment { first: i64::MIN, last: day.last });
        assert_eq!(Moment::parse("2021-12-31/2021-12-31").unwrap(), day);
        for bad in
            ["", "/", "../..", "2021", "2021-13-01", "2022-01-01/2021-01-01", "now", "2021-01-01T00:00:00"]
        {
            assert!(Moment::parse(bad).is_err(), "{bad}");
        }
    }
}
