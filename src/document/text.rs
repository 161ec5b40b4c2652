//! The plan's text by section, each paragraph with its line.

use super::{Document, DocumentError, Excerpt, Key, Table, table::in_one};
use crate::{plan::LayerId, snapshot};
use serde::Deserialize;
use std::collections::BTreeSet;

/// A heading and what stands under it, up to the next one.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its place under each heading above it, counted from 1, with `-` between: `3-3-1`.
    pub id: String,
    /// The heading, in the plan's words.
    pub title: String,
    /// Of the heading.
    pub line: u32,
    /// First and last line.
    pub lines: [u32; 2],
    pub paragraphs: Vec<Paragraph>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paragraph {
    pub line: u32,
    /// As it is printed, wrong words too; of a table its title.
    pub text: String,
    /// The table that stands here.
    pub table: Option<String>,
    /// What it names, or speaks of.
    #[serde(default)]
    pub features: Vec<Mention>,
}

/// A feature that a paragraph or a cell names, or speaks of without its name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mention {
    pub layer: LayerId,
    pub feature: Key,
    /// Of the cell that names it, in a table.
    pub line: Option<u32>,
    /// Where the name begins and ends, in characters of the paragraph or cell.
    pub at: Option<[usize; 2]>,
}

/// A piece of text at a line: a paragraph or a cell.
#[derive(Debug, Clone, Copy)]
pub struct Passage<'a> {
    pub section: &'a Section,
    pub line: u32,
    pub text: &'a str,
    /// The row that it is in, in a table.
    pub row: Option<(&'a Table, usize)>,
}

impl Passage<'_> {
    /// The words around a place in it; the whole row of a table.
    pub fn quote(&self, at: Option<[usize; 2]>) -> String {
        match self.row {
            Some((table, row)) => in_one(&table.rows[row]).0,
            None => Excerpt::around(self.text, at.unwrap_or_default()).text,
        }
    }
}

impl Section {
    /// The id of the section above it.
    fn parent(&self) -> Option<&str> {
        Some(self.id.rsplit_once('-')?.0)
    }

    pub fn has(&self, line: u32) -> bool {
        (self.lines[0]..=self.lines[1]).contains(&line)
    }
}

impl Document {
    pub fn section(&self, id: &str) -> Option<&Section> {
        self.text.iter().find(|section| section.id == id)
    }

    /// The section that a line is in.
    pub fn section_at(&self, line: u32) -> Option<&Section> {
        self.text.iter().find(|section| section.has(line))
    }

    /// The sections above one, from the chapter down.
    pub fn above(&self, section: &Section) -> Vec<&Section> {
        let up = |section: &&Section| section.parent().and_then(|parent| self.section(parent));
        let mut above: Vec<&Section> = std::iter::successors(up(&section), up).collect();
        above.reverse();
        above
    }

    /// Those right under a section; the chapters under none.
    pub fn below(&self, section: Option<&Section>) -> impl Iterator<Item = &Section> {
        let id = section.map(|section| section.id.as_str());
        self.text.iter().filter(move |below| below.parent() == id)
    }

    /// What stands where a feature is named.
    pub fn passage<'a>(
        &'a self,
        section: &'a Section,
        paragraph: &'a Paragraph,
        mention: &Mention,
    ) -> Passage<'a> {
        let line = mention.line.unwrap_or(paragraph.line);
        let table = paragraph.table.as_ref().and_then(|id| self.table(id));
        let cell = table.zip(mention.line).and_then(|(table, line)| {
            let (row, cell) = table.cell_at(line)?;
            Some((cell, (table, row)))
        });
        match cell {
            Some((cell, row)) => Passage { section, line, text: &cell.text, row: Some(row) },
            None => Passage { section, line, text: &paragraph.text, row: None },
        }
    }

    /// Every mention with what stands there, in the order of the text.
    pub fn mentions(&self) -> impl Iterator<Item = (&Mention, Passage<'_>)> {
        let paragraphs = self
            .text
            .iter()
            .flat_map(|section| section.paragraphs.iter().map(move |paragraph| (section, paragraph)));
        paragraphs.flat_map(move |(section, paragraph)| {
            let passage = move |mention| (mention, self.passage(section, paragraph, mention));
            paragraph.features.iter().map(passage)
        })
    }

    /// The passages that name a feature, or speak of it, each with the place of the first name in it.
    pub fn naming(&self, feature: &snapshot::Row) -> Vec<(Passage<'_>, Option<[usize; 2]>)> {
        let is_of = |mention: &Mention| mention.layer == feature.layer().id && mention.feature.is_of(feature);
        let mut found: Vec<_> = self
            .mentions()
            .filter(|(mention, _)| is_of(mention))
            .map(|(mention, at)| (at, mention.at))
            .collect();
        found.dedup_by_key(|(passage, _)| passage.line);
        found
    }

    /// The section in which words stand at a line; of other words there, none.
    pub fn quoted(&self, words: &str, line: u32) -> Option<&Section> {
        let section = self.section_at(line)?;
        section.paragraphs.iter().find(|paragraph| {
            let cell = paragraph.table.as_ref().and_then(|id| self.table(id)?.cell_at(line));
            let own = (paragraph.line == line).then_some(&paragraph.text);
            own.or(cell.map(|(_, cell)| &cell.text)).is_some_and(|text| text.contains(words))
        })?;
        Some(section)
    }

    pub(super) fn check_text(&self) -> Result<(), DocumentError> {
        let (mut seen, mut last) = (BTreeSet::new(), 0);
        for section in &self.text {
            let wrong = |reason| DocumentError::Section { id: section.id.clone(), reason };
            if section.parent().is_some_and(|parent| !seen.contains(parent)) {
                return Err(wrong("there is no section above it".to_owned()));
            }
            if !seen.insert(section.id.as_str()) {
                return Err(wrong("it is there twice".to_owned()));
            }
            let [first, end] = section.lines;
            if first != last + 1 || end < first {
                return Err(wrong(format!(
                    "it has lines {first} to {end}, and line {} comes next",
                    last + 1
                )));
            }
            last = end;
            section.paragraphs.iter().try_for_each(|paragraph| {
                self.check_paragraph(section, paragraph)
                    .map_err(|reason| wrong(format!("line {}: {reason}", paragraph.line)))
            })?;
        }
        Ok(())
    }

    fn check_paragraph(&self, section: &Section, paragraph: &Paragraph) -> Result<(), String> {
        if !section.has(paragraph.line) {
            return Err("it is not in the section".to_owned());
        }
        let table =
            paragraph.table.as_ref().map(|id| self.table(id).ok_or(format!("there is no table {id}")));
        let table = table.transpose()?;
        for mention in &paragraph.features {
            let cell = mention.line.map(|line| {
                let cell = table.and_then(|table| table.cell_at(line));
                cell.ok_or(format!("no cell of a table here begins at line {line}"))
            });
            let text = cell.transpose()?.map_or(&paragraph.text, |(_, cell)| &cell.text);
            let fits = |[start, end]: [usize; 2]| start < end && end <= text.chars().count();
            if let Some([start, end]) = mention.at.filter(|&at| !fits(at)) {
                return Err(format!("characters {start} to {end} are not in `{text}`"));
            }
        }
        Ok(())
    }
}
