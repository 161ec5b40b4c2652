//! Files that have to be whole before they go out: of a layer, of a part of it, of the plan.

use super::{
    Source, no_such_layer, short,
    stored::{self, Stored},
    wanted::Wanted,
};
use crate::{
    catalog::{Catalog, PLAN},
    containers::{Boxed, ContainerError, FORMAT_VERSION, Whole},
    crs::Crs,
    editions::{At, Edition},
    export::{Container, FileError},
    http::{
        App, Problem,
        conditional::{Outcome, Validators},
        disposition::FileName,
        parameters::wrong,
    },
    publisher::chain,
    snapshot::SnapshotId,
};
use axum::{
    http::{HeaderMap, Method},
    response::Response,
};
use bytes::Bytes;
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

/// A file of a layer.
pub async fn answer(
    app: &App,
    source: &Source,
    container: Container,
    wanted: Wanted,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = &source.dated.snapshot;
    let edition = source.edition.as_ref().and_then(|catalog| {
        let layer = catalog.layer(&snapshot.layer.id)?;
        Some((catalog, layer))
    });
    let (catalog, layer) = edition.ok_or_else(|| {
        let title = container.title();
        Problem::not_found(format!("{title} is made of editions that are open: take .fgb, .geojson or .csv"))
    })?;
    let stored = |file, etag, by_range| Stored {
        file,
        etag,
        modified: source.dated.published_at.into(),
        media_type: container.media_type(),
        disposition: source.disposition(container.suffix()),
        fixed: source.fixed,
        by_range,
    };
    if wanted.request.is_whole() && wanted.request.crs == Crs::Cgcs2000 {
        let whole = Whole::Layer(snapshot.layer.id.clone(), container);
        let made = app.containers.whole(catalog, whole).await.map_err(|error| problem(&error))?;
        return stored::answer(stored(bytes(&made), made.id, true), method, headers);
    }
    let name = format!("{FORMAT_VERSION} {} {} {}", snapshot.id, container.suffix(), wanted.normal);
    let tag = SnapshotId::of(name.as_bytes());
    let etag = format!("\"{tag}\"");
    let modified = SystemTime::from(source.dated.published_at);
    let validators = Validators { etag: &etag, last_modified: Some(modified) };
    let file = match validators.evaluate(headers) {
        Outcome::Send => {
            let request = wanted.request;
            let checked = app.service.work(move || request.check().map(|()| request)).await?;
            let request = checked.map_err(|error| wrong("filter", &error.to_string()))?;
            let part = app.containers.part(catalog, layer, container, || request.select()).await;
            bytes(&Arc::new(part.map_err(|error| problem(&error))?))
        }
        Outcome::NotModified | Outcome::PreconditionFailed => Bytes::new(),
    };
    stored::answer(stored(file, tag, false), method, headers)
}

/// What files of the whole plan are called.
const TITLE: &str = "矿产资源规划";

/// How long an answer waits for all tiles to be cut; that goes on while the client does something else.
const WAIT: Duration = Duration::from_secs(10);

/// `plan[@{edition}].zip`, `.pmtiles`
pub async fn plan(
    app: &App,
    at: Option<&str>,
    whole: Whole,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let at: At = at.map_or(Ok(At::One(Edition::Current)), str::parse)?;
    let At::One(edition) = &at else {
        return Err(Problem::not_found("what changed has no archive: take its layers"));
    };
    let catalog: Arc<Catalog> = app.service.edition(edition).await?;
    let (media_type, suffix) = match whole {
        Whole::Tiles => ("application/vnd.pmtiles", "pmtiles"),
        _ => ("application/zip", "zip"),
    };
    let made = match whole {
        Whole::Tiles => tiles(app, &catalog).await?,
        whole => app.containers.whole(&catalog, whole).await.map_err(|error| problem(&error))?,
    };
    let version = match edition {
        Edition::Current => short(&catalog.version()),
        edition => edition.to_string(),
    };
    let name = FileName { id: PLAN, title: TITLE, version: Some(&version), suffix };
    let stored = Stored {
        file: bytes(&made),
        etag: made.id,
        modified: catalog.published_at().into(),
        media_type,
        disposition: name.attachment(),
        fixed: at.is_fixed(),
        by_range: true,
    };
    stored::answer(stored, method, headers)
}

/// All tiles: cut now, unless they are there, in a task that ends when they are, whoever waits.
async fn tiles(app: &App, catalog: &Arc<Catalog>) -> Result<Arc<Boxed>, Problem> {
    let (containers, catalog) = (Arc::clone(&app.containers), Arc::clone(catalog));
    if catalog.layers().iter().all(|layer| layer.snapshot.bounds.is_none()) {
        return Err(Problem::not_found("the plan has no features, so there are no tiles"));
    }
    let making = tokio::spawn(async move { containers.whole(&catalog, Whole::Tiles).await });
    match tokio::time::timeout(WAIT, making).await {
        Ok(Ok(made)) => made.map_err(|error| problem(&error)),
        Ok(Err(_stopped)) => Err(Problem::internal()),
        Err(_) => Err(Problem::unavailable("all tiles are being cut for this file: ask again later")),
    }
}

fn bytes(file: &Arc<Boxed>) -> Bytes {
    Bytes::from_owner(FileBytes(Arc::clone(file)))
}

/// The mapped file as the owner of a response body.
struct FileBytes(Arc<Boxed>);

impl AsRef<[u8]> for FileBytes {
    fn as_ref(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

fn problem(error: &ContainerError) -> Problem {
    match error {
        ContainerError::UnknownLayer(id) => no_such_layer(id.as_str()),
        ContainerError::Work(error) => (*error).into(),
        ContainerError::File(FileError::TooLarge { .. }) => Problem::unprocessable(error.to_string()),
        ContainerError::File(cause) => {
            tracing::error!(error = chain(cause), "a download could not be made");
            match cause.is_disk_full() {
                true => Problem::unavailable("the server has no room to make this file"),
                false => Problem::internal(),
            }
        }
    }
}
