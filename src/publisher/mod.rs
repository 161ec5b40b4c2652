//! From the system of record to the state directory: export layers, then name the new set in one step.

mod bundled;
mod lacking;
mod record;
mod run;

pub use bundled::{BundledExportError, export_bundled};
pub use lacking::{TURN_PAUSE, Turned};

use crate::{
    audit::Audit,
    bundle,
    causes::chain,
    config::{self, Config, Secret},
    grid::QuadGrid,
    plan::{Layer, LayerId, RuleError, Rules, check_rules},
    postgis::{self, Database, DatabaseError, Reader, Standby, Table, TableMapping, Turn, Turns},
    snapshot::{
        CurrentSet, Marks, Naming, Origin, Publication, Revision, Revisions, Snapshot, Store, StoreError,
    },
    telemetry::Span,
    tile::{PrepareError, TileLayer},
};
use jiff::Timestamp;
use run::{Run, described, layer_tables};
use std::{
    collections::{BTreeMap, BTreeSet},
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::block_in_place;

/// How long another publication into the same state directory is waited for, and how often it is looked at.
const LOCK_WAIT: Duration = Duration::from_secs(30);
const LOCK_PAUSE: Duration = Duration::from_millis(50);

pub struct Publisher {
    store: Arc<Store>,
    source: Source,
    tiles: config::Tiles,
    /// Where new versions are recorded, and who publishes them.
    audit: Audit,
    who: String,
}

/// The system of record.
enum Source {
    Bundled,
    Database {
        database: Database,
        standby: Option<Box<Standby>>,
        tables: Vec<TableMapping>,
        /// Where others publish the same.
        turns: Option<Box<Turns>>,
    },
}

/// The layers of the state directory, in legend order, opened.
pub struct PublishedSet {
    pub set: CurrentSet,
    pub snapshots: Vec<Arc<Snapshot>>,
    /// What could not be exported or opened, one text for each layer; such a layer is served as it was
    /// published before, or not at all.
    pub failures: Vec<String>,
    /// The name that the set got.
    pub revision: Option<Revision>,
    /// The layers that are new, ready for cutting.
    pub prepared: Vec<TileLayer>,
    /// Every layer that there is, published or not; empty when nothing was exported.
    pub layers: Vec<LayerId>,
    /// How the layers that were exported went.
    pub exports: Vec<Export>,
}

/// One export of a layer.
#[derive(Debug, Clone)]
pub struct Export {
    pub layer: LayerId,
    pub at: Timestamp,
    pub seconds: f64,
    /// Why there is no new snapshot.
    pub error: Option<String>,
}

/// Which layers to export.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    All,
    /// A layer that must be there.
    One(&'a LayerId),
    /// Those of these that are there; one that is gone is no longer published.
    Changed(&'a BTreeSet<LayerId>),
}

/// What a publication is to do.
struct Task<'a> {
    wanted: Wanted<'a>,
    /// Leave out what is published as it is.
    lacking: bool,
    served: &'a [&'a TileLayer],
    progress: &'a (dyn Fn(&Snapshot) + Send + Sync),
}

impl Wanted<'_> {
    fn has(self, id: &LayerId) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => one == id,
            Self::Changed(changed) => changed.contains(id),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Bundled(#[from] BundledExportError),
    #[error("the state directory: {0}")]
    Store(StoreError),
    /// Of the bucket.
    #[error("{0}")]
    Shared(StoreError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    #[error("the configuration: {0}")]
    Rule(#[from] RuleError),
    #[error("there is no layer {0}")]
    UnknownLayer(LayerId),
}

// Its text is in ours already, so it is no cause to be told beside it.
impl From<StoreError> for PublishError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Bucket(_)
            | StoreError::Lost { .. }
            | StoreError::Manifest(_)
            | StoreError::Empty
            | StoreError::Overtaken => Self::Shared(error),
            error => Self::Store(error),
        }
    }
}

impl Publisher {
    /// An unreachable database is noticed later.
    pub fn new(config: &Config, store: Arc<Store>) -> Result<Self, PublishError> {
        let source = match &config.database.url {
            None => Source::Bundled,
            Some(url) => {
                let connect = |url: &Secret| Database::new(&url.reveal().parse()?, (&config.database).into());
                let database = connect(url)?;
                let standby = config.database.export_url.as_ref().map(connect).transpose()?;
                let bucket = config.store.url.as_ref();
                Source::Database {
                    turns: bucket.map(|bucket| Box::new(Turns::new(database.clone(), bucket))),
                    standby: standby.map(Standby::new).map(Box::new),
                    tables: config.layers.iter().map(mapping).collect(),
                    database,
                }
            }
        };
        let (audit, who) = (Audit::default(), String::new());
        Ok(Self { store, source, tiles: config.tiles.clone(), audit, who })
    }

    /// The same, which records what `who` publishes with it.
    pub fn recorded(self, audit: Audit, who: impl Into<String>) -> Self {
        Self { audit, who: who.into(), ..self }
    }

