//! What the plan says of a feature.

use crate::{
    config::PublicUrl,
    document::{Document, Inconsistency, Named, Section},
    review::{Rules, Verdict},
    snapshot::Snapshot,
};
use serde_json::{Value, json};

/// `/plan/features/{layer}/{id}`: the passages that name it, the rules of reviews that look at it, once for each quote,
/// and the contradictions that concern it. Sections are ids of `/plan/text/{section}`.
pub fn feature(
    document: &Document,
    rules: &Rules,
    snapshot: &Snapshot,
    position: usize,
    base: &PublicUrl,
) -> Value {
    let row = snapshot.row(position);
    let Named { id, code, name } = Named::of(&row);
    let text = document.naming(&row).into_iter().map(|(passage, at)| {
        let Section { id, title, .. } = passage.section;
        json!({ "section": id, "title": title, "line": passage.line, "quote": passage.quote(at) })
    });
    let rules = rules.looking_at(snapshot, position).into_iter().flat_map(|rule| {
        rule.quotes.iter().map(|quote| {
            let section = document.quoted(&quote.text, quote.line);
            json!({
                "id": rule.id,
                "title": section.map_or(&rule.section, |section| &section.title),
                "quote": quote.text,
                "section": section.map(|section| &section.id),
                "line": quote.line,
                "verdict": Verdict::of_broken(rule.strength).name(),
            })
        })
    });
    let inconsistencies = document.about_feature(&row).map(|found| inconsistency(document, found, base));
    json!({
        "layer": snapshot.layer.id,
        "id": id,
        "name": name,
        "code": code,
        "text": text.collect::<Vec<_>>(),
        "rules": rules.collect::<Vec<_>>(),
        "inconsistencies": inconsistencies.collect::<Vec<_>>(),
    })
}

fn inconsistency(document: &Document, found: &Inconsistency, base: &PublicUrl) -> Value {
    let quotes = found.quotes.iter().map(|quote| {
        let section = document.section_at(quote.line).map(|section| &section.id);
        json!({ "text": quote.text, "line": quote.line, "section": section })
    });
    json!({
        "id": found.id, "kind": found.kind, "severity": found.severity, "what": found.what,
        "quotes": quotes.collect::<Vec<_>>(),
        "href": format!("{}/plan/inconsistencies?f=html#{}", base.as_str(), found.id),
    })
}
