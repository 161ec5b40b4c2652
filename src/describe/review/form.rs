//! What is asked of a proposal, as a document and as the form at `/review`.

use crate::{
    config::PublicUrl,
    describe::ogc::html,
    review::{Attribute, Kind, Rules},
};
use maud::{Markup, html};
use serde_json::{Value, json};

/// The attributes that a proposal may answer, and the rules by which it is judged.
pub fn questions(rules: &Rules) -> Value {
    let attributes = rules.asked().map(|asked| {
        let choices = asked
            .choices
            .iter()
            .map(|choice| json!({ "id": choice.id, "title": { "zh": choice.zh, "en": choice.en } }));
        json!({
            "id": asked.id,
            "type": asked.kind.name(),
            "title": asked.title,
            "unit": asked.unit,
            "open": asked.open,
            "choices": choices.collect::<Vec<_>>(),
        })
    });
    let listed = rules.rules.iter().map(|rule| {
        let quotes = rule.quotes.iter().map(|quote| json!({ "text": quote.text, "line": quote.line }));
        json!({
            "id": rule.id,
            "quotes": quotes.collect::<Vec<_>>(),
            "section": rule.section,
            "strength": rule.strength.name(),
        })
    });
    json!({
        "plan": rules.plan,
        "attributes": attributes.collect::<Vec<_>>(),
        "rules": listed.collect::<Vec<_>>(),
    })
}

/// The form; it needs no script.
pub fn form(rules: &Rules, base: &PublicUrl) -> String {
    let content = html! {
        p { (rules.plan.zh) " " span.en { (rules.plan.en) } }
        form method="post" action={ (base.as_str()) "/review?f=html" } {
            p {
                label for="proposal" { "申请范围：拐点坐标、GeoJSON 或 WKT " span.en { "Corner points, GeoJSON or WKT" } }
                br;
                textarea id="proposal" name="proposal" rows="10" cols="60" required {}
            }
            p {
                label for="srid" { "坐标系 EPSG（未注明带号时） " span.en { "EPSG code, where the text does not say" } } " "
                input id="srid" name="srid" inputmode="numeric" size="6";
            }
            table {
                @for asked in rules.asked() {
                    tr {
                        th { label for=(asked.id) { (asked.title.zh) " " span.en { (asked.title.en) } } }
                        td { (field(asked)) }
                    }
                }
            }
            p { button type="submit" { "审查 Review" } }
        }
    };
    html::page(base, &[], "矿业权审查 Review of a proposed right", content)
}

fn field(asked: &Attribute) -> Markup {
    let id = &asked.id;
    html! {
        @match asked.kind {
            Kind::Choice if asked.open => {
                input id=(id) name=(id) list={ (id) "-list" };
                datalist id={ (id) "-list" } { @for choice in &asked.choices { option value=(choice.zh) { (choice.en) } } }
            }
            Kind::Choice => {
                select id=(id) name=(id) {
                    option value="" {}
                    @for choice in &asked.choices { option value=(choice.id) { (choice.zh) " " (choice.en) } }
                }
            }
            Kind::Choices => {
                select id=(id) name=(id) multiple {
                    @for choice in &asked.choices { option value=(choice.id) { (choice.zh) " " (choice.en) } }
                }
            }
            Kind::Truth => {
                select id=(id) name=(id) {
                    option value="" {}
                    option value="true" { "是 yes" }
                    option value="false" { "否 no" }
                }
            }
            Kind::Number => { input id=(id) name=(id) inputmode="decimal" size="10"; " " (asked.unit.as_deref().unwrap_or_default()) }
            Kind::Date => { input id=(id) name=(id) type="date"; }
            Kind::Text => { input id=(id) name=(id) size="40"; }
        }
    }
}
