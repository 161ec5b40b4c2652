//! `/downloads/{layer}[@{snapshot or edition}].{format}`: files of a layer, whole or in part.
//!
//! Where the bytes are stored they go out by range; a file that has to be whole first is made before it goes out, every other one
//! while it does. `plan[@{edition}].zip` is the whole plan, `.pmtiles` all of its tiles.

mod containers;
mod stored;
mod streamed;
mod wanted;

use super::{App, Problem, Routes, Segments, audited::Handed, disposition::FileName, parameters::Parameters};
use crate::{
    catalog::{Catalog, Dated, PLAN},
    containers::Whole,
    editions::{At, Edition},
    export::{Container, Format},
    plan::LayerId,
    snapshot::SnapshotId,
};
use axum::{
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::Response,
    routing::get,
};
use std::sync::Arc;
use wanted::Wanted;

pub fn routes() -> Routes {
    Routes::new().route("/downloads/{file}", get(download))
}

/// The layer that a file is of.
struct Source {
    dated: Arc<Dated>,
    /// The edition that it is in; the current one, if it is in none that is open.
    catalog: Arc<Catalog>,
    /// What it is called after `@`: an edition, or the beginning of the snapshot's id.
    version: String,
    /// Whether it can never be another.
    fixed: bool,
    /// What it was asked for by, behind `@`.
    edition: Option<String>,
}

impl Source {
    /// For the record.
    fn handed(&self) -> Handed {
        let snapshot = &self.dated.snapshot;
        Handed::download(Some(&snapshot.layer.id), self.edition.clone(), &snapshot.id)
    }

    /// The value of `Content-Disposition`.
    fn disposition(&self, suffix: &str) -> String {
        let layer = &self.dated.snapshot.layer;
        let (id, title) = (layer.id.as_str(), &*layer.title.zh);
        FileName { id, title, version: Some(&self.version), suffix }.attachment()
    }
}

async fn download(
    State(app): State<Arc<App>>,
    Segments(file): Segments<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some((at, whole)) = plan(&file) {
        Parameters::of(&uri)?.check(&[])?;
        return containers::plan(&app, at, whole, &method, &headers).await;
    }
    if let Some((name, container)) = Container::of(&file) {
        let source = source(&app, name).await?;
        // It takes what a FlatGeobuf takes.
        let wanted = Wanted::read(&uri, &source.dated.snapshot, Format::FlatGeobuf)?;
        let answer = containers::answer(&app, &source, container, wanted, &method, &headers).await?;
        return Ok(source.handed().with(answer));
    }
    let (name, format) = Format::of(&file).ok_or_else(no_such_format)?;
    let source = source(&app, name).await?;
    let wanted = Wanted::read(&uri, &source.dated.snapshot, format)?;
    let answer = match format {
        Format::FlatGeobuf if wanted.request.is_whole() => {
            stored::snapshot(&source, format, &method, &headers)
        }
        Format::FlatGeobuf | Format::GeoJson | Format::Csv => {
            streamed::answer(&app, &source, format, wanted, &method, &headers).await
        }
    };
    Ok(source.handed().with(answer?))
}

/// The files of the whole plan: what stands behind `@`, and which it is; `None` for other files.
fn plan(file: &str) -> Option<(Option<&str>, Whole)> {
    let name = file.strip_prefix(PLAN)?;
    let (at, whole) = match name.strip_suffix(".zip") {
        Some(at) => (at, Whole::Plan),
        None => (name.strip_suffix(".pmtiles")?, Whole::Tiles),
    };
    Some((if at.is_empty() { None } else { Some(at.strip_prefix('@')?) }, whole))
}

fn no_such_format() -> Problem {
    let suffixes = Format::ALL.map(Format::suffix).into_iter().chain(Container::ALL.map(Container::suffix));
    let suffixes: Vec<_> = suffixes.map(|suffix| format!(".{suffix}")).collect();
    Problem::not_found(format!("downloads end in {}", suffixes.join(", ")))
}

fn no_such_layer(layer: &str) -> Problem {
    Problem::no_such("there is no layer", layer)
}

/// The layer that is called `{layer}[@{snapshot or edition}]`.
async fn source(app: &App, name: &str) -> Result<Source, Problem> {
    let (layer, edition) = name.split_once('@').map_or((name, None), |(layer, at)| (layer, Some(at)));
    let unknown = || no_such_layer(layer);
    let id = LayerId::new(layer).map_err(|_| unknown())?;
    // Of a layer, not of the whole plan.
    if let Some(snapshot) = edition.and_then(|edition| edition.parse().ok()) {
        let dated = kept(app, &id, snapshot).await?;
        let open = app.service.kept().into_iter().find(|catalog| catalog.holds(&dated.snapshot));
        let catalog = open.map_or_else(|| app.catalog(), Ok)?;
        return Ok(Source { dated, catalog, version: short(&snapshot), fixed: true, edition: None });
    }
    let at: At = edition.map_or(Ok(At::One(Edition::Current)), str::parse)?;
    let (dated, catalog) = match &at {
        At::One(edition) => {
            let catalog = app.service.edition(edition).await?;
            (catalog.layer(&id).map(|layer| layer.dated()), catalog)
        }
        At::Between([old, new]) => (app.service.difference(old, new).await?.dated(&id), app.catalog()?),
    };
    let dated = Arc::new(dated.ok_or_else(unknown)?);
    let version = match &at {
        At::One(Edition::Current) => short(&dated.snapshot.id),
        at => at.to_string(),
    };
    let edition = edition.map(str::to_owned);
    Ok(Source { dated, catalog, version, fixed: at.is_fixed(), edition })
}

/// Enough of an id to tell files apart that somebody keeps.
fn short(id: &impl ToString) -> String {
    id.to_string().chars().take(8).collect()
}

async fn kept(app: &App, layer: &LayerId, id: SnapshotId) -> Result<Arc<Dated>, Problem> {
    match app.service.snapshot(layer, id).await {
        Ok(Some(dated)) => Ok(dated),
        Ok(None) => Err(Problem::not_found("this snapshot is not kept")),
        Err(error) => {
            tracing::error!(%error, "a kept snapshot cannot be served");
            Err(Problem::internal())
        }
    }
}
