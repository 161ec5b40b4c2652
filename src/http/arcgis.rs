//! `/arcgis/rest/services/{service}/VectorTileServer`: the tiles as ArcGIS programs, and QGIS among others, ask for
//! them. A service is `plan` or a layer, in EPSG:3857, or with `_4490` behind it in EPSG:4490.

use super::{
    App, Problem, Routes, Segments,
    asked::Asked,
    assets,
    media::{Form, HTML, JSON},
    respond::REVALIDATE,
    segments::number,
    tiles::vectors,
};
use crate::{
    catalog::{Catalog, Tileset},
    describe::{self, arcgis},
    grid::{TileCoord, TileMatrixSet},
    style::StyleId,
    view::View,
};
use axum::{extract::State, response::Response, routing::get};
use serde_json::Value;
use std::sync::Arc;

pub fn routes() -> Routes {
    let service = |rest: &str| format!("/arcgis/rest/services/{{service}}/VectorTileServer{rest}");
    Routes::new()
        .route("/arcgis/rest/info", get(info))
        .route("/arcgis/rest/services", get(services))
        .route(&service(""), get(document))
        .route(&service("/"), get(document))
        .route(&service("/iteminfo"), get(item_info))
        .route(&service("/tile/{z}/{y}/{x}"), get(tile))
        .route(&service("/tilemap/{level}/{row}/{column}/{width}/{height}"), get(tilemap))
        .route(&service("/resources/styles"), get(style))
        .route(&service("/resources/styles/"), get(style))
        .route(&service("/resources/styles/root.json"), get(style))
        .route(&service("/resources/info"), get(resource_info))
        .route(&service("/resources/info/root.json"), get(resource_info))
        .route(&service("/resources/sprites/{file}"), get(sprite))
        .route(&service("/resources/fonts/{stack}/{range}"), get(glyphs))
}

/// Indented.
const PJSON: Form = Form { name: "pjson", media_type: "application/json" };

/// Esri's programs add these, whatever the resource has to do with them.
const PARAMETERS: [&str; 4] = ["f", "token", "blankTile", "_ts"];

/// Most tiles along a side of a tile map: so many are looked up one by one.
const TILEMAP_SIDE: u32 = 32;

fn answer(asked: &Asked, title: &str, document: &Value) -> Result<Response, Problem> {
    let form = asked.form_with(&PARAMETERS, &[JSON, PJSON, HTML])?;
    let pretty = || serde_json::to_string_pretty(document).map_err(|_| Problem::internal());
    let text = match form {
        HTML => describe::ogc::html::verbatim(&asked.base, title, &pretty()?),
        PJSON => pretty()?,
        _ => document.to_string(),
    };
    asked.answer(text, form)
}

async fn info(asked: Asked) -> Result<Response, Problem> {
    answer(&asked, "ArcGIS REST", &arcgis::server_info())
}

async fn services(asked: Asked) -> Result<Response, Problem> {
    answer(&asked, "ArcGIS REST", &arcgis::services(&asked.catalog))
}

async fn document(asked: Asked, Segments(name): Segments<String>) -> Result<Response, Problem> {
    let named = Named::find(&name, &asked.catalog)?;
    answer(&asked, &name, &named.service(&name).document(asked.catalog.origin))
}

async fn item_info(asked: Asked, Segments(name): Segments<String>) -> Result<Response, Problem> {
    let named = Named::find(&name, &asked.catalog)?;
    answer(&asked, &name, &named.service(&name).item_info(asked.catalog.origin, &asked.base))
}

/// The service of a name.
struct Named {
    tileset: Arc<Tileset>,
    set: TileMatrixSet,
}

impl Named {
    fn find(name: &str, catalog: &Catalog) -> Result<Self, Problem> {
        let (tileset, set) = match name.strip_suffix(arcgis::SUFFIX_4490) {
            Some(tileset) => (tileset, TileMatrixSet::square_4490()),
            None => (name, TileMatrixSet::web_mercator_quad()),
        };
        if tileset.contains(',') {
            return Err(Problem::not_found(
                "a service is of the plan or of one layer, so that it has a style",
            ));
        }
        Ok(Self { tileset: catalog.tileset(tileset)?, set })
    }

    fn service<'a>(&'a self, name: &'a str) -> arcgis::Service<'a> {
        arcgis::Service { name, tileset: &self.tileset, set: &self.set }
    }

    fn level(&self, level: &str) -> Result<u8, Problem> {
        let number = number(level).and_then(|level| u8::try_from(level).ok());
        let [first, last] = self.set.levels;
        let within = number.filter(|level| self.set.levels().contains(level));
        within.ok_or_else(|| Problem::not_found(format!("level: it is {first} to {last}")))
    }
}

