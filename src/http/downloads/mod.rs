//! `/downloads/{layer}[@{snapshot or edition}].{format}`: files of a layer, whole or in part.
//!
//! Where the bytes are stored they go out by range; every other file is written while it goes out.

mod disposition;
mod stored;
mod streamed;
mod wanted;

use super::{App, Problem, Segments};
use crate::{
    catalog::Dated,
    editions::{At, Edition},
    export::Format,
    plan::LayerId,
    snapshot::SnapshotId,
};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::Response,
    routing::get,
};
use std::sync::Arc;
use wanted::Wanted;

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/downloads/{file}", get(download))
}

/// The layer that a file is of.
struct Source {
    dated: Arc<Dated>,
    /// What it is called after `@`: an edition, or the beginning of the snapshot's id.
    version: String,
    /// Whether it can never be another.
    fixed: bool,
}

async fn download(
    State(app): State<Arc<App>>,
    Segments(file): Segments<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (name, format) = Format::of(&file).ok_or_else(no_such_format)?;
    let source = source(&app, name).await?;
    let wanted = Wanted::read(&uri, &source.dated.snapshot, format)?;
    match format {
        Format::FlatGeobuf if wanted.request.is_whole() => stored::answer(&source, format, &method, &headers),
        Format::FlatGeobuf | Format::GeoJson | Format::Csv => {
            streamed::answer(&app, &source, format, wanted, &method, &headers).await
        }
    }
}

fn no_such_format() -> Problem {
    let suffixes: Vec<_> = Format::ALL.iter().map(|format| format!(".{}", format.suffix())).collect();
    Problem::not_found(format!("downloads end in {}", suffixes.join(", ")))
}

/// The layer that is called `{layer}[@{snapshot or edition}]`.
async fn source(app: &App, name: &str) -> Result<Source, Problem> {
    let (layer, edition) = name.split_once('@').map_or((name, None), |(layer, at)| (layer, Some(at)));
    let unknown =
        || Problem::not_found(format!("there is no layer `{}`", layer.chars().take(80).collect::<String>()));
    let id = LayerId::new(layer).map_err(|_| unknown())?;
    // Of a layer, not of the whole plan.
    if let Some(snapshot) = edition.and_then(|edition| edition.parse().ok()) {
        let dated = kept(app, &id, snapshot).await?;
        return Ok(Source { dated, version: short(snapshot), fixed: true });
    }
    let at: At = edition.map_or(Ok(At::One(Edition::Current)), str::parse)?;
    let dated = match &at {
        At::One(edition) => app.service.edition(edition).await?.layer(&id).map(|layer| layer.dated()),
        At::Between([old, new]) => app.service.difference(old, new).await?.dated(&id),
    };
    let dated = Arc::new(dated.ok_or_else(unknown)?);
    let version = match &at {
        At::One(Edition::Current) => short(dated.snapshot.id),
        at => at.to_string(),
    };
    Ok(Source { dated, version, fixed: at.is_fixed() })
}

/// Enough of an id to tell files apart that somebody keeps.
fn short(id: SnapshotId) -> String {
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
