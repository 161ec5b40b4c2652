//! From the system of record to the state directory: export every layer, then name the new set in one step.

mod bundled;

pub use bundled::{BundledExportError, export_bundled};

use crate::{
    bundle,
    config::{self, Config},
    grid::TileMatrixSet,
    plan::{Layer, LayerId, RuleError, Rules, check_rules},
    postgis::{self, Database, DatabaseError, LayerTable, Table, TableMapping},
    snapshot::{CurrentSet, Origin, Publication, Snapshot, Store, StoreError},
    tile::{PrepareError, TileLayer},
};
use deadpool_postgres::Transaction;
use std::{collections::BTreeMap, error::Error, sync::Arc};

pub struct Publisher {
    store: Arc<Store>,
    source: Source,
    tiles: config::Tiles,
}

/// The system of record.
enum Source {
    Bundled,
    Database { database: Database, tables: Vec<TableMapping> },
}

/// The layers of the state directory, in legend order, opened.
pub struct PublishedSet {
    pub set: CurrentSet,
    pub snapshots: Vec<Arc<Snapshot>>,
    /// What could not be exported or opened, one text for each layer; such a layer is served as it was
    /// published before, or not at all.
    pub failures: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Bundled(#[from] BundledExportError),
    #[error("the state directory: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    #[error("the configuration: {0}")]
    Rule(#[from] RuleError),
    #[error("there is no layer {0}")]
    UnknownLayer(LayerId),
}

impl Publisher {
    /// An unreachable database is noticed later.
    pub fn new(config: &Config, store: Arc<Store>) -> Result<Self, PublishError> {
        let source = match &config.database.url {
            None => Source::Bundled,
            Some(url) => Source::Database {
                database: Database::new(&url.reveal().parse()?)?,
                tables: config.layers.iter().map(mapping).collect(),
            },
        };
        Ok(Self { store, source, tiles: config.tiles.clone() })
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

    /// What is published now; `None` when there is nothing of this origin. A set of the other origin is another
    /// plan.
    pub fn current(&self) -> Result<Option<CurrentSet>, PublishError> {
        Ok(self.store.current()?.filter(|set| set.origin == self.origin()))
    }

    /// The snapshots of `set`, verified.
    pub fn open_set(&self, set: CurrentSet) -> PublishedSet {
        let loaded = self.store.load(&set);
        let failures = loaded.damaged.iter().map(ToString::to_string).collect();
        PublishedSet { set, snapshots: loaded.snapshots, failures }
    }

    /// The layer of `snapshot`, ready for cutting, from the file beside it or made now.
    pub fn tiles(&self, snapshot: Arc<Snapshot>) -> Result<TileLayer, PrepareError> {
        tiles(&self.store, &self.tiles.rules, snapshot)
    }

    /// Most bytes of a tile before compression.
    pub fn max_tile(&self) -> usize {
        self.tiles.max_tile()
    }

    /// Checks that the layers can be described and can follow the rules that the configuration has for them;
    /// gives their number.
    pub async fn check(&self) -> Result<usize, PublishError> {
        match &self.source {
            Source::Bundled => {
                let layers = bundle::layers().map_err(BundledExportError::from)?;
                check_rules(&self.tiles.rules, &described(&layers))?;
                Ok(layers.len())
            }
            Source::Database { database, tables } => {
                let mut client = database.client().await?;
                let mut state = postgis::begin_export(&mut client).await?;
                let layers = layer_tables(&mut state, tables, &self.tiles.rules).await?;
                let count = layers.len();
                layers.into_iter().try_for_each(|(_, table)| table.map(drop))?;
                Ok(count)
            }
        }
    }

    /// Exports every layer, or `only` one of them, prepares it for tiles and publishes the result. The layers of a
    /// database are all read at the same instant.
    ///
    /// `progress` is told each layer that is done. A layer whose export fails stays as it was, and the set says
    /// why.
    ///
    /// # Errors
    /// When nothing was published: the database cannot be read at all, or the state directory not written.
    pub async fn publish(
        &self,
        only: Option<&LayerId>,
        progress: &(dyn Fn(&Snapshot) + Send + Sync),
    ) -> Result<PublishedSet, PublishError> {
        let mut run = Run {
            store: &self.store,
            rules: &self.tiles.rules,
            publication: self.store.begin()?,
            previous: self.current()?.map(|set| self.open_set(set).snapshots).unwrap_or_default(),
            only,
            progress,
            ids: Vec::new(),
            snapshots: Vec::new(),
            failures: Vec::new(),
        };
        match &self.source {
            Source::Bundled => run.export_bundle()?,
            Source::Database { database, tables } => run.export_database(database, tables).await?,
        }
        run.commit(self.origin())
    }
}

/// One publication under way.
struct Run<'a> {
    store: &'a Store,
    rules: &'a BTreeMap<LayerId, Rules>,
    publication: Publication<'a>,
    /// What is published now, for layers that are not exported anew.
    previous: Vec<Arc<Snapshot>>,
    only: Option<&'a LayerId>,
    progress: &'a (dyn Fn(&Snapshot) + Send + Sync),
    /// Every layer met, exported or not.
    ids: Vec<LayerId>,
    snapshots: Vec<Arc<Snapshot>>,
    failures: Vec<String>,
}

impl Run<'_> {
    fn export_bundle(&mut self) -> Result<(), PublishError> {
        let layers = bundle::layers().map_err(BundledExportError::from)?;
        check_rules(self.rules, &described(&layers))?;
        for layer in layers {
            let export = || Ok(tokio::task::block_in_place(|| export_bundled(&self.publication, &layer))?);
            let exported = self.wants(&layer.id).then(export);
            self.record(layer.id, exported);
        }
        Ok(())
    }

    async fn export_database(
        &mut self,
        database: &Database,
        tables: &[TableMapping],
    ) -> Result<(), PublishError> {
        let mut client = database.client().await?;
        let mut state = postgis::begin_export(&mut client).await?;
        for (id, table) in layer_tables(&mut state, tables, self.rules).await? {
            let exported = match table {
                _ if !self.wants(&id) => None,
                Err(error) => Some(Err(error.into())),
                Ok(table) => {
                    let exported = postgis::export(&mut state, &table, &self.publication).await;
                    Some(exported.map_err(PublishError::from))
                }
            };
            self.record(id, exported);
        }
        Ok(())
    }

    fn wants(&self, id: &LayerId) -> bool {
        self.only.is_none_or(|only| only == id)
    }

    /// Takes the new snapshot of a layer, or the published one where there is none.
    fn record(&mut self, id: LayerId, exported: Option<Result<Arc<Snapshot>, PublishError>>) {
        let previous = self.previous.iter().find(|snapshot| snapshot.layer.id == id).cloned();
        let exported = exported.map(|exported| exported.and_then(|snapshot| self.prepare(snapshot)));
        let snapshot = match exported {
            None => previous,
            Some(Ok(snapshot)) => {
                (self.progress)(&snapshot);
                Some(snapshot)
            }
            Some(Err(error)) => {
                tracing::warn!(layer = %id, error = chain(&error), "the export failed");
                self.failures.push(error.to_string());
                previous
            }
        };
        self.snapshots.extend(snapshot);
        self.ids.push(id);
    }

    /// Prepares a new snapshot for tiles before anybody serves it, so that whoever does only opens the file.
    fn prepare(&self, snapshot: Arc<Snapshot>) -> Result<Arc<Snapshot>, PublishError> {
        tokio::task::block_in_place(|| tiles(self.store, self.rules, Arc::clone(&snapshot)))?;
        Ok(snapshot)
    }

    fn commit(self, origin: Origin) -> Result<PublishedSet, PublishError> {
        if let Some(only) = self.only.filter(|only| !self.ids.contains(only)) {
            return Err(PublishError::UnknownLayer(only.clone()));
        }
        let set = self.publication.commit(origin, &self.snapshots)?;
        Ok(PublishedSet { set, snapshots: self.snapshots, failures: self.failures })
    }
}

fn tiles(
    store: &Store,
    rules: &BTreeMap<LayerId, Rules>,
    snapshot: Arc<Snapshot>,
) -> Result<TileLayer, PrepareError> {
    let grid = TileMatrixSet::web_mercator_quad();
    let path = store.derived_path(&snapshot.layer.id, snapshot.id, &format!("{}.tiles", grid.id));
    let rules = rules.get(&snapshot.layer.id).cloned().unwrap_or_default();
    TileLayer::open(snapshot, &grid, &rules, &path)
}

/// The layers of a database with their tables, or why a table cannot be a layer.
async fn layer_tables(
    state: &mut Transaction<'_>,
    tables: &[TableMapping],
    rules: &BTreeMap<LayerId, Rules>,
) -> Result<Vec<(LayerId, Result<LayerTable, DatabaseError>)>, PublishError> {
    let plan = postgis::layer_tables(state).await?.into_iter();
    let mut layers: Vec<_> = plan.map(|table| (table.layer.id.clone(), Ok(table))).collect();
    for mapping in tables {
        layers.push((mapping.layer.clone(), postgis::describe(state, mapping).await));
    }
    let described =
        layers.iter().map(|(id, table)| (id.clone(), table.as_ref().ok().map(|table| &table.layer)));
    check_rules(rules, &described.collect::<Vec<_>>())?;
    Ok(layers)
}

fn described(layers: &[Layer]) -> Vec<(LayerId, Option<&Layer>)> {
    layers.iter().map(|layer| (layer.id.clone(), Some(layer))).collect()
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

/// An error with its causes, for the log: what the client of the server never sees.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}
