//! How layers are drawn: the MapLibre styles of `styles/`, read into a subset that everything else is made from.
//!
//! ```text
//!  styles/plan.json        ┐                                   ┌▶ describe::style   the MapLibre document
//!  styles/plan-dark.json   ├▶ Sheet ──┬▶ Style, of the plan    ├▶ describe::legend  swatches and titles
//!  styles/plan-print.json  ┘          │  or of one layer ──────┼▶ describe::qml, describe::sld
//!  layers that no sheet knows ▶ plain ┘                        └▶ picture           PNG tiles
//! ```
//!
//! The subset: `fill`, `line`, `circle` and `symbol` layers; paint values that are constants or interpolations
//! over zoom; filters that ask whether a field is one of some texts; names made of fields. [`Part::parse`]
//! refuses anything else.

mod color;
mod filter;
mod font;
mod id;
mod map;
mod part;
mod plain;
mod sheet;
mod sprite;
mod zoomed;

pub use color::Color;
pub use filter::{Filter, Test};
pub use font::{FONTS, OUTLINES};
pub use id::{StyleId, Subject, Theme};
pub use map::{Map, MapId, Maps};
pub use part::{
    Alignment, Cap, Circle, Fill, Join, Line, Mark, Part, Piece, Placement, Symbol, Template, TextFit,
};
pub use sheet::{Class, Sheet, SheetError, Sheets, Style, StyledLayer};
pub use sprite::{SPRITES, Sprite, SpriteSymbol};
pub use zoomed::Zoomed;
