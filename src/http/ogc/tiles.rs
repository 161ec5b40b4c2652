//! Tiles as OGC API has them (OGC API Tiles 1, 20-057): of the plan and of each collection, in every tile matrix set.

use crate::{
    catalog::{Catalog, Tileset},
    describe::ogc,
    grid::{TileCoord, TileMatrixSet},
    http::{
        App, Problem, Routes, Segments,
        asked::Asked,
        media::{Form, HTML, JSON},
        parameters::{filter, wrong},
        respond::REVALIDATE,
        segments::number,
        tiles::vectors,
    },
};
use axum::{extract::State, response::Response, routing::get};
use std::sync::Arc;

pub fn routes() -> Routes {
    Routes::new()
        .route("/ogc/tileMatrixSets", get(tile_matrix_sets))
        .route("/ogc/tileMatrixSets/{set}", get(tile_matrix_set))
        .route("/ogc/tiles", get(plan_tilesets))
        .route("/ogc/tiles/{set}", get(plan_tileset))
        .route("/ogc/tiles/{set}/{matrix}/{row}/{column}", get(plan_tile))
        .route("/ogc/collections/{collection}/tiles", get(collection_tilesets))
        .route("/ogc/collections/{collection}/tiles/{set}", get(collection_tileset))
        .route("/ogc/collections/{collection}/tiles/{set}/{matrix}/{row}/{column}", get(collection_tile))
}

const TILEJSON: Form = Form { name: "tilejson", media_type: ogc::TILEJSON };
const MVT: Form = Form { name: "mvt", media_type: ogc::MVT };

async fn tile_matrix_sets(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    let form = asked.form(&[JSON, HTML])?;
    let sets = &app.service.matrix_sets;
    let text = match form {
        HTML => ogc::tile_pages::tile_matrix_sets(sets, &asked.base),
        _ => ogc::tile_matrix_sets(sets, &asked.base).to_string(),
    };
    asked.answer(text, form)
}

async fn tile_matrix_set(
    State(app): State<Arc<App>>,
    asked: Asked,
    Segments(set): Segments<String>,
) -> Result<Response, Problem> {
    let (set, form) = (find_set(&app, &set)?, asked.form(&[JSON, HTML])?);
    let text = match form {
        HTML => ogc::tile_pages::tile_matrix_set(set, &asked.base),
        _ => ogc::tile_matrix_set(set, &asked.base).to_string(),
    };
    asked.answer(text, form)
}

fn find_set<'a>(app: &'a App, id: &str) -> Result<&'a TileMatrixSet, Problem> {
    app.service.matrix_sets.get(id).ok_or_else(|| {
        let named: String = id.chars().take(40).collect();
        Problem::not_found(format!("there is no tile matrix set `{named}`; /ogc/tileMatrixSets lists them"))
    })
}

async fn plan_tilesets(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    Wanted { collection: None }.tilesets(&app, &asked)
}

async fn collection_tilesets(
    State(app): State<Arc<App>>,
    asked: Asked,
    Segments(collection): Segments<String>,
) -> Result<Response, Problem> {
    Wanted { collection: Some(&collection) }.tilesets(&app, &asked)
}

async fn plan_tileset(
    State(app): State<Arc<App>>,
    asked: Asked,
    Segments(set): Segments<String>,
) -> Result<Response, Problem> {
    Wanted { collection: None }.tileset(&app, &asked, &set)
}

async fn collection_tileset(
    State(app): State<Arc<App>>,
    asked: Asked,
    Segments((collection, set)): Segments<(String, String)>,
) -> Result<Response, Problem> {
    Wanted { collection: Some(&collection) }.tileset(&app, &asked, &set)
}

async fn plan_tile(
    State(app): State<Arc<App>>,
    asked: Asked,
    Segments(place): Segments<Place>,
) -> Result<Response, Problem> {
    Wanted { collection: None }.tile(&app, &asked, &place).await
}

async fn collection_tile(
    State(app): State<Arc<App>>,
    asked: Asked,
    Segments((collection, set, matrix, row, column)): Segments<(String, String, String, String, String)>,
) -> Result<Response, Problem> {
    Wanted { collection: Some(&collection) }.tile(&app, &asked, &(set, matrix, row, column)).await
}

/// Tile matrix set, tile matrix, row, column.
type Place = (String, String, String, String);

/// Whose tiles are wanted: those of a collection, or of the plan.
struct Wanted<'a> {
    collection: Option<&'a str>,
}

