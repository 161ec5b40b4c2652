//! What of a passage is shown: the sentence in which something stands.

/// Characters, at most, beside what has to be in it.
const MOST: usize = 120;
/// What ends a sentence, or a part of one that stands for itself.
const ENDS: [char; 2] = ['。', '；'];
const LEFT_OUT: char = '…';

/// A part of a text, with `…` where it is cut within a sentence.
#[derive(Debug, PartialEq, Eq)]
pub struct Excerpt {
    pub text: String,
    /// The character of the whole text at which it begins.
    pub start: usize,
    /// Characters in front of it that are not the text's.
    pub added: usize,
}

impl Excerpt {
    /// The sentence around the characters `start` to `end` of `text`.
    pub fn around(text: &str, [start, end]: [usize; 2]) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let (start, end) = (start.min(chars.len()), end.min(chars.len()));
        let is_end = |c: &char| ENDS.contains(c);
        let mut first = chars[..start].iter().rposition(is_end).map_or(0, |end| end + 1);
        let mut last = chars[end..].iter().position(is_end).map_or(chars.len(), |more| end + more + 1);
        let (whole_first, whole_last) = (first, last);
        if last - first > MOST {
            let room = MOST.saturating_sub(end - start);
            first = first.max(start.saturating_sub(room / 2));
            last = last.min((first + MOST).max(end));
            first = first.max(last.saturating_sub(MOST)).min(start);
        }
        let lead = (first > whole_first).then_some(LEFT_OUT);
        let trail = (last < whole_last).then_some(LEFT_OUT);
        Self {
            text: lead.into_iter().chain(chars[first..last].iter().copied()).chain(trail).collect(),
            start: first,
            added: usize::from(lead.is_some()),
        }
    }

    /// Where characters of the whole text are in it, if they are.
    pub fn place(&self, [start, end]: [usize; 2]) -> Option<[usize; 2]> {
        let own = self.text.chars().count();
        let place = |at: usize| at.checked_sub(self.start).map(|at| at + self.added);
        let (start, end) = (place(start)?, place(end)?);
        (end <= own).then_some([start, end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sentence_or_a_part_of_it() {
        let excerpt = Excerpt::around("一。二三，四；五。", [3, 4]);
        assert_eq!((excerpt.text.as_str(), excerpt.start), ("二三，四；", 2));
        assert_eq!(excerpt.place([3, 4]), Some([1, 2]));
        assert_eq!(excerpt.place([0, 1]), None);
        assert_eq!(excerpt.place([7, 8]), None);
        assert_eq!(Excerpt::around("", [0, 0]).text, "");
        assert_eq!(Excerpt::around("一", [5, 9]).text, "一");
    }

    #[test]
    fn what_is_long_is_cut_around_what_matters() {
        let text = "长".repeat(500) + "绛河" + &"短".repeat(500);
        let excerpt = Excerpt::around(&text, [500, 502]);
        assert_eq!(excerpt.text.chars().count(), MOST + 2);
        let [start, end] = excerpt.place([500, 502]).unwrap();
        assert_eq!(excerpt.text.chars().skip(start).take(end - start).collect::<String>(), "绛河");
        let beginning = Excerpt::around(&text, [0, 0]);
        assert!(beginning.text.starts_with("长长") && beginning.text.ends_with('…'));
        let all = Excerpt::around(&text, [0, 1002]);
        assert_eq!((all.start, all.text.chars().count()), (0, 1002));
    }
}
