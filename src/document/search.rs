//! Finding words in the text: in headings, paragraphs and the rows of tables.

use super::{Document, Excerpt, Printed, Section, table};
use crate::features::{Folded, fold};
use std::{borrow::Cow, cmp::Reverse};

/// Characters and words of a query, at most, so that a search has its bounds.
const MOST_CHARACTERS: usize = 200;
const MOST_WORDS: usize = 8;

/// What is looked for: every word in one passage.
#[derive(Debug, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// The words of a query, which spaces part.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(query: &str) -> Result<Self, String> {
        if query.chars().count() > MOST_CHARACTERS {
            return Err(format!("at most {MOST_CHARACTERS} characters"));
        }
        let mut words: Vec<String> = fold(query).split_whitespace().map(str::to_owned).collect();
        words.sort_unstable();
        words.dedup();
        match words.len() {
            0 => Err("say what to look for".to_owned()),
            1..=MOST_WORDS => Ok(Self(words)),
            _ => Err(format!("at most {MOST_WORDS} words")),
        }
    }
}

/// A passage that has all words.
#[derive(Debug)]
pub struct Hit<'a> {
    pub section: &'a Section,
    pub line: u32,
    pub excerpt: Excerpt,
    /// Where the words are in the excerpt, in characters, from the left and apart.
    pub marks: Vec<[usize; 2]>,
    is_title: bool,
    occurrences: usize,
}

/// A heading, a paragraph or the row of a table.
struct Piece<'a> {
    section: &'a Section,
    text: Cow<'a, str>,
    /// At which character each line begins that is told apart.
    lines: Vec<(usize, u32)>,
    is_title: bool,
}

impl Document {
    /// How many passages have all words, and the best `limit` of them: titles first, then those with the most of the
    /// words, then in the order of the text. It goes through all of the text: not for an event loop.
    pub fn search(&self, words: &Words, limit: usize) -> (usize, Vec<Hit<'_>>) {
        let pieces = self.text.iter().flat_map(|section| self.pieces(section));
        let mut hits: Vec<Hit> = pieces.filter_map(|piece| piece.hit(words)).collect();
        let matched = hits.len();
        hits.sort_by_key(|hit| (Reverse(hit.is_title), Reverse(hit.occurrences), hit.line));
        hits.truncate(limit);
        (matched, hits)
    }

    fn pieces<'a>(&'a self, section: &'a Section) -> impl Iterator<Item = Piece<'a>> {
        let text = |text: &'a str, line, is_title| Piece {
            section,
            text: text.into(),
            lines: vec![(0, line)],
            is_title,
        };
        let row = |row: &'a Vec<Printed>| {
            let (text, lines) = table::in_one(row);
            Piece { section, text: text.into(), lines, is_title: false }
        };
        let paragraphs = section.paragraphs.iter().flat_map(move |paragraph| {
            let table = paragraph.table.as_ref().and_then(|id| self.table(id));
            let own = text(&paragraph.text, paragraph.line, table.is_some());
            std::iter::once(own).chain(table.into_iter().flat_map(|table| &table.rows).map(row))
        });
        std::iter::once(text(&section.title, section.line, true)).chain(paragraphs)
    }
}

impl<'a> Piece<'a> {
    fn hit(self, Words(words): &Words) -> Option<Hit<'a>> {
        let folded = Folded::new(&self.text);
        let mut places = vec![];
        for word in words {
            let before = places.len();
            places.extend(folded.places(word));
            if places.len() == before {
                return None;
            }
        }
        let occurrences = places.len();
        let places = apart(places);
        let first = *places.first()?;
        let line = self.lines.iter().rev().find(|(start, _)| *start <= first[0])?.1;
        let excerpt = Excerpt::around(&self.text, first);
        let marks = places.iter().filter_map(|place| excerpt.place(*place)).collect();
        Some(Hit { section: self.section, line, excerpt, marks, is_title: self.is_title, occurrences })
    }
}

/// The same places from the left, those that overlap as one.
fn apart(mut places: Vec<[usize; 2]>) -> Vec<[usize; 2]> {
    places.sort_unstable();
    let mut apart: Vec<[usize; 2]> = vec![];
    for [start, end] in places {
        match apart.last_mut() {
            Some(last) if start < last[1] => last[1] = last[1].max(end),
            _ => apart.push([start, end]),
        }
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_words_within_bounds() {
        let words = |query: &str| Words::read(query).map(|Words(words)| words);
        assert_eq!(words("　煤层气  ＫＱ００４ 煤层气"), Ok(vec!["kq004".to_owned(), "煤层气".to_owned()]));
        assert_eq!(words(" \n"), Err("say what to look for".to_owned()));
        assert_eq!(words("1 2 3 4 5 6 7 8 9"), Err("at most 8 words".to_owned()));
        assert_eq!(words(&"煤".repeat(201)), Err("at most 200 characters".to_owned()));
    }

    #[test]
    fn places_that_overlap_are_one() {
        assert_eq!(apart(vec![[3, 6], [0, 1], [3, 4], [5, 8], [8, 9]]), [[0, 1], [3, 8], [8, 9]]);
    }

    #[test]
    fn titles_come_first_then_what_has_more_of_the_words() {
        let document = Document::bundled().unwrap();
        let lines = |query: &str| {
            let (matched, hits) = document.search(&Words::read(query).unwrap(), 1000);
            assert_eq!(matched, hits.len());
            hits.iter().map(|hit| hit.line).collect::<Vec<_>>()
        };
        assert_eq!(lines("绛河")[..2], [29, 31]);
        assert_eq!(lines("规划区块")[..4], [756, 775, 828, 839]);
        // All words in one passage, and in one row.
        assert_eq!(lines("cq002 康庄"), [860]);
        assert!(lines("cq002 夏店").is_empty());
        let (_, hits) = document.search(&Words::read("岚水河 丰宜镇").unwrap(), 1);
        let marked = |[start, end]: [usize; 2]| -> String {
            hits[0].excerpt.text.chars().skip(start).take(end - start).collect()
        };
        assert!(hits[0].marks.iter().all(|&mark| ["岚水河", "丰宜镇"].contains(&marked(mark).as_str())));
    }
}
