//! A review as documents: JSON, a map overlay, a report to print, lines of text; and the form that asks for one.

mod form;
mod json;
mod map;
mod page;
mod text;

pub use form::{form, questions};
pub use json::{json, overlay};
pub use map::{MAP_SIZE, drawn};
pub use page::{STYLE, page};
pub use text::text;

use crate::{
    plan::Text,
    review::{Judgement, Verdict},
};

/// What a verdict is called.
pub fn title(verdict: Verdict) -> Text {
    let (zh, en) = match verdict {
        Verdict::Pass => ("符合", "Pass"),
        Verdict::NotCheckable => ("无法检查", "Not checkable"),
        Verdict::Consultation => ("需征求意见", "Needs consultation"),
        Verdict::Conflict => ("冲突", "Conflict"),
    };
    Text { zh: zh.into(), en: en.into() }
}

/// The same of what a rule says, which may not apply.
fn verdict(judgement: &Judgement) -> Text {
    if judgement.applies {
        title(judgement.verdict)
    } else {
        Text { zh: "不适用".into(), en: "Does not apply".into() }
    }
}

/// Degrees, minutes and seconds with thousandths.
fn dms(degrees: f64) -> String {
    let thousandths = (degrees.abs() * 3_600_000.0).round() as u64;
    let (minutes, seconds) = (thousandths / 60_000, (thousandths % 60_000) as f64 / 1e3);
    let sign = if degrees < 0.0 { "-" } else { "" };
    format!("{sign}{}°{:02}′{seconds:06.3}″", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_carry() {
        assert_eq!(dms(112.504_166_666_67), "112°30′15.000″");
        assert_eq!(dms(35.999_999_999_9), "36°00′00.000″");
        assert_eq!(dms(-0.5), "-0°30′00.000″");
    }
}
