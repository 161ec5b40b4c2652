//! The patterns of LIKE (OGC 21-065r2, §7.3): `%` is any text, `_` one character, `\` takes their meaning away.

#[derive(Debug)]
pub struct Pattern {
    parts: Vec<Part>,
    /// Whether case is disregarded.
    pub folded: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Character(char),
    Any,
    AnyText,
}

impl Pattern {
    pub fn new(pattern: &str, folded: bool) -> Self {
        let pattern = if folded { fold(pattern) } else { pattern.to_owned() };
        let (mut parts, mut characters) = (vec![], pattern.chars());
        while let Some(c) = characters.next() {
            parts.push(match c {
                '%' => Part::AnyText,
                '_' => Part::Any,
                '\\' => Part::Character(characters.next().unwrap_or('\\')),
                c => Part::Character(c),
            });
        }
        Self { parts, folded }
    }

    /// Whether the whole of `text` is after the pattern.
    ///
    /// It goes back to the last `%` alone, so the work is at most the product of the lengths.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut part) = (0, 0);
        // The last `%` and the first character after what it stands for.
        let mut again = None;
        while at < text.len() {
            match self.parts.get(part) {
                Some(Part::AnyText) => {
                    again = Some((part, at));
                    part += 1;
                    continue;
                }
                Some(Part::Any) => (at, part) = (at + 1, part + 1),
                Some(Part::Character(c)) if *c == text[at] => (at, part) = (at + 1, part + 1),
                _ => {
                    let Some((any, end)) = again else { return false };
                    again = Some((any, end + 1));
                    (part, at) = (any + 1, end + 1);
                }
            }
        }
        self.parts[part..].iter().all(|part| *part == Part::AnyText)
    }
}

/// The text with the difference between capitals and small letters taken out.
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_as_people_write_them() {
        for (pattern, text, matches) in [
            ("煤%", "煤炭", true),
            ("%煤矿", "古城煤矿", true),
            ("%煤矿%", "古城煤矿区", true),
            ("煤_", "煤炭", true),
            ("煤_", "煤", false),
            ("", "", true),
            ("%", "", true),
            ("a%b%c", "axxbyyc", true),
            ("a%b%c", "axxbyy", false),
            ("%%%a", "aaaaab", false),
            ("100\\%", "100%", true),
            ("100\\%", "1000", false),
            ("\\_a", "xa", false),
            ("A%", "abc", false),
        ] {
            assert_eq!(Pattern::new(pattern, false).matches(text), matches, "{pattern} {text}");
        }
        assert!(Pattern::new("gU%", true).matches(&fold("GUcheng")));
    }
}
