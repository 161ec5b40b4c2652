//! Filters in CQL2 (OGC 21-065r2), as text or JSON, on the rows of a snapshot.
//!
//! A filter is read into a tree of [`syntax`], its geometries are taken to longitude and latitude, and it is
//! refused when it is too large. That tree has a [normal form](Filter::normal), by which caches tell filters
//! apart, and becomes a [`Condition`] for the columns of a layer. What is read has its place with it, so that an
//! error says where.

mod condition;
mod evaluate;
mod json;
mod literal;
mod narrow;
mod normal;
mod pattern;
mod syntax;
mod text;
mod token;

pub use condition::{Condition, GEOMETRY, ID};
pub use evaluate::{Evaluator, compare, days, rank};
pub use syntax::{FilterError, Place};

use crate::{crs::Crs, plan::Layer};
use syntax::{Kind, Node};

/// The encoding of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Text,
    Json,
}

impl Language {
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "cql2-text" => Some(Self::Text),
            "cql2-json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// A filter that is written as it should be, for any layer. Those that say the same are equal.
#[derive(Debug, Clone)]
pub struct Filter {
    root: Node,
    normal: String,
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.normal == other.normal
    }
}

impl Eq for Filter {}

impl Filter {
    /// Reads a filter whose coordinates are in `crs`, in its order of axes.
    ///
    /// # Errors
    /// When it is not CQL2, or larger than a filter may be.
    pub fn parse(text: &str, language: Language, crs: Crs) -> Result<Self, FilterError> {
        let mut root = match language {
            Language::Text => text::parse(text),
            Language::Json => json::parse(text),
        }?;
        root.locate(crs)?;
        root.check_size()?;
        let normal = normal::normal(&root);
        Ok(Self { root, normal })
    }

    /// The same text for filters that say the same in other words.
    pub fn normal(&self) -> &str {
        &self.normal
    }

    /// The properties that it names, the key and the geometry among them, where they stand.
    pub fn properties(&self) -> Vec<(&Node, &str)> {
        let (mut nodes, mut properties) = (vec![&self.root], vec![]);
        while let Some(node) = nodes.pop() {
            if let Kind::Property(name) = &node.kind {
                properties.push((node, name.as_str()));
            }
            nodes.extend(node.children());
        }
        properties
    }

    /// The filter for the rows of `layer`.
    ///
    /// # Errors
    /// When a property is not one of the layer's, or a value is not of its type.
    pub fn condition(&self, layer: &Layer) -> Result<Condition, FilterError> {
        condition::compile(&self.root, layer, false)
    }

    /// The same for each of several layers: a property that some of them lack is null there.
    ///
    /// # Errors
    /// As [`Self::condition`], when none of the layers has a property.
    pub fn conditions<'a>(
        &self,
        layers: impl Iterator<Item = &'a Layer> + Clone,
    ) -> Result<Vec<Condition>, FilterError> {
        let has = |name: &str, layer: &Layer| {
            [ID, GEOMETRY].contains(&name) || layer.fields.iter().any(|field| field.name == name)
        };
        let unknown = |(_, name): &(&Node, &str)| !layers.clone().any(|layer| has(name, layer));
        if let Some((node, name)) = self.properties().into_iter().find(unknown) {
            return Err(node.refuse(format!("there is no property `{}`", token::brief(name))));
        }
        layers.map(|layer| condition::compile(&self.root, layer, true)).collect()
    }
}
