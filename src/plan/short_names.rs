//! Names of fields in a Shapefile: at most ten bytes, unlike each other whatever the case. They are written by exports and
//! known by imports.

use super::Layer;
use std::collections::HashSet;

/// Most bytes of a name, those of a column of a dBASE table.
pub const SHORT_NAME: usize = 10;

impl Layer {
    /// A short name for each of its fields, in their order. The key of a row has `id`.
    pub fn short_names(&self) -> Vec<String> {
        let names = self.fields.iter().map(|field| field.name.as_str());
        short(std::iter::once("id").chain(names)).split_off(1)
    }
}

/// A short name for each of `names`, in their order: the beginning of it, with a number where that is taken.
fn short<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut one = |name: &str| {
        let numbered = (0_u32..).map(|n| match n {
            0 => beginning(name, SHORT_NAME).to_owned(),
            n => {
                let number = format!("_{n}");
                format!("{}{number}", beginning(name, SHORT_NAME - number.len()))
            }
        });
        let mut free = numbered.filter(|name| taken.insert(name.to_lowercase()));
        free.next().unwrap_or_default()
    };
    names.map(&mut one).collect()
}

/// As much of `text` as goes into `most` bytes, whole characters.
pub fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_unlike() {
        let names = [
            "id",
            "code",
            "Code",
            "geometry_status",
            "geometry_source",
            "面积（平方千米）",
            "面积（平方米）",
        ];
        let expected = ["id", "code", "Code_1", "geometry_s", "geometry_1", "面积（", "面积_1"];
        assert_eq!(short(names.into_iter()), expected);
        let many = vec!["planned_rights"; 120];
        let many = short(many.into_iter());
        assert_eq!((many[9].as_str(), many[119].as_str()), ("planned__9", "planne_119"));
        assert!(many.iter().all(|name| name.len() <= 10));
    }
}
