//! Files that have to be whole before they go out: of a layer, of a part of it, of the plan.

use super::{
    Source, no_such_layer, short,
    stored::{self, Stored},
    wanted::Wanted,
};
use crate::{
    catalog::{Catalog, PLAN},
    causes::chain,
    containers::{Boxed, ContainerError, Whole},
    editions::{At, Edition},
    export::{Container, FileError},
    http::{
        App, Problem,
        audited::Handed,
        conditional::{Outcome, Validators},
        disposition::FileName,
    },
    snapshot::SnapshotId,
};
use axum::{
    http::{HeaderMap, Method},
    response::Response,
};
use bytes::Bytes;
use std::{sync::Arc, time::Duration};

/// A file of a layer.
pub async fn answer(
    app: &App,
    source: &Source,
    container: Container,
    wanted: Wanted,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let (catalog, layer) = (&source.catalog, &source.dated);
    let stored = |file, etag, by_range| Stored {
        file,
        etag,
        modified: layer.published_at.into(),
        media_type: container.media_type(),
        disposition: source.disposition(container.suffix()),
        // The layer stays as it is, but not what the file says of it.
        fixed: false,
        by_range,
    };
    if wanted.request.is_whole() && catalog.holds(&layer.snapshot) {
        let whole = Whole::Layer(layer.snapshot.layer.id.clone(), container);
        let made = app.containers.whole(catalog, whole).await.map_err(|error| problem(&error))?;
        return stored::answer(stored(bytes(&made), made.id, true), method, headers);
    }
    let name = format!("{} {}", app.containers.key(catalog, layer, container), wanted.normal);
    let tag = SnapshotId::of(name.as_bytes());
    let etag = format!("\"{tag}\"");
    let validators = Validators { etag: &etag, last_modified: Some(layer.published_at.into()) };
    let file = match validators.evaluate(headers) {
        Outcome::Send => {
            let request = app.service.work(move || wanted.check().map(|()| wanted.request)).await??;
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
        _ => app.containers.whole(&catalog, whole.clone()).await.map_err(|error| problem(&error))?,
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
        // Styles and addresses are in an archive, and not in tiles.
        fixed: at.is_fixed() && whole == Whole::Tiles,
        by_range: true,
    };
    let edition = (*edition != Edition::Current).then(|| edition.to_string());
    let handed = Handed::download(None, edition, &catalog.version());
    Ok(handed.with(stored::answer(stored, method, headers)?))
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
