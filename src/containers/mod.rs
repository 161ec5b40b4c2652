//! Files that have to be whole before they go out: GeoPackage, zipped Shapefile, the archive of the plan, that of its tiles.
//!
//! Those of whole layers and of the plan are made once and kept, so that they can be had by range; of parts, each
//! request has one of its own, which has no name and goes with the answer. What was asked for of an edition is made of
//! the next one too, once its publication has settled, by a thread that gives way: who asks again seldom waits, and what
//! nobody asks for costs nothing.

mod asked;
mod shelf;

pub use shelf::Boxed;

use crate::{
    access::Seen,
    archive::{self, DEEPEST, Pyramid},
    catalog::{Catalog, Dated, PLAN},
    causes::chain,
    config::{self, PublicUrl},
    describe,
    document::Document,
    export::{Bundle, Container, FileError, Selection, geopackage, shapefile},
    flights::Flights,
    plan::LayerId,
    snapshot::SnapshotId,
    style::{Sheets, Theme},
    telemetry::Span,
    workers::{WorkError, Workers},
};
use asked::Asked;
use moka::future::Cache;
use shelf::{Place, Shelf, UNFINISHED};
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tempfile::NamedTempFile;

/// Changes whenever the bytes of a file may: it is part of what they are kept by.
const FORMAT_VERSION: u32 = 1;
/// Files that may wait to be made.
const QUEUE: usize = 16;
/// Files that are held open, and for how long after their last use.
const OPEN: u64 = 32;
const IDLE: Duration = Duration::from_secs(600);
/// Archives of the plan that stay on disk, for those who see the same.
const PLANS: usize = 2;
/// The folder of a bucket for them.
const ARCHIVES: &str = "archives";
/// How long nothing may have been published before files are made ahead.
const SETTLED: Duration = Duration::from_secs(10);

/// What spans of an export call what it makes.
const FORMAT: &str = "plantiles.format";

/// A whole file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whole {
    Layer(LayerId, Container),
    Plan,
    /// All tiles of the plan, as PMTiles.
    Tiles,
}

#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    #[error("there is no layer {0}")]
    UnknownLayer(LayerId),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Work(#[from] WorkError),
}

type Made = Result<Arc<Boxed>, Arc<ContainerError>>;

pub struct Containers {
    /// As those see it whom they are for.
    service: Arc<Seen>,
    shelf: Shelf,
    /// Where styles in the archive of the plan have their tiles from.
    base: PublicUrl,
    /// Whose tables are in it, and what it hashes to.
    document: Option<Arc<Document>>,
    document_id: SnapshotId,
    workers: Arc<Workers>,
    flights: Arc<Flights<SnapshotId, Made>>,
    open: Cache<SnapshotId, Arc<Boxed>>,
    /// Archives of the plan that stay on disk, whoever they are for.
    plans: usize,
    asked: Mutex<Asked>,
}

impl Containers {
    /// # Errors
    /// When the system gives no threads for the work.
    pub fn new(service: Arc<Seen>, base: PublicUrl, document: Option<Arc<Document>>) -> io::Result<Self> {
        Ok(Self {
            shelf: Shelf::new(Arc::clone(service.store()), service.has_database()),
            service,
            base,
            document_id: SnapshotId::of(format!("{document:?}").as_bytes()),
            document,
            workers: Arc::new(Workers::new(config::cores(), QUEUE)?),
            flights: Arc::default(),
            open: Cache::builder().max_capacity(OPEN).time_to_idle(IDLE).build(),
            plans: PLANS,
            asked: Mutex::default(),
        })
    }

    /// Those for others, who see other layers and another document, as do so many in all; made by the same threads.
    pub fn by(&self, service: Arc<Seen>, document: Option<Arc<Document>>, others: usize) -> Self {
        Self {
            shelf: Shelf::new(Arc::clone(service.store()), service.has_database()),
            service,
            base: self.base.clone(),
            document_id: SnapshotId::of(format!("{document:?}").as_bytes()),
            document,
            workers: Arc::clone(&self.workers),
            flights: Arc::clone(&self.flights),
            open: self.open.clone(),
            plans: PLANS * others,
            asked: Mutex::default(),
        }
    }

