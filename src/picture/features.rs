//! The features of a tile, read back from its bytes (Mapbox Vector Tile 2.1), or of a sheet.

use prost::Message;
use std::collections::HashMap;

#[derive(Clone, PartialEq, Message)]
struct Tile {
    #[prost(message, repeated, tag = "3")]
    layers: Vec<EncodedLayer>,
}

#[derive(Clone, PartialEq, Message)]
struct EncodedLayer {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    features: Vec<EncodedFeature>,
    #[prost(string, repeated, tag = "3")]
    keys: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    values: Vec<EncodedValue>,
}

#[derive(Clone, PartialEq, Message)]
struct EncodedFeature {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(uint32, repeated, tag = "2")]
    tags: Vec<u32>,
    #[prost(int32, tag = "3")]
    kind: i32,
    #[prost(uint32, repeated, tag = "4")]
    geometry: Vec<u32>,
}

/// Text alone: filters and names ask for nothing else.
#[derive(Clone, PartialEq, Message)]
struct EncodedValue {
    #[prost(string, optional, tag = "1")]
    text: Option<String>,
}

/// The layers of a tile by name.
#[derive(Default)]
pub struct Layers(HashMap<String, Layer>);

#[derive(Default)]
pub struct Layer {
    keys: Vec<String>,
    values: Vec<Option<String>>,
    pub features: Vec<Feature>,
}

pub struct Feature {
    pub id: u64,
    tags: Vec<u32>,
    /// Points, lines or rings, in tile units; rings without their first point repeated.
    pub paths: Vec<Vec<[f32; 2]>>,
    pub is_polygon: bool,
}

impl Layers {
    /// The layers in `bytes`, those of which `wanted` says so; none when it is not a tile.
    pub fn read(bytes: &[u8], wanted: impl Fn(&str) -> bool) -> Self {
        let tile = Tile::decode(bytes).unwrap_or_default();
        let layers = tile.layers.into_iter().filter(|layer| wanted(&layer.name));
        Self(layers.map(|layer| (layer.name.clone(), Layer::from(layer))).collect())
    }

    pub fn layer(&self, name: &str) -> Option<&Layer> {
        self.0.get(name)
    }

    pub fn insert(&mut self, name: String, layer: Layer) {
        self.0.insert(name, layer);
    }
}

impl Layer {
    /// Without features; `keys` are the fields that they may have.
    pub fn new(keys: Vec<String>) -> Self {
        Self { keys, ..Self::default() }
    }

    /// Adds a feature with the texts that it has in some of the fields, by their numbers.
    pub fn push(&mut self, id: u64, paths: Vec<Vec<[f32; 2]>>, is_polygon: bool, texts: &[(usize, String)]) {
        let mut tags = Vec::with_capacity(2 * texts.len());
        for (key, text) in texts {
            tags.extend([*key as u32, self.values.len() as u32]);
            self.values.push(Some(text.clone()));
        }
        self.features.push(Feature { id, tags, paths, is_polygon });
    }

    /// The text of `feature` in `field`.
    pub fn text(&self, feature: &Feature, field: &str) -> Option<&str> {
        let tags = feature.tags.chunks_exact(2);
        let mut tags = tags.map(|pair| (pair[0] as usize, pair[1] as usize));
        let (_, value) = tags.find(|(key, _)| self.keys.get(*key).is_some_and(|key| key == field))?;
        self.values.get(value)?.as_deref()
    }
}

impl From<EncodedLayer> for Layer {
    fn from(layer: EncodedLayer) -> Self {
        let EncodedLayer { keys, values, features, .. } = layer;
        let values = values.into_iter().map(|value| value.text).collect();
        Self { keys, values, features: features.into_iter().map(Feature::from).collect() }
    }
}

const POLYGON: i32 = 3;

impl From<EncodedFeature> for Feature {
    /// Commands (§4.3): 1 begins a path, 2 goes on with it, 7 closes it.
    fn from(EncodedFeature { id, tags, kind, geometry }: EncodedFeature) -> Self {
        let mut paths: Vec<Vec<[f32; 2]>> = vec![];
        let mut at = [0i32; 2];
        let mut integers = geometry.into_iter();
        while let Some(command) = integers.next() {
            let (command, count) = (command & 7, command >> 3);
            if !matches!(command, 1 | 2) {
                continue;
            }
            for _ in 0..count {
                let (Some(dx), Some(dy)) = (integers.next(), integers.next()) else { break };
                let unzigzag = |n: u32| (n >> 1) as i32 ^ -((n & 1) as i32);
                at = [at[0].wrapping_add(unzigzag(dx)), at[1].wrapping_add(unzigzag(dy))];
                if command == 1 {
                    paths.push(vec![]);
                }
                if let Some(path) = paths.last_mut() {
                    path.push(at.map(|v| v as f32));
                }
            }
        }
        Self { id, tags, paths, is_polygon: kind == POLYGON }
    }
}
