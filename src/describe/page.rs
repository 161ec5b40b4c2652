//! What pages have in common.

use crate::plan::Text;
use maud::{DOCTYPE, Markup, html};

/// The language of a page, or of a map sheet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Language {
    #[default]
    Zh,
    En,
}

/// Text in Chinese and English.
pub type Words = [&'static str; 2];

impl Language {
    /// By its [`Self::code`].
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Zh, Self::En].into_iter().find(|language| language.code() == code)
    }

    pub fn pick(self, words: Words) -> &'static str {
        words[self as usize]
    }

    pub fn of(self, text: &Text) -> &str {
        match self {
            Self::Zh => &text.zh,
            Self::En => &text.en,
        }
    }

    /// As in HTML and in `?lang=`.
    pub fn code(self) -> &'static str {
        self.pick(["zh", "en"])
    }

    fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }
}

/// A page in `language`, a tag of HTML: `head` is what it has there beside its title.
pub fn frame(language: &str, title: &str, head: Markup, body: Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang=(language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                (head)
            }
            body { (body) }
        }
    };
    page.into_string()
}

/// A page beside the map, in one of two languages and with the way to the other. Its links are relative, so that it works
/// behind any proxy.
pub fn beside_map(language: Language, title: Words, script: Option<&str>, main: Markup) -> String {
    let (say, other) = (|words| language.pick(words), language.other());
    let head = html! {
        link rel="icon" href="assets/icon.svg" type="image/svg+xml";
        link rel="stylesheet" href="assets/connect.css";
        @if let Some(script) = script { script src=(script) defer {} }
    };
    let body = html! {
        header {
            a href="./" { (say(["地图", "Map"])) }
            h1 { (say(title)) }
            a href={ "?lang=" (other.code()) } hreflang=(other.code()) { (other.pick(["中文", "English"])) }
        }
        main { (main) }
    };
    frame(language.code(), &format!("{} · plantiles", say(title)), head, body)
}
