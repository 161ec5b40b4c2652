//! Text as it is compared in searches: without what people do not type alike.

use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};

/// `text` in NFKC, so full and half width are alike, in small letters, with plain spaces.
pub fn fold(text: &str) -> String {
    let alike = text.nfkc().flat_map(char::to_lowercase);
    alike.map(|c| if c.is_whitespace() { ' ' } else { c }).collect()
}

/// A folded text that knows where each piece of it comes from.
pub struct Folded {
    text: String,
    /// Where pieces begin, that fold alone: the byte of the folded text and the character of the other.
    pieces: Vec<[usize; 2]>,
    /// Characters of the other.
    length: usize,
}

impl Folded {
    pub fn new(text: &str) -> Self {
        let mut folded = Self { text: String::new(), pieces: vec![], length: text.chars().count() };
        let mut piece = String::new();
        for (place, c) in text.chars().enumerate() {
            if begins(c) || place == 0 {
                folded.text += &fold(&std::mem::take(&mut piece));
                folded.pieces.push([folded.text.len(), place]);
            }
            piece.push(c);
        }
        folded.text += &fold(&piece);
        folded
    }

    /// Where a folded word is in the text, in characters of it, from the left and without overlaps.
    pub fn places(&self, word: &str) -> impl Iterator<Item = [usize; 2]> {
        self.text.match_indices(word).map(|(at, word)| {
            let after = self.pieces.partition_point(|&[byte, _]| byte < at + word.len());
            let end = self.pieces.get(after).map_or(self.length, |&[_, place]| place);
            let within = self.pieces.partition_point(|&[byte, _]| byte <= at);
            let start = within.checked_sub(1).map_or(0, |piece| self.pieces[piece][1]);
            [start, end]
        })
    }
}

/// Whether a character is not joined to the one before it.
fn begins(c: char) -> bool {
    c.nfkd().next().is_none_or(|first| canonical_combining_class(first) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_capitals_and_compositions_are_alike() {
        for (text, folded) in [
            ("ＫＱ００１", "kq001"),
            ("平方千米（km²）", "平方千米(km2)"),
            ("规划　矿区\n", "规划 矿区 "),
            ("Ⅲ3", "iii3"),
            ("ｶﾞ", "ガ"),
            ("e\u{301}", "é"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    #[test]
    fn places_are_those_of_the_text_as_it_is() {
        let places = |text: &str, word: &str| Folded::new(text).places(&fold(word)).collect::<Vec<_>>();
        assert_eq!(places("ＫＱ００１与KQ002", "kq"), [[0, 2], [6, 8]]);
        // What is part of one character marks all of it.
        assert_eq!(places("面积㎡、Ⅲ3", "2"), [[2, 3]]);
        assert_eq!(places("面积㎡、Ⅲ3", "II3"), [[4, 6]]);
        assert_eq!(places("cafe\u{301}s", "é"), [[3, 5]]);
        assert_eq!(places("ｶﾞス", "ガス"), [[0, 3]]);
        assert_eq!(places("煤煤煤", "煤煤"), [[0, 2]]);
        assert!(places("", "煤").is_empty());
    }
}
