//! The report, to be read and printed on A4: one file with all that it shows.

use super::{dms, title, verdict};
use crate::{
    crs::Crs,
    describe::page::frame,
    review::{Finding, Judgement, Review, Rule, Verdict, rings},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use maud::{Markup, PreEscaped, html};

/// The style of the page, which stands in it.
pub const STYLE: &str = include_str!("report.css");

/// Corners that are listed; a report of more is not printed.
const MOST_LISTED: usize = 500;

/// `map` is a PNG of the proposal on the plan.
pub fn page(review: &Review, map: Option<&[u8]>) -> String {
    let proposal = &review.proposal;
    let name = proposal.answers.get("name").map(crate::review::Answer::json);
    let heading = match name.as_ref().and_then(|name| name.as_str()) {
        Some(name) => format!("{name} · 矿业权审查报告"),
        None => "矿业权审查报告".to_owned(),
    };
    let head = html! { style { (PreEscaped(STYLE)) } };
    let body = html! {
        h1 { (heading) }
        p.plan { "依据：" (review.rules.plan.zh) br; span.small { "数据版本 " (review.version) "　审查日期 " (review.date) } }
        @for notice in &review.notices { p.notice role="note" { (notice.zh) } }
        h2 { "一、结论" }
        (conclusion(review))
        h2 { "二、申请内容" }
        (stated(review))
        @if let Some(map) = map {
            h2 { "三、位置图" }
            figure {
                img.map alt="申请范围及重叠部分在规划图上的位置" src={ "data:image/png;base64," (BASE64_STANDARD.encode(map)) };
                figcaption { "红色边线为申请范围，红色填充为与规则有关的重叠部分。上北下南。底图为规划图。" }
            }
        }
        h2 { (if map.is_some() { "四" } else { "三" }) "、审查表" }
        (verdicts(review))
        h2 { (if map.is_some() { "五" } else { "四" }) "、拐点坐标" }
        (corners(review))
        p.small {
            "面积按 CGCS2000 椭球面计算；重叠在 6° 带高斯－克吕格平面上求得；窄于 " (review.rules.precision)
            " 米的重叠不作为重叠。规则的原文、章节和行号取自规划文本。"
        }
    };
    frame("zh-CN", &heading, head, body)
}

fn conclusion(review: &Review) -> Markup {
    html! {
        table.stated {
            tr { th { "总体结论" } td class={ "verdict " (review.verdict().name()) } { (title(review.verdict()).zh) } }
            @for wanted in Verdict::ALL {
                tr {
                    th { (title(wanted).zh) }
                    td {
                        (review.count(wanted)) " 条"
                        @if wanted != Verdict::Pass {
                            @let ids: Vec<_> = review.judged().filter(|(_, judgement)| judgement.verdict == wanted).map(|(rule, _)| rule.id.as_str()).collect();
                            @if !ids.is_empty() { "：" (ids.join("、")) }
                        } @else {
                            @let idle = review.judgements.iter().filter(|judgement| !judgement.applies).count();
                            @if idle > 0 { "，其中 " (idle) " 条不适用于此类申请" }
                        }
                    }
                }
            }
        }
    }
}

fn stated(review: &Review) -> Markup {
    let proposal = &review.proposal;
    html! {
        table.stated {
            tr { th { "面积" } td { (format!("{:.4}", review.area_km2)) " 平方千米" } }
            tr { th { "拐点" } td { (proposal.corner_count()) " 个" } }
            tr { th { "所用坐标系" } td { "EPSG:" (proposal.crs.epsg()) } }
            @for asked in review.rules.asked() {
                @if let Some(answer) = proposal.answers.get(&asked.id) {
                    tr { th { (asked.title.zh) } td { (asked.words(answer).zh) } }
                }
            }
            @for remark in &proposal.remarks { tr { th { "读取说明" } td { (remark) } } }
        }
    }
}

fn verdicts(review: &Review) -> Markup {
    html! {
        div.wide { table {
            thead { tr { th { "编号" } th { "规划原文" } th { "结论" } th { "说明" } } }
            tbody {
                @for wanted in Verdict::ALL {
                    @for (rule, judgement) in review.judged().filter(|(_, judgement)| judgement.applies && judgement.verdict == wanted) {
                        (row(rule, judgement))
                    }
                }
                @for (rule, judgement) in review.judged().filter(|(_, judgement)| !judgement.applies) { (row(rule, judgement)) }
            }
        } }
    }
}

fn row(rule: &Rule, judgement: &Judgement) -> Markup {
    html! {
        tr class=(judgement.verdict.name()) {
            td { (rule.id) }
            td {
                @for quote in &rule.quotes { q { (quote.text) } br; }
                span.small { (rule.section) "（第 " (lines(rule)) " 行）" }
            }
            td.verdict { (verdict(judgement).zh) }
            td {
                @for reason in &judgement.reasons { (reason.zh) "。" br; }
                @for finding in &judgement.findings { (found(finding)) br; }
                @if let Some(remainder) = &judgement.remainder {
                    (format!("范围外 {:.4} 平方千米（{:.2}%）", remainder.area_km2, remainder.share * 100.0))
                }
            }
        }
    }
}

fn lines(rule: &Rule) -> String {
    rule.quotes.iter().map(|quote| quote.line.to_string()).collect::<Vec<_>>().join("、")
}

fn found(finding: &Finding) -> Markup {
    let feature = &finding.feature;
    html! {
        span.small {
            (feature.layer_title.zh) " " (feature.id)
            @if let Some(code) = &feature.code { " " (code) }
            @if let Some(name) = &feature.name { " " (name) }
            @if let Some(overlap) = &finding.overlap {
                (format!("：{:.6} 平方千米，占 {:.2}%", overlap.area_km2, overlap.share * 100.0))
            }
            @if let Some(length) = finding.length_km { (format!("，长 {length:.3} 千米")) }
            @if let Some(distance) = finding.distance_m { (format!("：距离 {distance:.1} 米")) }
            @if finding.is_sliver { "（窄于数据精度）" }
        }
    }
}

/// Corners in the zone of licences, north before east, and in degrees.
fn corners(review: &Review) -> Markup {
    let proposal = &review.proposal;
    let zone = proposal.zone();
    let listed = proposal.geometry.iter().flat_map(rings).enumerate();
    let rows = listed.flat_map(|(ring, path)| {
        let last = path.0.len().saturating_sub(1);
        path.0.iter().take(last).enumerate().map(move |(corner, at)| (ring + 1, corner + 1, [at.x, at.y]))
    });
    html! {
        @if let Some(zone) = zone {
            p.small { "CGCS2000 / 3° 带高斯－克吕格第 " (zone.number().unwrap_or_default()) " 带（EPSG:" (zone.epsg()) "），X 向北，Y 向东（含带号），单位米。" }
        }
        table {
            thead { tr { th { "圈" } th { "序号" } th { "X" } th { "Y" } th { "经度" } th { "纬度" } } }
            tbody {
                @for (ring, corner, [lon, lat]) in rows.take(MOST_LISTED) {
                    @let place = zone.map(|zone| Crs::GaussKruger(zone).forward([lon, lat]));
                    tr {
                        td.number { (ring) } td.number { (corner) }
                        @match place {
                            Some([east, north]) => { td.number { (format!("{north:.2}")) } td.number { (format!("{east:.2}")) } }
                            None => { td {} td {} }
                        }
                        td.number { (dms(lon)) } td.number { (dms(lat)) }
                    }
                }
            }
        }
        @if proposal.corner_count() > MOST_LISTED {
            p.small { "共 " (proposal.corner_count()) " 个拐点，只列出前 " (MOST_LISTED) " 个。" }
        }
    }
}
