//! Text in the encodings that Chinese offices use.

use encoding_rs::{Encoding, GB18030, UTF_8};
use std::{
    fmt,
    io::{self, Read},
    str::FromStr,
};

/// How text is encoded. GBK is read as GB18030, which contains it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    Utf8,
    Gbk,
    /// Another one, by its WHATWG name.
    Other(&'static Encoding),
}

impl Charset {
    /// A name as `.cpg` files and people have it: `UTF-8`, `GBK`, `936`, `CP936`, `GB2312`, `ISO-8859-1` …
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim();
        let number =
            name.trim_start_matches(|c: char| c.is_ascii_alphabetic()).trim_start_matches(['-', '_', ' ']);
        match number {
            "65001" => return Some(Self::Utf8),
            "936" | "54936" => return Some(Self::Gbk),
            _ => {}
        }
        let label = match name.to_ascii_uppercase().strip_prefix("ISO8859") {
            Some(part) => format!("ISO-8859-{}", part.trim_start_matches(['-', '_'])),
            None => name.replace("ISO 8859", "ISO-8859").replace(' ', "-"),
        };
        let numbered = || Encoding::for_label(format!("windows-{number}").as_bytes());
        let encoding = Encoding::for_label(label.as_bytes()).or_else(numbered)?;
        Some(match encoding.name() {
            "UTF-8" => Self::Utf8,
            "GBK" | "gb18030" => Self::Gbk,
            _ => Self::Other(encoding),
        })
    }

    /// The encoding that a DBF's language driver byte stands for, of those that are unmistakable: 0x4D and 0x7A
    /// are code page 936. 0x57 is whatever the writer's computer used, and stands for nothing.
    pub fn of_language_driver(byte: u8) -> Option<Self> {
        matches!(byte, 0x4d | 0x7a).then_some(Self::Gbk)
    }

    /// # Errors
    /// When the bytes are not text in this encoding.
    pub fn decode(self, bytes: &[u8]) -> Result<String, String> {
        let encoding = match self {
            Self::Utf8 => UTF_8,
            Self::Gbk => GB18030,
            Self::Other(encoding) => encoding,
        };
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
        text.map(|text| text.into_owned()).ok_or_else(|| format!("text that is not {self}"))
    }
}

/// What Windows programs put before UTF-8.
pub const BOM: &[u8] = b"\xef\xbb\xbf";

/// Whether all of `input` is UTF-8.
pub fn is_utf8(input: &mut impl Read) -> io::Result<bool> {
    let mut buffer = vec![0; 1 << 16];
    let mut kept = 0;
    loop {
        let read = input.read(&mut buffer[kept..])?;
        if read == 0 {
            return Ok(kept == 0);
        }
        let end = kept + read;
        kept = match std::str::from_utf8(&buffer[..end]) {
            Ok(_) => 0,
            // A character that goes on in what is read next.
            Err(error) if error.error_len().is_none() => {
                buffer.copy_within(error.valid_up_to()..end, 0);
                end - error.valid_up_to()
            }
            Err(_) => return Ok(false),
        };
    }
}

impl FromStr for Charset {
    type Err = String;
    fn from_str(name: &str) -> Result<Self, String> {
        Self::named(name)
            .ok_or_else(|| format!("`{name}` is not an encoding that is known: UTF-8 and GBK are"))
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Gbk => "GBK",
            Self::Other(encoding) => encoding.name(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_encodings_are_known_in_their_spellings() {
        for (name, expected) in [
            ("UTF-8", "UTF-8"),
            ("utf8", "UTF-8"),
            ("65001", "UTF-8"),
            ("GBK", "GBK"),
            ("936", "GBK"),
            ("CP936", "GBK"),
            ("ANSI 936", "GBK"),
            ("GB2312", "GBK"),
            ("GB18030\r\n", "GBK"),
            ("ISO-8859-1", "windows-1252"),
            ("ISO8859_1", "windows-1252"),
            ("ISO 8859-1", "windows-1252"),
            ("1252", "windows-1252"),
            ("big5", "Big5"),
        ] {
            assert_eq!(
                Charset::named(name).map(|charset| charset.to_string()).as_deref(),
                Some(expected),
                "{name}"
            );
        }
        assert_eq!(Charset::named("nonsense"), None);
    }

    #[test]
    fn bytes_of_another_encoding_are_refused() {
        assert_eq!(Charset::Gbk.decode(b"\xc3\xba\xbf\xf3").as_deref(), Ok("煤矿"));
        assert_eq!(Charset::Utf8.decode(b"\xc3\xba\xbf\xf3").unwrap_err(), "text that is not UTF-8");
        assert_eq!(Charset::Gbk.decode(b"\xff\xff").unwrap_err(), "text that is not GBK");
        assert!(is_utf8(&mut "煤矿".repeat(50_000).as_bytes()).unwrap());
        assert!(!is_utf8(&mut &b"\xc3\xba\xbf\xf3"[..]).unwrap());
        assert!(!is_utf8(&mut "煤矿".as_bytes().split_last().unwrap().1).unwrap());
    }
}
