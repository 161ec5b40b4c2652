//! What a search in the text found, and the form for it.

use super::{
    TEXT, part,
    text::{href, link},
};
use crate::{
    config::PublicUrl,
    document::{Document, Hit},
};
use maud::{Markup, html};
use serde_json::{Value, json};

/// The answer to a search.
pub struct Searched<'a> {
    pub document: &'a Document,
    pub asked: &'a str,
    /// Passages that have all words.
    pub matched: usize,
    /// The best of them.
    pub hits: &'a [Hit<'a>],
    pub base: &'a PublicUrl,
}

impl Searched<'_> {
    /// `/plan/search`. Marks count characters of the excerpt.
    pub fn json(&self) -> Value {
        let hits = self.hits.iter().map(|hit| {
            json!({
                "section": hit.section.id,
                "title": hit.section.title,
                "line": hit.line,
                "excerpt": hit.excerpt.text,
                "marks": hit.marks,
                "href": href(hit.section, self.base),
            })
        });
        json!({ "title": self.document.title, "matched": self.matched, "hits": hits.collect::<Vec<_>>() })
    }

    pub fn html(&self) -> String {
        let content = html! {
            (form(self.asked, self.base))
            p { "共 " (self.matched) " 处" @if self.hits.len() < self.matched { "，列出前 " (self.hits.len()) " 处" } br;
                span.en { (self.matched) " passages"
                    @if self.hits.len() < self.matched { ", the first " (self.hits.len()) " of them" } } }
            @for hit in self.hits {
                p { (link(hit.section, Some(hit.line), &hit.section.title, self.base)) "，第 " (hit.line) " 行 line" br;
                    (marked(hit)) }
            }
        };
        part(self.base, &[TEXT], "检索 Search", &content)
    }
}

fn marked(hit: &Hit) -> Markup {
    let text = &hit.excerpt.text;
    let byte = |place: usize| text.char_indices().nth(place).map_or(text.len(), |(byte, _)| byte);
    let marks: Vec<[usize; 2]> = hit.marks.iter().map(|mark| mark.map(byte)).collect();
    let ends = std::iter::once(0).chain(marks.iter().map(|[_, end]| *end));
    html! {
        @for (done, [start, end]) in ends.zip(&marks) { (text[done..*start]) mark { (text[*start..*end]) } }
        (text[marks.last().map_or(0, |[_, end]| *end)..])
    }
}

pub fn form(asked: &str, base: &PublicUrl) -> Markup {
    html! {
        form action={ (base.as_str()) "/plan/search" } {
            input type="hidden" name="f" value="html";
            label { "检索文本 Search the text " input type="search" name="q" value=(asked) required; } " "
            button { "检索 Search" }
        }
    }
}