    pub fn database(&self) -> Option<&Database> {
        match &self.source {
            Source::Bundled => None,
            Source::Database { database, .. } => Some(database),
        }
    }

    fn origin(&self) -> Origin {
        match self.source {
            Source::Bundled => Origin::Bundled,
            Source::Database { .. } => Origin::Database,
        }
    }

    /// Whether a server has anything to publish; one without a database that is over a bucket has what others put there.
    pub fn publishes(&self) -> bool {
        self.database().is_some() || !self.store.is_shared()
    }

    /// What is published now; `None` when there is nothing of this origin. A set of the other origin is another
    /// plan, but for who follows others.
    pub fn current(&self) -> Result<Option<CurrentSet>, PublishError> {
        let is_ours = |set: &CurrentSet| !self.publishes() || set.origin == self.origin();
        Ok(self.store.current()?.filter(is_ours))
    }

    /// The sets that have a name, of whatever origin.
    pub fn revisions(&self) -> Result<Revisions, PublishError> {
        Ok(self.store.revisions()?)
    }

    /// The snapshots of `set`, verified; those among `open` were when they were opened.
    pub fn open_set(&self, set: CurrentSet, open: &[Arc<Snapshot>]) -> PublishedSet {
        let loaded = self.store.load(&set, open);
        let failures = loaded.damaged.iter().map(ToString::to_string).collect();
        PublishedSet {
            set,
            snapshots: loaded.snapshots,
            failures,
            revision: None,
            prepared: vec![],
            layers: vec![],
            exports: vec![],
        }
    }

    /// What is wrong with the snapshots of `revision`.
    pub fn check_revision(&self, revision: &Revision) -> Vec<StoreError> {
        let opened = revision.layers.iter().map(|layer| self.store.open_snapshot(&layer.id, layer.snapshot));
        opened.filter_map(Result::err).collect()
    }

    /// The layer of `snapshot`, ready for cutting on [`served_grid`], from the file beside it or made now; `before` is
    /// the layer that it replaces.
    ///
    /// # Errors
    /// Also when the configuration has rules that the layer cannot follow.
    pub fn tiles(
        &self,
        snapshot: Arc<Snapshot>,
        before: Option<&TileLayer>,
    ) -> Result<TileLayer, PrepareError> {
        checked(&self.store, &self.tiles.rules, snapshot, before)
    }

    /// Most bytes of a tile before compression.
    pub fn max_tile(&self) -> usize {
        self.tiles.max_tile()
    }

    /// Checks that the layers can be described and can follow the rules that the configuration has for them;
    /// gives them.
    pub async fn check(&self) -> Result<Vec<Layer>, PublishError> {
        match &self.source {
            Source::Bundled => {
                let layers = bundle::layers().map_err(BundledExportError::from)?;
                check_rules(&self.tiles.rules, &described(&layers))?;
                Ok(layers)
            }
            Source::Database { database, tables, .. } => {
                let mut client = database.client().await?;
                let mut state = postgis::begin_export(&mut client).await?;
                let layers = layer_tables(&mut state, tables, &self.tiles.rules).await?;
                layers.into_iter().map(|(_, table)| Ok(table?.layer)).collect()
            }
        }
    }

    /// Exports the `wanted` layers, prepares them for tiles and publishes the result. The layers of a database are
    /// all read at the same instant. `served` are published layers: their snapshots need not be opened, which means
    /// hashed, again, and what replaces them is prepared sooner.
    ///
    /// Where others publish the same, it waits for its turn. `progress` is told each layer that is done. A layer whose export fails stays as it was, and the set says
    /// why.
    ///
    /// # Errors
    /// When nothing was published: the database cannot be read at all, or the state directory not written.
    pub async fn publish(
        &self,
        wanted: Wanted<'_>,
        served: &[&TileLayer],
        progress: &(dyn Fn(&Snapshot) + Send + Sync),
    ) -> Result<PublishedSet, PublishError> {
        let turn = self.turn().await?;
        self.publish_as(None, Task { wanted, lacking: false, served, progress }, turn).await
    }

    /// Does the same and names the result, unless a layer is missing or failed.
    ///
    /// # Errors
    /// Also when another set has the name.
    pub async fn publish_revision(
        &self,
        naming: &Naming,
        wanted: Wanted<'_>,
        progress: &(dyn Fn(&Snapshot) + Send + Sync),
    ) -> Result<PublishedSet, PublishError> {
        let turn = self.turn().await?;
        self.publish_as(Some(naming), Task { wanted, lacking: false, served: &[], progress }, turn).await
    }

    async fn publish_as(
        &self,
        naming: Option<&Naming>,
        task: Task<'_>,
        turn: Option<Turn>,
    ) -> Result<PublishedSet, PublishError> {
        let span = Span::first("publish");
        let published = span.during(pin!(self.run(naming, task, turn))).await;
        match &published {
            Ok(published) => span.note("plantiles.layers", || published.exports.len() as i64),
            Err(_) => span.fail(),
        }
        published
    }

