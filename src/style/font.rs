//! The bundled font: its glyphs as they are served, and its outlines.

use include_dir::{Dir, include_dir};

/// `{font}/{range}.pbf`, see `styles/README.md`.
pub static FONTS: Dir = include_dir!("$CARGO_MANIFEST_DIR/styles/fonts");

/// The outlines of the same characters, OpenType.
pub static OUTLINES: &[u8] = include_bytes!("../../styles/print/Noto Sans SC Medium.otf");
