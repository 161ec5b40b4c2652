//! The answer as lines, for a terminal.

use super::{title, verdict};
use crate::review::{Review, Verdict};

pub fn text(review: &Review) -> String {
    let mut lines = String::new();
    let mut line = |text: &str| {
        lines += text;
        lines.push('\n');
    };
    line(&review.rules.plan.zh);
    line(&format!(
        "面积 {:.4} 平方千米，{} 个拐点，审查日期 {}",
        review.area_km2,
        review.proposal.corner_count(),
        review.date
    ));
    for notice in &review.notices {
        line(&format!("注意：{}", notice.zh));
    }
    for remark in &review.proposal.remarks {
        line(&format!("注意：{remark}"));
    }
    for wanted in Verdict::ALL {
        for (rule, judgement) in
            review.judged().filter(|(_, judgement)| judgement.verdict == wanted && judgement.applies)
        {
            let reasons: Vec<_> = judgement.reasons.iter().map(|reason| reason.zh.as_str()).collect();
            line(&format!("{} {}  {}  {}", rule.id, verdict(judgement).zh, rule.section, reasons.join("；")));
            for finding in &judgement.findings {
                let feature = &finding.feature;
                let name = feature.name.as_deref().unwrap_or_default();
                let code = feature.code.as_deref().unwrap_or_default();
                let mut measure = String::new();
                if let Some(overlap) = &finding.overlap {
                    measure = format!("{:.6} 平方千米（{:.2}%）", overlap.area_km2, overlap.share * 100.0);
                }
                if let Some(distance) = finding.distance_m {
                    measure = format!("距离 {distance:.1} 米");
                }
                line(&format!("      {} {} {code} {name}  {measure}", feature.layer, feature.id));
            }
        }
    }
    let counts = Verdict::ALL.map(|verdict| format!("{} {}", title(verdict).zh, review.count(verdict)));
    line(&format!("结论：{}（{}）", title(review.verdict()).zh, counts.join("，")));
    lines
}
