//! `/ogc`: OGC API, Common (OGC 19-072, 20-024), Features (OGC 17-069r4, 18-058r1, 19-079r2, 23-058r1) and Tiles (OGC
//! 20-057).

mod documents;
mod item;
mod items;
mod processes;
mod styles;
mod tiles;
mod wanted;

use super::{Problem, Routes, asked::Asked};
use crate::{catalog::PublishedLayer, plan::LayerId};
use axum::routing::get;
use std::sync::Arc;

pub fn routes() -> Routes {
    Routes::new()
        .route("/ogc", get(documents::landing_page))
        // The path in the API document, under the server's URL.
        .route("/ogc/", get(documents::landing_page))
        .route("/ogc/style.css", get(documents::style))
        .merge(styles::routes())
        .merge(processes::routes())
        .route("/ogc/conformance", get(documents::conformance))
        .route("/ogc/collections", get(documents::collections))
        .route("/ogc/api", get(documents::api))
        .route("/ogc/collections/{collection}", get(documents::collection))
        .route("/ogc/collections/{collection}/queryables", get(documents::queryables))
        .route("/ogc/collections/{collection}/schema", get(documents::schema))
        .route("/ogc/collections/{collection}/items", get(items::items))
        .route("/ogc/collections/{collection}/items/{feature}", get(item::item))
        .merge(tiles::routes())
}

impl Asked {
    /// The layer that is the collection `id`.
    pub fn collection(&self, id: &str) -> Result<&Arc<PublishedLayer>, Problem> {
        let found = LayerId::new(id).ok().and_then(|id| self.catalog.layer(&id));
        found.ok_or_else(|| Problem::no_such("there is no collection", id))
    }
}