impl Wanted<'_> {
    /// The layers in `catalog` that the request is about; in the order of `collections` (20-057, §13.2).
    fn layers(&self, catalog: &Catalog, asked: &Asked) -> Result<Arc<Tileset>, Problem> {
        if let Some(id) = self.collection {
            let layer = asked.collection(id)?;
            return Ok(catalog.tileset(layer.id().as_str())?);
        }
        match asked.parameters.get("collections") {
            None => Ok(catalog.tileset(crate::catalog::PLAN)?),
            Some(ids) => {
                catalog.selection(ids.split(',')).map_err(|error| wrong("collections", &error.to_string()))
            }
        }
    }

    /// Checks the parameters and chooses the form. A filter may be among them: of tiles, and of what leads to them.
    fn form(&self, asked: &Asked, forms: &[Form]) -> Result<Form, Problem> {
        let own: &[&str] = if self.collection.is_some() { &["f"] } else { &["f", "collections"] };
        asked.form_with(&[own, &filter::PARAMETERS].concat(), forms)
    }

    fn selected<'a>(
        &'a self,
        tileset: &'a Tileset,
        asked: &'a Asked,
        filter: Option<&'a str>,
    ) -> ogc::Selected<'a> {
        let collections = asked.parameters.get("collections");
        ogc::Selected { tileset, collection: self.collection, collections, filter }
    }

    fn tilesets(&self, app: &App, asked: &Asked) -> Result<Response, Problem> {
        let tileset = self.layers(&asked.catalog, asked)?;
        let form = self.form(asked, &[JSON, HTML])?;
        let filter = filter::carried(&asked.parameters, &tileset)?;
        let (selected, sets) = (self.selected(&tileset, asked, filter.as_deref()), &app.service.matrix_sets);
        let text = match form {
            HTML => ogc::tile_pages::tilesets(&selected, sets, &asked.base),
            _ => ogc::tilesets(&selected, sets, &asked.base).to_string(),
        };
        asked.answer(text, form)
    }

    fn tileset(&self, app: &App, asked: &Asked, set: &str) -> Result<Response, Problem> {
        let (tileset, set) = (self.layers(&asked.catalog, asked)?, find_set(app, set)?);
        let form = self.form(asked, &[JSON, HTML, TILEJSON])?;
        let filter = filter::carried(&asked.parameters, &tileset)?;
        let selected = self.selected(&tileset, asked, filter.as_deref());
        let text = match form {
            HTML => ogc::tile_pages::tileset(&selected, set, &asked.base),
            TILEJSON => ogc::tileset_tilejson(&selected, set, asked.catalog.origin, &asked.base).to_string(),
            _ => ogc::tileset(&selected, set, &asked.base).to_string(),
        };
        asked.answer(text, form)
    }

    async fn tile(&self, app: &App, asked: &Asked, place: &Place) -> Result<Response, Problem> {
        let (set, matrix, row, column) = place;
        let set = find_set(app, set)?;
        self.form(asked, &[MVT])?;
        let coord = coordinate(set, matrix, row, column)?;
        // What is wrong with the request is told before a grid is prepared for it.
        let served = self.layers(&asked.catalog, asked)?;
        within_limits(set, &served, matrix, coord)?;
        let catalog = app.catalog_on(&set.grid).await?;
        let tileset = self.layers(&catalog, asked)?;
        let view = filter::view(&asked.parameters, &tileset)?;
        vectors::send_there(app, &tileset, coord, &view, REVALIDATE, &asked.headers).await
    }
}

/// The tile of the grid; row before column.
fn coordinate(set: &TileMatrixSet, matrix: &str, row: &str, column: &str) -> Result<TileCoord, Problem> {
    let [first, last] = set.levels;
    let level = number(matrix).and_then(|level| u8::try_from(level).ok());
    let level = level.filter(|level| set.levels().contains(level)).ok_or_else(|| {
        Problem::not_found(format!("tileMatrix: the tile matrices of `{}` are {first} to {last}", set.id))
    })?;
    let [columns, rows] = set.matrix_at(level);
    let within = |name: &str, text: &str, count: u32| {
        let number = number(text).filter(|&number| number < count);
        number.ok_or_else(|| {
            Problem::not_found(format!("{name}: at tile matrix {level} it is 0 to {}", count - 1))
        })
    };
    let (row, column) = (within("tileRow", row, rows)?, within("tileCol", column, columns)?);
    set.tile(level, column, row).ok_or_else(Problem::internal)
}

/// Outside the limits of a tileset there is no tile (20-057, /req/core/tc-error).
fn within_limits(
    set: &TileMatrixSet,
    tileset: &Tileset,
    matrix: &str,
    tile: TileCoord,
) -> Result<(), Problem> {
    let level = number(matrix).and_then(|level| u8::try_from(level).ok()).unwrap_or_default();
    let limits = tileset.bounds().and_then(|bounds| set.limits(level, &bounds));
    let outside = |name: &str| {
        Problem::not_found(format!("{name}: outside the limits of the tileset, see tileMatrixSetLimits"))
    };
    match limits {
        Some(limits) if !limits.rows.contains(&tile.y) => Err(outside("tileRow")),
        Some(limits) if !limits.columns.contains(&tile.x) => Err(outside("tileCol")),
        Some(_) => Ok(()),
        None => Err(Problem::not_found("tileMatrix: the tileset has no tiles here")),
    }
}
