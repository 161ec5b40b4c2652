//! CQL2 text (OGC 21-065r2, annex B), read by recursive descent.
//!
//! Everything in the grammar but arrays, arithmetic and functions of one's own. Parentheses, NOT and the operands
//! of an operator lie in one another, so the depth is counted while it is read.

use super::{
    literal,
    syntax::{FilterError, Kind, MOST_DEPTH, Node, too_deep},
    token::{Token, Tokens},
};

/// Reads a filter.
///
/// # Errors
/// Where it is not CQL2, with the place of the first character that does not fit.
pub fn parse(text: &str) -> Result<Node, FilterError> {
    let mut parser = Parser { text, tokens: Tokens::new(text), depth: 0 };
    let node = parser.disjunction()?;
    match parser.tokens.peek()? {
        None => Ok(node),
        Some((at, token)) => Err(parser.refuse(at, format!("{token} is not expected here"))),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Tokens<'a>,
    depth: usize,
}

const COMPARISONS: [&str; 6] = ["=", "<>", "<=", ">=", "<", ">"];

impl<'a> Parser<'a> {
    fn refuse(&self, at: usize, reason: impl Into<String>) -> FilterError {
        FilterError { at: self.tokens.place(at), reason: reason.into() }
    }

    fn node(&self, at: usize, kind: Kind) -> Node {
        Node { at: self.tokens.place(at), kind }
    }

    fn call(&self, at: usize, op: &str, operands: Vec<Node>) -> Node {
        self.node(at, Kind::Call(op.to_owned(), operands))
    }

    fn here(&mut self) -> Result<usize, FilterError> {
        Ok(self.tokens.peek()?.map_or(self.text.len(), |(at, _)| at))
    }

    fn disjunction(&mut self) -> Result<Node, FilterError> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            let at = self.here()?;
            return Err(too_deep(self.tokens.place(at)));
        }
        let node = self.chain("or", |parser| parser.chain("and", Self::negation))?;
        self.depth -= 1;
        Ok(node)
    }

    /// Operands joined by one word, in one node however many they are.
    fn chain(
        &mut self,
        word: &str,
        operand: impl Fn(&mut Self) -> Result<Node, FilterError>,
    ) -> Result<Node, FilterError> {
        let at = self.here()?;
        let mut operands = vec![operand(self)?];
        while self.tokens.take_word(word)? {
            operands.push(operand(self)?);
        }
        match operands.pop() {
            Some(only) if operands.is_empty() => Ok(only),
            last => Ok(self.call(at, word, operands.into_iter().chain(last).collect())),
        }
    }

    fn negation(&mut self) -> Result<Node, FilterError> {
        let at = self.here()?;
        let mut negations = 0;
        while self.tokens.take_word("not")? {
            negations += 1;
            if negations > MOST_DEPTH {
                return Err(too_deep(self.tokens.place(at)));
            }
        }
        let node = self.predicate()?;
        Ok((0..negations).fold(node, |node, _| self.call(at, "not", vec![node])))
    }

    fn predicate(&mut self) -> Result<Node, FilterError> {
        let at = self.here()?;
        let left = self.operand()?;
        for op in COMPARISONS {
            if self.tokens.take_symbol(op)? {
                let right = self.operand()?;
                return Ok(self.call(at, op, vec![left, right]));
            }
        }
        if self.tokens.take_word("is")? {
            let negated = self.tokens.take_word("not")?;
            self.expect_word("null")?;
            return Ok(self.negated(at, negated, "isnull", vec![left]));
        }
        let negated = self.tokens.take_word("not")?;
        if self.tokens.take_word("like")? {
            let pattern = self.operand()?;
            return Ok(self.negated(at, negated, "like", vec![left, pattern]));
        }
        if self.tokens.take_word("between")? {
            let low = self.operand()?;
            self.expect_word("and")?;
            let high = self.operand()?;
            return Ok(self.negated(at, negated, "between", vec![left, low, high]));
        }
        if self.tokens.take_word("in")? {
            let list_at = self.here()?;
            self.expect_symbol("(")?;
            let list = self.operands()?;
            let list = self.node(list_at, Kind::List(list));
            return Ok(self.negated(at, negated, "in", vec![left, list]));
        }
        if negated {
            let at = self.here()?;
            return Err(self.refuse(at, "after NOT comes LIKE, BETWEEN or IN"));
        }
        Ok(left)
    }

    fn negated(&self, at: usize, negated: bool, op: &str, operands: Vec<Node>) -> Node {
        let node = self.call(at, op, operands);
        if negated { self.call(at, "not", vec![node]) } else { node }
    }

    fn operand(&mut self) -> Result<Node, FilterError> {
        let Some((at, token)) = self.tokens.next()? else {
            return Err(self.refuse(self.text.len(), "something is missing at the end"));
        };
        match token {
            Token::Text(text) => Ok(self.node(at, Kind::Text(text))),
            Token::Quoted(name) => Ok(self.node(at, Kind::Property(name))),
            Token::Number(number) => self.number(at, number, false),
            Token::Symbol("-") => match self.tokens.next()? {
                Some((_, Token::Number(number))) => self.number(at, number, true),
                _ => Err(self.refuse(at, "a number follows the sign; there is no arithmetic here")),
            },
            Token::Symbol("(") => {
                let node = self.disjunction()?;
                self.expect_symbol(")")?;
                Ok(node)
            }
            Token::Word(word) => self.word(at, word),
            token => Err(self.refuse(at, format!("{token} is not expected here"))),
        }
    }

    fn number(&self, at: usize, digits: &str, negative: bool) -> Result<Node, FilterError> {
        let text = if negative { format!("-{digits}") } else { digits.to_owned() };
        let kind = literal::number(&text).ok_or_else(|| self.refuse(at, "the number is too large"))?;
        Ok(self.node(at, kind))
    }

    fn word(&mut self, at: usize, word: &'a str) -> Result<Node, FilterError> {
        let lower = word.to_ascii_lowercase();
        if literal::is_geometry(&lower) && self.tokens.opens_geometry()? {
            let text = self.tokens.rest_of_geometry(at)?;
            let geometry = literal::wkt(text).map_err(|reason| self.refuse(at, reason))?;
            return Ok(self.node(at, Kind::Geometry(geometry)));
        }
        if !self.tokens.take_symbol("(")? {
            return match &*lower {
                "true" => Ok(self.node(at, Kind::Boolean(true))),
                "false" => Ok(self.node(at, Kind::Boolean(false))),
                "and" | "or" | "not" | "like" | "between" | "in" | "is" | "null" => {
                    Err(self.refuse(at, format!("{} is not expected here", word.to_ascii_uppercase())))
                }
                _ => Ok(self.node(at, Kind::Property(word.to_owned()))),
            };
        }
        let operands = self.operands()?;
        let made = literal::function(&lower, operands).map_err(|(wrong, reason)| match wrong {
            Some(node) => node.refuse(reason),
            None => self.refuse(at, reason),
        })?;
        Ok(self.node(at, made))
    }

    /// What stands between parentheses, the opening one already read, with commas between.
    fn operands(&mut self) -> Result<Vec<Node>, FilterError> {
        let mut operands = vec![];
        if self.tokens.take_symbol(")")? {
            return Ok(operands);
        }
        loop {
            operands.push(self.disjunction()?);
            if self.tokens.take_symbol(")")? {
                return Ok(operands);
            }
            self.expect_symbol(",")?;
        }
    }

    fn expect_symbol(&mut self, symbol: &str) -> Result<(), FilterError> {
        if self.tokens.take_symbol(symbol)? {
            return Ok(());
        }
        let at = self.here()?;
        Err(self.refuse(at, format!("`{symbol}` is expected here")))
    }

    fn expect_word(&mut self, word: &str) -> Result<(), FilterError> {
        if self.tokens.take_word(word)? {
            return Ok(());
        }
        let at = self.here()?;
        Err(self.refuse(at, format!("{} is expected here", word.to_ascii_uppercase())))
    }
}
