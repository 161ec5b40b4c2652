//! OGC API documents: what is here and how it is asked for, as JSON and, in [`html`], as pages.

mod collection;
mod conformance;
pub mod html;
mod items;
mod landing_page;
mod link;
mod openapi;
mod processes;
mod schema;
mod styles;
mod tile_matrix_sets;
pub mod tile_pages;
mod tiles;

pub use collection::{collection, collections};
pub use conformance::conformance;
pub use items::{Items, item_members, items_members};
pub use landing_page::landing_page;
pub use openapi::{ItemsRequest, openapi};
pub use processes::{REVIEW, process, processes};
pub use schema::{queryables, schema};
pub use styles::{MAPBOX, QML, SLD, style_page, styles, styles_page};
pub use tile_matrix_sets::{tile_matrix_set, tile_matrix_sets};
pub use tiles::{MVT, Selected, TILEJSON, tileset, tileset_tilejson, tilesets};

use crate::plan::Text;

/// A title in both languages, the plan's own first.
pub fn title(text: &Text) -> String {
    format!("{} {}", text.zh, text.en)
}

/// Title and description of the service.
const TITLE: &str = "矿产资源规划图层 Mineral-resource plan layers";
const DESCRIPTION: &str = "规划各图层的要素与矢量瓦片，坐标系 CGCS2000。 Features and vector tiles of the plan's layers in CGCS2000.";
