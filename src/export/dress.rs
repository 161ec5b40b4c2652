//! What a file says of a layer beside its rows.

use jiff::Timestamp;

#[derive(Debug, Clone)]
pub struct Dress {
    /// The only date in the file.
    pub published_at: Timestamp,
    /// A record of ISO 19115 as XML (ISO 19139).
    pub metadata: String,
    /// How the layer may be drawn; the first unless somebody chooses.
    pub styles: Vec<LayerStyle>,
}

/// One style in the languages of desktop programs.
#[derive(Debug, Clone)]
pub struct LayerStyle {
    pub name: String,
    pub title: String,
    pub qml: String,
    pub sld: String,
}
