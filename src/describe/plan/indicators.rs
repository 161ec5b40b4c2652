//! The targets of the plan and how far they are reached, and the licences that have ended or end within a year.

use super::{INDICATORS, part};
use crate::{
    config::PublicUrl,
    document::{Document, Evaluation, Indicator, Place},
    evaluation::{Asked, Licence, Licences, Reading, Standing, State},
};
use maud::{Markup, html};
use serde_json::{Value, json};

/// An evaluation on a day.
pub struct Evaluated<'a> {
    pub document: &'a Document,
    pub evaluation: &'a Evaluation,
    pub asked: &'a Asked,
    pub standings: &'a [Standing<'a>],
    /// `None` where the layer of licences is not served.
    pub licences: Option<&'a Licences>,
    pub base: &'a PublicUrl,
}

/// Where the layers may lack a property, the reason is given in place of a number.
fn reading(reading: &Reading) -> Value {
    match reading {
        Ok(value) => json!({ "value": value }),
        Err(unknown) => json!({ "value": null, "unknown": unknown.to_string() }),
    }
}

fn state(state: State) -> [&'static str; 3] {
    match state {
        State::Expired => ["expired", "已到期", "expired"],
        State::Expiring => ["expiring", "一年内到期", "ends within a year"],
    }
}

impl Evaluated<'_> {
    pub fn json(&self) -> Value {
        let Self { document, evaluation, asked, standings, licences, .. } = self;
        let grants = asked.grants.iter().map(|(layer, ids)| json!({ "layer": layer, "features": ids }));
        json!({
            "title": document.title,
            "at": asked.at.to_string(),
            "granted": grants.collect::<Vec<_>>(),
            "indicators": standings.iter().map(|standing| self.standing(standing)).collect::<Vec<_>>(),
            "licences": licences.map(|licences| json!({
                "layer": evaluation.licences, "all": licences.all, "without_end": licences.endless,
                "expired": licences.expired, "expiring": licences.expiring,
                "listed": licences.listed.iter().map(|licence| self.licence(licence)).collect::<Vec<_>>(),
            })),
        })
    }

    fn standing(&self, standing: &Standing) -> Value {
        let Indicator { id, title, unit, target, base, measure, rule, missing, .. } = standing.indicator;
        let printed = |place: &Place| self.document.printed(place);
        let mut described = json!({
            "id": id, "title": title, "unit": unit,
            "target": {
                "value": target.value, "relation": target.relation, "at": target.at,
                "printed": printed(&target.at).map(|printed| json!({ "text": printed.text, "line": printed.line })),
            },
            "kind": self.kind(standing.indicator),
            "base": base, "current": reading(&standing.current), "in_force": reading(&standing.in_force),
            "met": self.met(standing), "measure": measure, "rule": rule, "missing": missing,
        });
        if let Some(projected) = &standing.projected {
            described["projected"] = reading(projected);
        }
        described
    }

    /// 预期性 or 约束性, where the document says so.
    fn kind(&self, indicator: &Indicator) -> Option<&str> {
        Some(self.document.printed(indicator.kind.as_ref()?)?.text.as_str())
    }

    /// Whether the target is reached now; `None` where there is none, or nothing tells.
    fn met(&self, standing: &Standing) -> Option<bool> {
        let target = &standing.indicator.target;
        Some(target.relation.holds(*standing.current.as_ref().ok()?, target.value?))
    }

    fn licence(&self, licence: &Licence) -> Value {
        json!({
            "id": licence.id, "code": licence.code, "name": licence.name, "ends": licence.ends.to_string(),
            "state": state(licence.state)[0], "href": self.item(licence.id),
        })
    }

    fn item(&self, id: i64) -> String {
        format!("{}/ogc/collections/{}/items/{id}", self.base.as_str(), self.evaluation.licences)
    }

    pub fn html(&self) -> String {
        let Self { asked, licences, base, .. } = self;
        let content = html! {
            form action={ (base.as_str()) "/plan/indicators" } {
                input type="hidden" name="f" value="html";
                label { "日期 Date " input type="date" name="at" value=(asked.at); } " "
                label { "拟出让 Granted " input name="grant" placeholder="mining_blocks/1" value=(self.grants()); } " "
                button { "计算 Evaluate" }
            }
            (self.table())
            @if let Some(licences) = licences { (self.licences(licences)) }
            ul { li { a href={ (base.as_str()) "/plan/indicators?" (self.query("json")) } { "JSON" } } }
        };
        part(self.base, &[], INDICATORS.1, &content)
    }

    fn grants(&self) -> String {
        let grants = self.asked.grants.iter();
        let grants = grants.flat_map(|(layer, ids)| ids.iter().map(move |id| format!("{layer}/{id}")));
        grants.collect::<Vec<_>>().join(",")
    }

    fn query(&self, form: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("f", form).append_pair("at", &self.asked.at.to_string());
        let grants = self.grants();
        if !grants.is_empty() {
            query.append_pair("grant", &grants);
        }
        query.finish()
    }

    fn table(&self) -> Markup {
        html! {
            div.wide { table {
                tr {
                    th { "指标 Indicator" } th { "目标 Target" } th { "属性 Kind" } th { "基期 Base" } th { "现状 Current" }
                    th { "有效许可 In force" }
                    @if !self.asked.grants.is_empty() { th { "出让后 If granted" } }
                    th { "达标 Met" } th { "算法与所缺 Rule, and what is missing" }
                }
                @for standing in self.standings { (self.row(standing)) }
            } }
        }
    }

    fn row(&self, standing: &Standing) -> Markup {
        let Indicator { title, unit, target, base, rule, missing, .. } = standing.indicator;
        html! {
            tr {
                td { (title.zh) "（" (unit.zh) "）" br; span.en { (title.en) } }
                td.number { a href={ (self.base.as_str()) "/plan/tables/" (target.at.table) "?f=html" } {
                    (self.document.printed(&target.at).map(|printed| printed.text.as_str()).unwrap_or_default())
                } }
                td { (self.kind(standing.indicator).unwrap_or_default()) }
                td.number { @if let Some(base) = base { span title=(base.quote.text) { (base.value) } } }
                (number(&standing.current)) (number(&standing.in_force))
                @if let Some(projected) = &standing.projected { (number(projected)) }
                td { @match self.met(standing) { Some(true) => "是 yes", Some(false) => "否 no", None => "" } }
                td {
                    @if let Some(text) = rule { (text.zh) " " span.en { (text.en) } br; }
                    @if let Some(text) = missing { "缺：" (text.zh) " " span.en { "Missing: " (text.en) } }
                }
            }
        }
    }

    fn licences(&self, licences: &Licences) -> Markup {
        html! {
            h2 { "采矿许可证 Licences, " (self.asked.at) }
            p { "共 " (licences.all) "，已到期 " (licences.expired) "，一年内到期 " (licences.expiring) br;
                span.en { (licences.all) " in all, " (licences.expired) " expired, " (licences.expiring) " end within a year" } }
            div.wide { table {
                tr { th { "编号 Code" } th { "名称 Name" } th { "有效期止 Valid to" } th { "状态 State" } }
                @for licence in &licences.listed {
                    tr {
                        td { a href={ (self.item(licence.id)) "?f=html" } { (licence.code.as_deref().unwrap_or("–")) } }
                        td { (licence.name.as_deref().unwrap_or_default()) }
                        td { (licence.ends) }
                        td { (state(licence.state)[1]) " " span.en { (state(licence.state)[2]) } }
                    }
                }
            } }
        }
    }
}

fn number(reading: &Reading) -> Markup {
    match reading {
        Ok(value) => html! { td.number { (value) } },
        Err(unknown) => html! { td.number title=(unknown) { "–" } },
    }
}
