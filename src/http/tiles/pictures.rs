//! `/tiles/{tileset}[@{edition}]/{z}/{x}/{y}[@2x].png[?style=dark][&filter=…]`

use super::{place, tell_dropped};
use crate::{
    catalog::Tileset,
    config::PublicUrl,
    editions::{At, Edition},
    encoding::Encoding,
    grid::TileCoord,
    http::{
        App, Problem,
        parameters::{Parameters, filter, wrong},
        respond::{IMMUTABLE, REVALIDATE, Representation, VARY_ENCODING, redirect},
        segments::at,
    },
    picture::{Look, Scale},
    style::Theme,
    view::View,
};
use axum::{
    http::{HeaderMap, HeaderValue, Uri},
    response::Response,
};
use std::sync::Arc;

const PNG: HeaderValue = HeaderValue::from_static("image/png");

/// The picture at `path`, `{z}/{x}/{y}[@2x]`, of the tileset `name`. A version in the name is one of pictures: it
/// stands for what is drawn and how, so it is of one theme.
pub async fn answer(
    app: &App,
    name: &str,
    path: &str,
    uri: &Uri,
    base: impl FnOnce() -> PublicUrl,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let (path, scale) = match path.strip_suffix("@2x") {
        Some(path) => (path, Scale::Twice),
        None => (path, Scale::Once),
    };
    let parameters = Parameters::of(uri)?;
    let look = Look { theme: theme(&parameters)?, scale };
    let (name, at) = at(name)?;
    let (tileset, cache_control) = match at {
        None => (app.catalog()?.tileset(name)?, REVALIDATE),
        Some(At::One(Edition::Version(version))) => {
            match app.service.pictured_at(name, version, look.theme).await? {
                Some(tileset) => (tileset, IMMUTABLE),
                None => {
                    let current = app.catalog()?.tileset(name)?;
                    let (tile, suffix) = (place(&current.grid, path)?, suffix(scale));
                    let version = app.service.picture_version(&current, look.theme);
                    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
                    let (base, name) = (base(), &current.name);
                    let base = base.as_str();
                    return redirect(&format!("{base}/tiles/{name}@{version}/{tile}{suffix}.png{query}"));
                }
            }
        }
        // An edition stays as it is, but not how it is drawn.
        Some(at) => (app.service.at(&at).await?.tileset(name)?, REVALIDATE),
    };
    let tile = place(&tileset.grid, path)?;
    let view = filter::view(&parameters, &tileset)?;
    send(app, &tileset, tile, look, &view, cache_control, headers).await
}

fn suffix(scale: Scale) -> &'static str {
    match scale {
        Scale::Once => "",
        Scale::Twice => "@2x",
    }
}

/// The theme that a request for pictures asks for, `style=dark`; light without. Beside it there may be a filter.
pub fn theme(parameters: &Parameters) -> Result<Theme, Problem> {
    parameters.check(&[&["style"], &filter::PARAMETERS[..]].concat())?;
    let Some(name) = parameters.get("style") else { return Ok(Theme::Light) };
    name.parse::<Theme>().map_err(|error| wrong("style", &error.to_string()))
}

/// The picture of `tile`, which is one of the tileset's grid.
pub async fn send(
    app: &App,
    tileset: &Arc<Tileset>,
    tile: TileCoord,
    look: Look,
    view: &View,
    cache_control: HeaderValue,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let ready = app.service.picture(tileset, tile, look, view).await?;
    let version = app.service.picture_version(tileset, look.theme);
    let representation = Representation {
        bytes: ready.bytes,
        encoding: Encoding::Identity,
        etag: format!("\"{}{}\"", view.id().name(version), suffix(look.scale)),
        content_type: PNG,
        cache_control,
        vary: VARY_ENCODING,
    };
    tell_dropped(representation.answer(headers)?, ready.dropped)
}
