//! The places where the document contradicts itself.

use super::{INCONSISTENCIES, part};
use crate::{
    config::PublicUrl,
    document::{Concern, Document, Inconsistency},
};
use maud::{Markup, html};
use serde_json::{Value, json};

/// `/plan/inconsistencies`
pub fn inconsistencies(document: &Document, base: &PublicUrl) -> Value {
    let found = document.inconsistencies.iter().map(|found| {
        let concerns = found.concerns.iter().map(|concern| {
            let mut described = json!(concern);
            described["href"] = json!(href(concern, None, base));
            described
        });
        json!({
            "id": found.id, "kind": found.kind, "severity": found.severity, "what": found.what, "quotes": found.quotes,
            "calc": found.calc, "concerns": concerns.collect::<Vec<_>>(),
        })
    });
    json!({ "title": document.title, "inconsistencies": found.collect::<Vec<_>>() })
}

/// Where that is to be seen which something is about, in a form; in any without one.
fn href(concern: &Concern, form: Option<&str>, base: &PublicUrl) -> String {
    let path = match concern {
        Concern::Table { table, .. } => format!("plan/tables/{table}"),
        Concern::Layer { layer, feature: None } => format!("ogc/collections/{layer}"),
        Concern::Layer { layer, feature: Some(_) } => format!("ogc/collections/{layer}/items"),
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(form.map(|form| ("f", form)));
    if let Concern::Layer { feature: Some(key), .. } = concern {
        query.append_pair(&key.property, &key.value);
    }
    let query = query.finish();
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{}/{path}{separator}{query}", base.as_str())
}

pub fn inconsistencies_page(document: &Document, base: &PublicUrl) -> String {
    let content = html! {
        p { "规划文本自相矛盾之处，照录不改。" br; span.en { "Where the document contradicts itself: shown, not repaired." } }
        @for found in &document.inconsistencies { (entry(found, base)) }
        ul { li { a href={ (base.as_str()) "/plan/inconsistencies?f=json" } { "JSON" } } }
    };
    part(base, &[], INCONSISTENCIES.1, &content)
}

/// One of them, to be linked to by its id.
pub fn entry(found: &Inconsistency, base: &PublicUrl) -> Markup {
    html! {
        h2 id=(found.id) { (found.id) " " span.en { (found.kind) } }
        p { (found.what.zh) br; span.en { (found.what.en) } }
        ul {
            @for quote in &found.quotes { li { "“" (quote.text) "” （第 " (quote.line) " 行 line）" } }
        }
        @if !found.concerns.is_empty() {
            p { "涉及 Concerns: "
                @for (i, concern) in found.concerns.iter().enumerate() {
                    @if i > 0 { "；" }
                    a href=(href(concern, Some("html"), base)) { (concern) }
                }
            }
        }
    }
}
