//! The text by section, with the features, rules and contradictions that its passages are about.

mod contents;
mod json;
mod page;

pub use contents::{contents, contents_page};

use crate::{
    config::PublicUrl,
    document::{Document, Found, Inconsistency, Paragraph, Section},
    review::{Rule, Rules},
};
use maud::{Markup, html};
use serde_json::{Value, json};

/// A section beside what it is about.
pub struct Read<'a> {
    pub document: &'a Document,
    /// Its place in the text.
    pub number: usize,
    /// The features that it names.
    pub found: &'a Found,
    pub rules: &'a Rules,
    pub base: &'a PublicUrl,
}

impl<'a> Read<'a> {
    fn section(&self) -> &'a Section {
        &self.document.text[self.number]
    }

    fn previous(&self) -> Option<&'a Section> {
        self.document.text.get(self.number.checked_sub(1)?)
    }

    fn next(&self) -> Option<&'a Section> {
        self.document.text.get(self.number + 1)
    }

    /// Rules of reviews whose words these are.
    fn rules_at(&self, paragraph: &'a Paragraph) -> impl Iterator<Item = &'a Rule> {
        let is_quoted = |rule: &&Rule| {
            let mut quotes = rule.quotes.iter();
            quotes.any(|quote| quote.line == paragraph.line && paragraph.text.contains(&quote.text))
        };
        self.rules.rules.iter().filter(is_quoted)
    }

    /// Contradictions of what is said here, in the cells of a table too.
    fn inconsistencies_at(&self, paragraph: &'a Paragraph) -> impl Iterator<Item = &'a Inconsistency> {
        let table = paragraph.table.as_ref().and_then(|id| self.document.table(id));
        let is_here =
            move |line| line == paragraph.line || table.is_some_and(|table| table.cell_at(line).is_some());
        let is_quoted = move |found: &&Inconsistency| found.quotes.iter().any(|quote| is_here(quote.line));
        self.document.inconsistencies.iter().filter(is_quoted)
    }
}

pub(super) fn href(section: &Section, base: &PublicUrl) -> String {
    format!("{}/plan/text/{}", base.as_str(), section.id)
}

fn brief(section: &Section, base: &PublicUrl) -> Value {
    json!({ "id": section.id, "title": section.title, "href": href(section, base) })
}

/// To a line of a section, or to its beginning.
pub(super) fn link(section: &Section, line: Option<u32>, words: &str, base: &PublicUrl) -> Markup {
    let anchor = line.map(|line| format!("#line-{line}")).unwrap_or_default();
    html! { a href={ (href(section, base)) "?f=html" (anchor) } { (words) } }
}

fn links(itself: &str) -> Value {
    json!([
        { "rel": "self", "type": "application/json", "href": itself },
        { "rel": "alternate", "type": "text/html", "href": format!("{itself}?f=html") },
    ])
}

/// The sections under one, and those under them.
fn below(document: &Document, section: Option<&Section>, base: &PublicUrl) -> Markup {
    let sections: Vec<&Section> = document.below(section).collect();
    html! {
        @if !sections.is_empty() {
            ul { @for section in sections {
                li { (link(section, None, &section.title, base)) (below(document, Some(section), base)) }
            } }
        }
    }
}

/// Where the words come from.
fn origin(document: &Document) -> Markup {
    html! { @if let Some(origin) = &document.origin { p { (origin.zh) br; span.en { (origin.en) } } } }
}
