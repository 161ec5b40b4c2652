//! XML 1.0 as it is written: elements, attributes, text.

use std::fmt::{self, Write};

/// An element; a name may have a prefix.
pub struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    content: Vec<Node>,
}

enum Node {
    Element(Element),
    Text(String),
    /// XML already.
    Written(String),
}

impl Element {
    pub fn new(name: &'static str) -> Self {
        Self { name, attributes: vec![], content: vec![] }
    }

    pub fn attr(mut self, name: &'static str, value: impl ToString) -> Self {
        self.attributes.push((name, value.to_string()));
        self
    }

    pub fn child(self, element: Element) -> Self {
        self.children([element])
    }

    pub fn children(mut self, elements: impl IntoIterator<Item = Element>) -> Self {
        self.content.extend(elements.into_iter().map(Node::Element));
        self
    }

    pub fn text(mut self, text: impl ToString) -> Self {
        self.content.push(Node::Text(text.to_string()));
        self
    }

    /// Content that is XML already, such as a symbol's SVG.
    pub fn written(mut self, xml: impl ToString) -> Self {
        self.content.push(Node::Written(xml.to_string()));
        self
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}", self.name)?;
        for (name, value) in &self.attributes {
            write!(f, " {name}=\"")?;
            escape(f, value)?;
            f.write_char('"')?;
        }
        if self.content.is_empty() {
            return f.write_str("/>");
        }
        f.write_char('>')?;
        for node in &self.content {
            match node {
                Node::Element(element) => element.fmt(f)?,
                Node::Text(text) => escape(f, text)?,
                Node::Written(xml) => f.write_str(xml)?,
            }
        }
        write!(f, "</{}>", self.name)
    }
}

/// Characters that XML 1.0 has no form for (§2.2) are left out.
fn escape(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for c in text.chars() {
        match c {
            '&' => f.write_str("&amp;")?,
            '<' => f.write_str("&lt;")?,
            '>' => f.write_str("&gt;")?,
            '"' => f.write_str("&quot;")?,
            '\n' | '\r' | '\t' => write!(f, "&#{};", u32::from(c))?,
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => {}
            c => f.write_char(c)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let element = Element::new("a").attr("b", "\"<&\n\0").text("<c>").child(Element::new("d"));
        assert_eq!(element.to_string(), "<a b=\"&quot;&lt;&amp;&#10;\">&lt;c&gt;<d/></a>");
    }
}
