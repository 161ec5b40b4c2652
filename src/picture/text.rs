//! Text as glyphs in their places: lines broken and centred as MapLibre does it.

use super::glyphs::{EM, Font, Glyph};

/// A glyph of a text. Lengths are 24ths of an em, from the middle of the text, y downwards.
#[derive(Clone, Copy)]
pub struct Placed<'a> {
    pub glyph: &'a Glyph,
    pub character: char,
    /// The pen.
    pub x: f32,
    /// The middle of its line.
    pub y: f32,
}

pub struct Shaped<'a> {
    pub glyphs: Vec<Placed<'a>>,
    pub width: f32,
    pub height: f32,
}

/// From one line to the next.
const LINE: f32 = 1.2 * EM;

/// `text` in lines of at most about `max_width` ems, each centred; characters without a glyph are left out.
pub fn shape<'a>(font: &'a Font, text: &str, max_width: f32, letter_spacing: f32) -> Shaped<'a> {
    let spacing = letter_spacing * EM;
    let advance = |glyph: &Glyph| glyph.advance as f32 + spacing;
    let mut lines: Vec<Vec<(char, &Glyph)>> = vec![];
    for paragraph in text.split('\n') {
        let known: Vec<_> = paragraph.chars().filter_map(|c| Some((c, font.glyph(c)?))).collect();
        lines.extend(broken(known, max_width * EM, &advance));
    }
    let line_width = |line: &[(char, &Glyph)]| {
        (line.iter().map(|(_, glyph)| advance(glyph)).sum::<f32>() - spacing).max(0.0)
    };
    let width = lines.iter().map(|line| line_width(line)).fold(0.0, f32::max);
    let height = lines.len() as f32 * LINE;
    let mut glyphs = vec![];
    for (n, line) in lines.iter().enumerate() {
        let mut x = -line_width(line) / 2.0;
        let y = (n as f32 + 0.5) * LINE - height / 2.0;
        for &(character, glyph) in line {
            glyphs.push(Placed { glyph, character, x, y });
            x += advance(glyph);
        }
    }
    Shaped { glyphs, width, height }
}

/// `text` in lines of nearly the same width, none much wider than `max_width`.
///
/// The breaks are those with the least sum of squared differences from the mean width.
fn broken<'a>(
    text: Vec<(char, &'a Glyph)>,
    max_width: f32,
    advance: &impl Fn(&Glyph) -> f32,
) -> Vec<Vec<(char, &'a Glyph)>> {
    let total: f32 = text.iter().map(|(_, glyph)| advance(glyph)).sum();
    let mean = total / (total / max_width).ceil().max(1.0);
    if !total.is_finite() || total <= max_width {
        return vec![trimmed(&text).to_vec()];
    }
    // Each place where a line may end: how many characters stand before it, their width, the least badness of the
    // lines up to it, and the place where the last of them begins.
    let mut places = vec![(0, 0.0f32, 0.0f32, 0)];
    let mut width = 0.0;
    for (n, (character, glyph)) in text.iter().enumerate() {
        width += advance(glyph);
        let end = n + 1 == text.len();
        if !(end || breaks_after(*character, text[n + 1].0)) {
            continue;
        }
        let badness = |start: f32| {
            let difference = width - start - mean;
            // A short last line is no fault.
            if end && difference < 0.0 { difference * difference / 2.0 } else { difference * difference }
        };
        let best = places.iter().enumerate().map(|(i, (_, start, before, _))| (i, before + badness(*start)));
        let Some((from, best)) = best.min_by(|a, b| a.1.total_cmp(&b.1)) else { continue };
        places.push((n + 1, width, best, from));
    }
    let mut lines = vec![];
    let mut last = places.len() - 1;
    while last > 0 {
        let (end, _, _, from) = places[last];
        lines.push(trimmed(&text[places[from].0..end]).to_vec());
        last = from;
    }
    lines.reverse();
    lines
}

fn trimmed<'a, 'g>(mut line: &'a [(char, &'g Glyph)]) -> &'a [(char, &'g Glyph)] {
    while let [first, rest @ ..] = line
        && first.0.is_whitespace()
    {
        line = rest;
    }
    while let [rest @ .., last] = line
        && last.0.is_whitespace()
    {
        line = rest;
    }
    line
}

/// Whether a line may end between these: after a space or a Chinese character, but not before closing punctuation
/// or after an opening one.
fn breaks_after(character: char, next: char) -> bool {
    let opens = |c: char| "（《〈「『【〔([“‘".contains(c);
    let closes = |c: char| "）》〉」』】〕)]”’，。、；：！？,.;:!?".contains(c);
    let space = character.is_whitespace();
    space
        || ((is_ideographic(character) || is_ideographic(next) || closes(character))
            && !opens(character)
            && !closes(next))
}

/// Whether it is written upright in vertical lines: Chinese characters and their punctuation.
pub fn is_ideographic(c: char) -> bool {
    matches!(u32::from(c), 0x2e80..=0x9fff | 0xf900..=0xfaff | 0xfe30..=0xfe4f | 0xff00..=0xffef)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::FONT;

    fn lines(text: &str, max_width: f32) -> Vec<String> {
        let font = Font::new(FONT);
        let shaped = shape(&font, text, max_width, 0.0);
        let mut lines: Vec<(f32, String)> = vec![];
        for placed in shaped.glyphs {
            match lines.last_mut().filter(|(y, _)| *y == placed.y) {
                Some((_, line)) => line.push(placed.character),
                None => lines.push((placed.y, placed.character.into())),
            }
        }
        lines.into_iter().map(|(_, line)| line).collect()
    }

    #[test]
    fn long_names_are_broken_evenly() {
        assert_eq!(lines("屯留区", 9.0), ["屯留区"]);
        assert_eq!(lines("山西省屯留区煤炭勘查区块", 9.0), ["山西省屯留区", "煤炭勘查区块"]);
        assert_eq!(lines("KQ001\n煤层气", 9.0), ["KQ001", "煤层气"]);
        assert_eq!(lines("余吾（常村）煤矿北部边界", 5.0).concat(), "余吾（常村）煤矿北部边界");
        assert!(
            lines("余吾（常村）煤矿北部边界", 5.0)
                .iter()
                .all(|line| !line.starts_with('）') && !line.ends_with('（'))
        );
        assert_eq!(lines("", 9.0), [""; 0]);
    }
}