    /// The file `whole` of an edition, made now unless it is there.
    pub async fn whole(self: &Arc<Self>, catalog: &Arc<Catalog>, whole: Whole) -> Made {
        self.note(catalog, &whole);
        self.make(catalog, whole).await
    }

    fn note(&self, catalog: &Arc<Catalog>, whole: &Whole) {
        // Under the lock, so that nobody turns back to an older one.
        let mut asked = self.asked();
        let current = self.service.catalog().filter(|current| Arc::ptr_eq(current, catalog));
        if let Some(current) = current {
            asked.note(&current, whole.clone());
        }
    }

    async fn make(self: &Arc<Self>, catalog: &Arc<Catalog>, whole: Whole) -> Made {
        let place = self.place(catalog, &whole).map_err(Arc::new)?;
        let key = place.key;
        if let Some(open) = self.open.get(&key).await {
            return Ok(open);
        }
        let (containers, catalog) = (Arc::clone(self), Arc::clone(catalog));
        let flight = async move {
            let makers = Arc::clone(&containers);
            let made = containers.workers.run(move || match makers.shelf.find(&place) {
                Some(kept) => Ok(kept),
                None => makers.shelf.keep(&place, |file| makers.write(&catalog, &whole, file)),
            });
            let boxed = Arc::new(made.await.map_err(ContainerError::from)?.map_err(ContainerError::from)?);
            containers.open.insert(key, Arc::clone(&boxed)).await;
            Ok(boxed)
        };
        self.flights.join(key, flight).await
    }

    /// A part of a layer, or one that is in no edition, in a file of its own; `catalog` says how it is drawn, if it does.
    pub async fn part(
        self: &Arc<Self>,
        catalog: &Arc<Catalog>,
        layer: &Arc<Dated>,
        container: Container,
        select: impl FnOnce() -> Selection + Send + 'static,
    ) -> Result<Boxed, ContainerError> {
        let (containers, catalog, layer) = (Arc::clone(self), Arc::clone(catalog), Arc::clone(layer));
        let made = self.workers.run(move || {
            let span = Span::part("export");
            span.note(FORMAT, || container.suffix());
            let _within = span.enter();
            containers
                .shelf
                .pass(|file| write(&containers.service.sheets, &catalog, &layer, container, select(), file))
        });
        Ok(made.await??)
    }

    fn write(&self, catalog: &Catalog, whole: &Whole, file: &NamedTempFile) -> Result<(), FileError> {
        let span = Span::part("export");
        span.note(FORMAT, || match whole {
            Whole::Layer(_, container) => container.suffix(),
            Whole::Plan => "zip",
            Whole::Tiles => "pmtiles",
        });
        let _within = span.enter();
        match whole {
            Whole::Plan => self.write_plan(catalog, file),
            Whole::Tiles => {
                let (pyramid, aside) = (tiles(catalog)?, self.shelf.aside());
                Ok(archive::write_into(&pyramid, file.path(), aside, config::cores())
                    .map_err(io::Error::from)?)
            }
            Whole::Layer(id, container) => catalog.layer(id).map_or(Ok(()), |layer| {
                let all = Selection::all(Arc::clone(&layer.snapshot));
                write(&self.service.sheets, catalog, &layer.dated(), *container, all, file)
            }),
        }
    }

    fn write_plan(&self, catalog: &Catalog, file: &NamedTempFile) -> Result<(), FileError> {
        let sheets = &self.service.sheets;
        let layers = catalog.layers().iter().map(|layer| {
            let selection = Selection::all(Arc::clone(&layer.snapshot));
            let dress = describe::dress(sheets, catalog, &layer.dated(), selection.crs);
            (selection, dress)
        });
        let bundle = Bundle {
            layers: layers.collect(),
            texts: describe::papers(sheets, catalog, self.document.as_deref(), &self.base),
            published_at: catalog.published_at(),
        };
        bundle.write(file.as_file(), self.shelf.aside(), UNFINISHED)
    }

