//! The symbols of a theme, as SVG and as pictures.

use super::Theme;
use crate::snapshot::SnapshotId;
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use std::collections::HashMap;
use tiny_skia::{IntRect, Pixmap};

pub static SPRITES: Dir = include_dir!("$CARGO_MANIFEST_DIR/styles/sprites");

pub struct Sprite {
    symbols: HashMap<String, SpriteSymbol>,
    /// Hash of the pictures.
    pub version: SnapshotId,
}

/// A symbol in both resolutions.
pub struct SpriteSymbol {
    pub svg: &'static str,
    /// CSS pixels.
    pub width: u32,
    pub height: u32,
    /// Where it grows around a text, from and to, across and down; CSS pixels.
    pub stretch: Option<[[f32; 2]; 2]>,
    /// Left, top, right and bottom of the room for the text; CSS pixels.
    pub content: Option<[f32; 4]>,
    /// Drawn with one and with two pixels for a CSS pixel.
    pub pictures: [Pixmap; 2],
}

#[derive(Debug, thiserror::Error)]
pub enum SpriteError {
    #[error("{0} is missing")]
    Missing(String),
    #[error("{0}: {1}")]
    Index(String, serde_json::Error),
    #[error("{0} is not the picture that its index describes")]
    Picture(String),
}

/// A symbol in the index of a sheet (MapLibre sprite index).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    x: i32,
    y: i32,
    width: u32,
    height: u32,
    stretch_x: Option<[[f32; 2]; 1]>,
    stretch_y: Option<[[f32; 2]; 1]>,
    content: Option<[f32; 4]>,
}

impl Sprite {
    pub fn embedded(theme: Theme) -> Result<Self, SpriteError> {
        let name = format!("plan{}", theme.suffix());
        let (index, once) = sheet(&name)?;
        let (fine_index, twice) = sheet(&format!("{name}@2x"))?;
        let mut symbols = HashMap::new();
        for (symbol, entry) in index {
            let missing = || SpriteError::Missing(format!("{name}/{symbol}"));
            let fine = fine_index.get(&symbol).ok_or_else(missing)?;
            let svg = SPRITES.get_file(format!("{name}/{symbol}.svg")).and_then(|file| file.contents_utf8());
            let pictures = [entry.cut(&once), fine.cut(&twice)];
            let [Some(one), Some(two)] = pictures else { return Err(SpriteError::Picture(name)) };
            let symbol_value = SpriteSymbol {
                svg: svg.ok_or_else(missing)?,
                width: entry.width,
                height: entry.height,
                stretch: entry.stretch_x.zip(entry.stretch_y).map(|([x], [y])| [x, y]),
                content: entry.content,
                pictures: [one, two],
            };
            symbols.insert(symbol, symbol_value);
        }
        let version = SnapshotId::of(&[once.data(), twice.data()].concat());
        Ok(Self { symbols, version })
    }

    pub fn symbol(&self, name: &str) -> Option<&SpriteSymbol> {
        self.symbols.get(name)
    }
}

impl Entry {
    fn cut(&self, sheet: &Pixmap) -> Option<Pixmap> {
        sheet.clone_rect(IntRect::from_xywh(self.x, self.y, self.width, self.height)?)
    }
}

fn sheet(name: &str) -> Result<(HashMap<String, Entry>, Pixmap), SpriteError> {
    let file = |suffix: &str| {
        let path = format!("{name}.{suffix}");
        SPRITES.get_file(&path).map(|file| file.contents()).ok_or(SpriteError::Missing(path))
    };
    let index = serde_json::from_slice(file("json")?);
    let picture = Pixmap::decode_png(file("png")?);
    Ok((
        index.map_err(|cause| SpriteError::Index(name.to_owned(), cause))?,
        picture.map_err(|_| SpriteError::Picture(name.to_owned()))?,
    ))
}