/// A number of a path, or 404 that names it.
fn place(name: &str, text: &str, count: u32) -> Result<u32, Problem> {
    let number = number(text).filter(|&number| number < count);
    number.ok_or_else(|| Problem::not_found(format!("{name}: it is 0 to {}", count.saturating_sub(1))))
}

async fn tile(
    State(app): State<Arc<App>>,
    asked: Asked,
    Segments((name, z, y, x)): Segments<(String, String, String, String)>,
) -> Result<Response, Problem> {
    asked.parameters.check(&PARAMETERS)?;
    let named = Named::find(&name, &asked.catalog)?;
    let x = x.strip_suffix(".pbf").ok_or_else(|| Problem::not_found("a tile is at tile/{z}/{y}/{x}.pbf"))?;
    let level = named.level(&z)?;
    let [columns, rows] = named.set.matrix_at(level);
    let (row, column) = (place("row", &y, rows)?, place("column", x, columns)?);
    let coord = named.set.tile(level, column, row).ok_or_else(Problem::internal)?;
    let catalog = app.catalog_on(&named.set.grid).await?;
    let tileset = Named::find(&name, &catalog)?.tileset;
    vectors::send_there(&app, &tileset, coord, &View::OPEN, REVALIDATE, &asked.headers).await
}

async fn tilemap(
    State(app): State<Arc<App>>,
    asked: Asked,
    Segments((name, level, row, column, width, height)): Segments<(
        String,
        String,
        String,
        String,
        String,
        String,
    )>,
) -> Result<Response, Problem> {
    let named = Named::find(&name, &asked.catalog)?;
    let level = named.level(&level)?;
    let [columns, rows] = named.set.matrix_at(level);
    let (row, column) = (place("row", &row, rows)?, place("column", &column, columns)?);
    let side = |name: &str, text: &str| {
        let side = number(text).filter(|&side| side > 0);
        side.ok_or_else(|| Problem::bad_request(format!("{name}: it is 1 or more")))
    };
    let sides = [side("width", &width)?, side("height", &height)?];
    let size = [sides[0].min(TILEMAP_SIDE).min(columns - column), sides[1].min(TILEMAP_SIDE).min(rows - row)];
    let catalog = app.catalog_on(&named.set.grid).await?;
    let tileset = Named::find(&name, &catalog)?.tileset;
    let places = (0..size[1]).flat_map(|y| (0..size[0]).map(move |x| (column + x, row + y)));
    let coords: Vec<_> = places.filter_map(|(x, y)| named.set.tile(level, x, y)).collect();
    let present = move || {
        let holds = |&coord: &TileCoord| tileset.layers.iter().any(|layer| layer.tiles.may_hold(coord));
        coords.iter().map(holds).collect::<Vec<_>>()
    };
    let data = app.service.work(present).await?;
    answer(&asked, &name, &arcgis::tilemap(row, column, size, sides, &data))
}

async fn style(
    State(app): State<Arc<App>>,
    asked: Asked,
    Segments(name): Segments<String>,
) -> Result<Response, Problem> {
    let tileset = Named::find(&name, &asked.catalog)?.tileset;
    let id = StyleId::parse(&tileset.name).ok_or_else(Problem::internal)?;
    let style = app.service.sheets.style(id, &asked.catalog).ok_or_else(Problem::internal)?;
    let document = arcgis::style(&style, &describe::style(&style, None, &asked.base));
    answer(&asked, &name, &document.map_err(|_| Problem::internal())?)
}

async fn resource_info(
    State(app): State<Arc<App>>,
    asked: Asked,
    Segments(name): Segments<String>,
) -> Result<Response, Problem> {
    Named::find(&name, &asked.catalog)?;
    answer(&asked, &name, &arcgis::resource_info(&app.assets.glyph_files()))
}

/// `sprite[@2x].{json,png}`, as every service calls its own.
async fn sprite(
    State(app): State<Arc<App>>,
    asked: Asked,
    Segments((name, file)): Segments<(String, String)>,
) -> Result<Response, Problem> {
    Named::find(&name, &asked.catalog)?;
    let file = file
        .strip_prefix("sprite")
        .ok_or_else(|| Problem::not_found("a sprite is sprite[@2x].{json,png}"))?;
    assets::sprite(State(app), Segments(format!("plan{file}")), asked.headers).await
}

async fn glyphs(
    State(app): State<Arc<App>>,
    asked: Asked,
    Segments((name, stack, range)): Segments<(String, String, String)>,
) -> Result<Response, Problem> {
    Named::find(&name, &asked.catalog)?;
    assets::glyphs(State(app), Segments((stack, range)), asked.headers).await
}
