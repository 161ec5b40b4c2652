//! A section to read, with an anchor at each line.

use super::{
    super::{TEXT, part, tables},
    Read, below, href, link, origin,
};
use crate::document::{Mention, Named, Paragraph, Table};
use maud::{Markup, html};

/// A part of a text.
enum Piece<'a> {
    Words(&'a str),
    /// The name of these features.
    Name(&'a str, &'a Mention, &'a [Named]),
}

impl Read<'_> {
    pub fn html(&self) -> String {
        let (document, base, section) = (self.document, self.base, self.section());
        let above: Vec<(String, &str)> = document
            .above(section)
            .into_iter()
            .map(|above| (format!("text/{}", above.id), above.title.as_str()))
            .collect();
        let above = above.iter().map(|(path, title)| (path.as_str(), *title));
        let content = html! {
            p id={ "line-" (section.line) } {
                "第 " (section.lines[0]) "–" (section.lines[1]) " 行 lines"
                @if let Some(previous) = self.previous() {
                    "；上一节 previous: " (link(previous, None, &previous.title, base))
                }
                @if let Some(next) = self.next() { "；下一节 next: " (link(next, None, &next.title, base)) }
            }
            @for paragraph in &section.paragraphs { (self.read(paragraph)) }
            (below(document, Some(section), base))
            (origin(document))
            ul { li { a href={ (href(section, base)) "?f=json" } { "JSON" } } }
        };
        let way: Vec<(&str, &str)> = std::iter::once(TEXT).chain(above).collect();
        part(base, &way, &section.title, &content)
    }

    fn read(&self, paragraph: &Paragraph) -> Markup {
        let table = paragraph.table.as_ref().and_then(|id| self.document.table(id));
        html! {
            p id={ "line-" (paragraph.line) } {
                @match table {
                    Some(table) => a href={ (tables::href(table, self.base)) "?f=html" } { (paragraph.text) },
                    None => (self.with_names(&paragraph.text, paragraph, None)),
                }
                (self.beside(paragraph))
            }
            @if let Some(table) = table { (self.printed(table, paragraph)) }
        }
    }

    /// What a paragraph is about without saying so: features that it does not name, rules and contradictions.
    fn beside(&self, paragraph: &Paragraph) -> Markup {
        let base = self.base.as_str();
        html! {
            @for mention in paragraph.features.iter().filter(|mention| mention.at.is_none()) {
                @for feature in self.found.of(mention) {
                    " " sup { (self.on_map(mention, feature, feature.name.as_deref().unwrap_or("–"))) }
                }
            }
            @for rule in self.rules_at(paragraph) {
                " " sup { a href={ (base) "/review" } title="审查规则 rule of reviews" { (rule.id) } }
            }
            @for found in self.inconsistencies_at(paragraph) {
                " " sup { a href={ (base) "/plan/inconsistencies?f=html#" (found.id) } { (found.id) } }
            }
        }
    }

    /// A table as it is printed.
    fn printed(&self, table: &Table, paragraph: &Paragraph) -> Markup {
        html! {
            div.wide { table {
                @for (number, row) in table.rows.iter().enumerate() {
                    tr { @for cell in row {
                        @let content = self.with_names(&cell.text, paragraph, Some(cell.line));
                        @if number < table.header_rows { th id={ "line-" (cell.line) } { (content) } }
                        @else { td id={ "line-" (cell.line) } { (content) } }
                    } }
                }
            } }
        }
    }

    /// A paragraph, or the cell at a line of it, with its names as links.
    fn with_names(&self, text: &str, paragraph: &Paragraph, line: Option<u32>) -> Markup {
        html! {
            @for piece in self.pieces(text, paragraph, line) {
                @match piece {
                    Piece::Words(words) => (words),
                    Piece::Name(words, mention, features) => {
                        @for (number, feature) in features.iter().enumerate() {
                            @if number == 0 { (self.on_map(mention, feature, words)) }
                            @else { sup { (self.on_map(mention, feature, &format!("({})", number + 1))) } }
                        }
                    }
                }
            }
        }
    }

    fn pieces<'t>(&'t self, text: &'t str, paragraph: &'t Paragraph, line: Option<u32>) -> Vec<Piece<'t>> {
        let mentions = paragraph.features.iter().filter(|mention| mention.line == line);
        let mut names: Vec<([usize; 2], &Mention)> =
            mentions.filter_map(|mention| Some((mention.at?, mention))).collect();
        names.sort_by_key(|(at, _)| *at);
        let byte = |place: usize| text.char_indices().nth(place).map_or(text.len(), |(byte, _)| byte);
        let (mut pieces, mut done) = (vec![], 0);
        for ([start, end], mention) in names {
            let (start, end) = (byte(start), byte(end));
            let features = self.found.of(mention);
            if start >= done && !features.is_empty() {
                pieces.push(Piece::Words(&text[done..start]));
                pieces.push(Piece::Name(&text[start..end], mention, features));
                done = end;
            }
        }
        pieces.push(Piece::Words(&text[done..]));
        pieces
    }

    /// A link to a feature on the map.
    fn on_map(&self, mention: &Mention, feature: &Named, words: &str) -> Markup {
        let href = format!("{}/#feature={}/{}", self.base.as_str(), mention.layer, feature.id);
        html! { a href=(href) { (words) } }
    }
}
