//! The words of CQL2 text.

use super::syntax::{FilterError, Place};
use std::fmt;

#[derive(Debug, Clone, PartialEq)]
pub enum Token<'a> {
    /// A name or keyword, as it is written.
    Word(&'a str),
    /// A name between double quotes.
    Quoted(String),
    /// Without a sign.
    Number(&'a str),
    /// A text between single quotes.
    Text(String),
    Symbol(&'static str),
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) | Self::Number(word) => write!(f, "`{}`", brief(word)),
            Self::Quoted(name) => write!(f, "`\"{}\"`", brief(name)),
            Self::Text(text) => write!(f, "`'{}'`", brief(text)),
            Self::Symbol(symbol) => write!(f, "`{symbol}`"),
        }
    }
}

/// What is repeated to the client stays short.
pub(super) fn brief(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Longer ones first.
const SYMBOLS: [&str; 15] = ["<>", "<=", ">=", "<", ">", "=", "(", ")", ",", "-", "+", "*", "/", "^", "%"];

pub struct Tokens<'a> {
    text: &'a str,
    /// Byte at which the next token is looked for.
    at: usize,
    peeked: Option<Option<(usize, Token<'a>)>>,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, peeked: None }
    }

    /// The place of a byte.
    pub fn place(&self, at: usize) -> Place {
        Place::Character(self.text[..at].chars().count() + 1)
    }

    /// The next token and the byte at which it begins; `None` at the end.
    pub fn peek(&mut self) -> Result<Option<(usize, Token<'a>)>, FilterError> {
        if self.peeked.is_none() {
            self.peeked = Some(self.read()?);
        }
        Ok(self.peeked.clone().flatten())
    }

    pub fn next(&mut self) -> Result<Option<(usize, Token<'a>)>, FilterError> {
        let next = self.peek()?;
        self.peeked = None;
        Ok(next)
    }

    pub fn take_word(&mut self, word: &str) -> Result<bool, FilterError> {
        let found = matches!(self.peek()?, Some((_, Token::Word(found))) if found.eq_ignore_ascii_case(word));
        if found {
            self.peeked = None;
        }
        Ok(found)
    }

    pub fn take_symbol(&mut self, symbol: &str) -> Result<bool, FilterError> {
        let found = matches!(self.peek()?, Some((_, Token::Symbol(found))) if found == symbol);
        if found {
            self.peeked = None;
        }
        Ok(found)
    }

    /// Whether what follows the name of a geometry type is a geometry.
    pub fn opens_geometry(&mut self) -> Result<bool, FilterError> {
        let follows = |word: &str| ["z", "m", "zm", "empty"].iter().any(|w| word.eq_ignore_ascii_case(w));
        Ok(match self.peek()? {
            Some((_, Token::Symbol("("))) => true,
            Some((_, Token::Word(word))) => follows(word),
            _ => false,
        })
    }

    /// The text from `start` up to the parenthesis that closes the one to come; the tokens go on after it.
    pub fn rest_of_geometry(&mut self, start: usize) -> Result<&'a str, FilterError> {
        let mut depth = 0;
        loop {
            let Some((at, token)) = self.next()? else {
                let reason = "the geometry that begins here does not end".to_owned();
                return Err(FilterError { at: self.place(start), reason });
            };
            match token {
                Token::Symbol("(") => depth += 1,
                Token::Symbol(")") => depth -= 1,
                Token::Word(word) if depth == 0 && word.eq_ignore_ascii_case("empty") => {
                    return Ok(&self.text[start..at + word.len()]);
                }
                _ => {}
            }
            if depth == 0 && token == Token::Symbol(")") {
                return Ok(&self.text[start..=at]);
            }
        }
    }

    fn read(&mut self) -> Result<Option<(usize, Token<'a>)>, FilterError> {
        let rest = self.text[self.at..].trim_start();
        let start = self.text.len() - rest.len();
        let Some(first) = rest.chars().next() else { return Ok(None) };
        let (token, length) = match first {
            '\'' => self.quoted(start, '\'').map(|(text, length)| (Token::Text(text), length))?,
            '"' => self.quoted(start, '"').map(|(name, length)| (Token::Quoted(name), length))?,
            _ if first.is_ascii_digit() || (first == '.' && starts_number(&rest[1..])) => {
                let length = number_length(rest);
                (Token::Number(&rest[..length]), length)
            }
            _ if starts_name(first) => {
                let length = rest.find(|c| !continues_name(c)).unwrap_or(rest.len());
                (Token::Word(&rest[..length]), length)
            }
            _ => match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
                Some(symbol) => (Token::Symbol(symbol), symbol.len()),
                None => {
                    let reason = format!("`{first}` means nothing in CQL2");
                    return Err(FilterError { at: self.place(start), reason });
                }
            },
        };
        self.at = start + length;
        Ok(Some((start, token)))
    }

    /// What stands between two quotes, and the length with them. A quote in it is doubled, or has a `\` before it
    /// in a text.
    fn quoted(&self, start: usize, quote: char) -> Result<(String, usize), FilterError> {
        let mut found = String::new();
        let mut characters = self.text[start..].char_indices().skip(1).peekable();
        while let Some((i, c)) = characters.next() {
            if c == '\\' && quote == '\'' && characters.next_if(|(_, next)| *next == quote).is_some() {
                found.push(quote);
            } else if c != quote {
                found.push(c);
            } else if characters.next_if(|(_, next)| *next == quote).is_some() {
                found.push(quote);
            } else {
                return Ok((found, i + 1));
            }
        }
        let reason = "the quote that begins here does not end".to_owned();
        Err(FilterError { at: self.place(start), reason })
    }
}

fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == ':'
}

fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || "_:.".contains(c)
}

fn starts_number(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_ascii_digit())
}

/// Digits, a point, digits, an exponent.
fn number_length(text: &str) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(0);
    if text[length..].starts_with('.') {
        length += 1 + digits(length + 1);
    }
    if text[length..].starts_with(['e', 'E']) {
        let sign = usize::from(text[length + 1..].starts_with(['+', '-']));
        let exponent = digits(length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}
