//! `/revisions`: the editions of the plan, and what changed from one to another.

use super::{Problem, Routes, Segments, asked::Asked, respond::Representation};
use crate::{
    catalog::TilesetError,
    describe::{self, Compared, Page},
    editions::{At, Edition},
    plan::LayerId,
};
use axum::{
    extract::{Query, rejection::QueryRejection},
    response::Response,
    routing::get,
};
use serde::Deserialize;

pub fn routes() -> Routes {
    Routes::new().route("/revisions", get(list)).route("/revisions/{difference}", get(difference))
}

async fn list(asked: Asked) -> Result<Response, Problem> {
    let Asked { app, catalog, base, headers, .. } = asked;
    let document = describe::revisions(&catalog, &app.service.revisions(), &base);
    Representation::document(document.to_string(), &headers)?.answer(&headers)
}

/// Most changes on a page, and how many without a `limit`.
const MOST: usize = 1000;
const USUAL: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Ids joined by commas.
    layer: Option<String>,
    limit: Option<usize>,
    offset: Option<usize>,
    geometry: Option<bool>,
}

impl Wanted {
    fn page(self) -> Result<Page, Problem> {
        let limit = self.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(Problem::bad_request(format!("limit is 1 to {MOST}")));
        }
        let layer = |id: &str| LayerId::new(id).map_err(|error| Problem::not_found(error.to_string()));
        let layers = self.layer.iter().flat_map(|ids| ids.split(',')).map(layer);
        Ok(Page {
            layers: layers.collect::<Result<_, _>>()?,
            limit,
            offset: self.offset.unwrap_or(0),
            geometry: self.geometry.unwrap_or(true),
        })
    }
}

/// `/revisions/{a}...{b}`
async fn difference(
    asked: Asked,
    Segments(at): Segments<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let Asked { app, base, headers, .. } = asked;
    let At::Between(editions) = at.parse()? else {
        return Err(Problem::not_found(
            "what changed is at /revisions/{a}...{b}; /revisions lists the editions",
        ));
    };
    let Query(wanted) = wanted.map_err(|error| Problem::bad_request(error.body_text()))?;
    let page = wanted.page()?;
    let difference = app.service.difference(&editions[0], &editions[1]).await?;
    let unknown = page.layers.iter().find(|id| difference.dated(id).is_none());
    if let Some(id) = unknown {
        return Err(TilesetError::UnknownLayer(id.to_string()).into());
    }
    let named = app.service.revisions();
    let compared = editions.map(|edition| {
        let is_it = |name: &_| matches!(&edition, Edition::Named(named) if named == name);
        let adopted = named.iter().map(|named| &named.revision).find(|revision| is_it(&revision.name));
        let adopted = adopted.map(|revision| revision.adopted);
        Compared { edition, adopted }
    });
    // A page may be some megabytes: an event loop has others to serve.
    let made = tokio::task::spawn_blocking(move || {
        let document = describe::difference(&difference, &compared, &page, &base).map_err(|error| {
            tracing::error!(%error, "what changed cannot be described");
            Problem::internal()
        })?;
        Representation::document(document, &headers)?.answer(&headers)
    });
    made.await.unwrap_or_else(|_| Err(Problem::internal()))
}