    /// All that a file of a layer follows from, but for what is selected.
    pub fn key(&self, catalog: &Catalog, layer: &Dated, container: Container) -> SnapshotId {
        let (id, is_drawn) = (layer.snapshot.id, catalog.holds(&layer.snapshot));
        let own = format!("{} {id} {} {is_drawn}", container.suffix(), layer.published_at);
        SnapshotId::of(format!("{} {own}", self.said(catalog)).as_bytes())
    }

    /// What every file of `catalog` says.
    fn said(&self, catalog: &Catalog) -> String {
        let sheets = Theme::ALL.map(|theme| self.service.sheets.of(theme).version);
        format!("{FORMAT_VERSION} {:?} {sheets:?}", catalog.origin)
    }

    /// Where the file is kept, by all that its bytes follow from.
    fn place(&self, catalog: &Catalog, whole: &Whole) -> Result<Place, ContainerError> {
        let store = self.service.store();
        Ok(match whole {
            Whole::Layer(id, container) => {
                let layer = catalog.layer(id).ok_or_else(|| ContainerError::UnknownLayer(id.clone()))?;
                Place {
                    directory: store.layer_directory(id),
                    shared: format!("snapshots/{id}"),
                    stem: layer.snapshot.id.to_string(),
                    key: self.key(catalog, &layer.dated(), *container),
                    suffix: container.suffix(),
                    kept: 1,
                }
            }
            Whole::Tiles => Place {
                directory: store.plans(),
                shared: ARCHIVES.into(),
                stem: "plan".into(),
                key: tiles(catalog)?.key(),
                suffix: "pmtiles",
                kept: self.plans,
            },
            Whole::Plan => {
                let dates: Vec<_> = catalog.layers().iter().map(|layer| layer.published_at).collect();
                let (base, document) = (self.base.as_str(), self.document_id);
                let own = format!("{base} {} {dates:?} {document}", catalog.version());
                let text = format!("{} {own}", self.said(catalog));
                Place {
                    directory: store.plans(),
                    shared: ARCHIVES.into(),
                    stem: "plan".into(),
                    key: SnapshotId::of(text.as_bytes()),
                    suffix: "zip",
                    kept: self.plans,
                }
            }
        })
    }

    /// Makes what was asked for anew once a publication has settled. Runs until dropped.
    pub async fn follow(self: Arc<Self>) {
        let mut news = self.service.news();
        while news.changed().await.is_ok() {
            while tokio::time::timeout(SETTLED, news.changed()).await.is_ok_and(|changed| changed.is_ok()) {}
            let Some(catalog) = self.service.catalog() else { continue };
            let wanted = self.asked().take_earlier(&catalog);
            for whole in wanted {
                if let Err(error) = self.make(&catalog, whole).await {
                    tracing::warn!(error = chain(&*error), "a download could not be made ahead");
                }
            }
        }
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All tiles of the plan down to the zoom after which maps draw them larger.
fn tiles(catalog: &Catalog) -> Result<Pyramid, FileError> {
    let plan = catalog.tileset(PLAN).map_err(io::Error::other)?;
    Ok(Pyramid::new(plan, catalog.origin, 0..=DEEPEST, None))
}

/// Writes what is selected of `layer` into an empty file; it is not synced. `catalog` says how it is drawn, if it does.
pub fn write(
    sheets: &Sheets,
    catalog: &Catalog,
    layer: &Dated,
    container: Container,
    selection: Selection,
    file: &NamedTempFile,
) -> Result<(), FileError> {
    match container {
        Container::GeoPackage => {
            let dress = describe::dress(sheets, catalog, layer, selection.crs);
            geopackage::write(file.path(), &[(selection, &dress)])
        }
        Container::Shapefile => shapefile::write(file.as_file(), &selection, layer.published_at),
    }
}