    async fn run(
        &self,
        naming: Option<&Naming>,
        task: Task<'_>,
        turn: Option<Turn>,
    ) -> Result<PublishedSet, PublishError> {
        let publication = begin(&self.store).await?;
        let open: Vec<_> = task.served.iter().map(|layer| Arc::clone(layer.snapshot())).collect();
        let before = self.current()?;
        let previous = before.clone().map(|set| self.open_set(set, &open).snapshots).unwrap_or_default();
        let mut run = Run {
            store: &self.store,
            rules: &self.tiles.rules,
            memory: self.tiles.most_memory(),
            publication,
            previous,
            known: before.as_ref().map(|set| set.marks.clone()).unwrap_or_default(),
            task,
            found: Marks::new(),
            exported: None,
            ids: Vec::new(),
            snapshots: Vec::new(),
            failures: Vec::new(),
            prepared: Vec::new(),
            exports: Vec::new(),
        };
        match &self.source {
            Source::Bundled => run.export_bundle()?,
            Source::Database { database, standby, tables, .. } => {
                run.export_database(database, standby.as_deref(), tables).await?;
            }
        }
        let published = run.commit(naming, self.origin())?;
        if let Some(turn) = turn
            && let Err(error) = turn.announce(published.set.digest()).await
        {
            tracing::debug!(
                error = chain(&error),
                "the others are not told of the publication: they find it by themselves"
            );
        }
        record::published(&self.audit, &self.who, before.as_ref(), &published);
        Ok(published)
    }

    /// The marks of all layers of the database now; of the bundled plan, which does not change, none.
    pub async fn marks(&self) -> Result<Marks, PublishError> {
        Ok(self.look_at_database(Wanted::All).await?.1)
    }

    /// The `wanted` layers of the database, and the marks of those that can be read.
    async fn look_at_database(&self, wanted: Wanted<'_>) -> Result<(Vec<LayerId>, Marks), PublishError> {
        let Source::Database { database, standby, tables, .. } = &self.source else {
            return Ok((vec![], Marks::new()));
        };
        let Reader { mut client, primary, .. } = Reader::of(database, standby.as_deref()).await?;
        let plan = database.limits().statements(postgis::layer_tables(&client)).await??;
        let plan = plan.into_iter().map(|source| (source.layer.id, source.table));
        let mapped = tables.iter().map(|mapping| (mapping.layer.clone(), mapping.table.clone()));
        let places: Vec<_> = plan.chain(mapped).filter(|(id, _)| wanted.has(id)).collect();
        let layers = places.iter().map(|(id, _)| id.clone()).collect();
        let marks = database.limits().export(postgis::marks(&mut client, places, &primary)).await??;
        Ok((layers, marks))
    }
}

/// The grid for which layers are prepared when they are published; for others when they are asked for.
pub fn served_grid() -> QuadGrid {
    QuadGrid::web_mercator()
}

/// Begins to write into the state directory, after whoever else is at it.
pub async fn begin(store: &Store) -> Result<Publication<'_>, StoreError> {
    let until = Instant::now() + LOCK_WAIT;
    loop {
        match block_in_place(|| store.begin()) {
            Err(StoreError::Locked) if Instant::now() < until => {
                tokio::time::sleep(LOCK_PAUSE).await;
            }
            begun => return begun,
        }
    }
}

/// The layer of `snapshot`, ready for cutting on [`served_grid`]; it must be able to follow its rules.
fn checked(
    store: &Store,
    rules: &BTreeMap<LayerId, Rules>,
    snapshot: Arc<Snapshot>,
    before: Option<&TileLayer>,
) -> Result<TileLayer, PrepareError> {
    rules.get(&snapshot.layer.id).map_or(Ok(()), |rules| rules.check(&snapshot.layer))?;
    prepare(store, rules, &served_grid(), snapshot, before)
}

/// The layer of `snapshot`, ready for cutting on `grid` after its rule among `rules`, from the file beside it or
/// made now; `before` is the layer that it replaces. What the rule says of columns that the layer does not have, as one of an older edition may not, is without effect.
pub fn prepare(
    store: &Store,
    rules: &BTreeMap<LayerId, Rules>,
    grid: &QuadGrid,
    snapshot: Arc<Snapshot>,
    before: Option<&TileLayer>,
) -> Result<TileLayer, PrepareError> {
    let rules = rules.get(&snapshot.layer.id).cloned().unwrap_or_default();
    let digest = TileLayer::digest(&snapshot.layer, snapshot.id, grid, &rules);
    let path = store.prepared(&snapshot.layer.id, snapshot.id, &grid.id, &digest);
    TileLayer::open(snapshot, grid, &rules, &path, before)
}

fn mapping(layer: &config::TableLayer) -> TableMapping {
    let table = Table {
        schema: layer.schema.clone(),
        name: layer.table.clone(),
        id: layer.id_column.clone(),
        geometry: layer.geometry_column.clone(),
    };
    TableMapping { layer: layer.id.clone(), table }
}
