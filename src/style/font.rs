//! The glyphs of the bundled font, as they are served.

use include_dir::{Dir, include_dir};

/// `{font}/{range}.pbf`, see `styles/README.md`.
pub static FONTS: Dir = include_dir!("$CARGO_MANIFEST_DIR/styles/fonts");
