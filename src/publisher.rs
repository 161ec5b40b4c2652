//! From the system of record to the state directory: export every layer, then name the new set in one step.

use crate::{
    bundle::{self, BundleError},
    config::{self, Config},
    plan::{Layer, LayerId},
    postgis::{self, Database, DatabaseError, LayerTable, Table, TableMapping},
    snapshot::{Origin, Snapshot, Store, StoreError},
};
use jiff::Timestamp;
use std::{error::Error, sync::Arc};

pub struct Publisher {
    store: Arc<Store>,
    source: Source,
}

/// The system of record.
enum Source {
    Bundled,
    Database { database: Database, tables: Vec<TableMapping> },
}

/// The layers of the state directory, in legend order.
pub struct PublishedSet {
    pub origin: Origin,
    pub layers: Vec<(Arc<Snapshot>, Timestamp)>,
    /// What could not be exported or opened, one text for each layer; such a layer is served as it was
    /// published before, or not at all.
    pub failures: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error("the state directory: {0}")]
    Store(#[from] StoreError),
    #[error("there is no layer {0}")]
    UnknownLayer(LayerId),
    #[error("the export was aborted")]
    Aborted,
}

impl Publisher {
    /// Takes the state directory for this process; an unreachable database is noticed later.
    pub fn open(config: &Config) -> Result<Self, PublishError> {
        let source = match &config.database.url {
            None => Source::Bundled,
            Some(url) => Source::Database {
                database: Database::new(&url.reveal().parse()?)?,
                tables: config.layers.iter().map(mapping).collect(),
            },
        };
        Ok(Self { store: Arc::new(Store::open(config.state_dir())?), source })
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

    /// The last published set, verified; `None` when there is none of this origin. A set of the other origin
    /// is another plan.
    pub fn resume(&self) -> Option<PublishedSet> {
        let loaded = self.store.load().filter(|loaded| loaded.origin == self.origin())?;
        let failures = loaded.damaged.iter().map(ToString::to_string).collect();
        Some(self.set(loaded.snapshots, failures))
    }

    /// Exports every layer, or `only` one of them, and publishes the result.
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
        let previous = self.resume().map(|set| set.layers).unwrap_or_default();
        let previous =
            |id: &LayerId| previous.iter().map(|(snapshot, _)| snapshot).find(|s| s.layer.id == *id).cloned();
        let mut snapshots = Vec::new();
        let mut failures = Vec::new();
        for job in self.jobs().await? {
            let id = job.id().clone();
            if only.is_some_and(|only| *only != id) {
                snapshots.extend(previous(&id));
                continue;
            }
            match self.run(job).await {
                Ok(snapshot) => {
                    progress(&snapshot);
                    snapshots.push(snapshot);
                }
                Err(error) => {
                    tracing::warn!(layer = %id, error = chain(&error), "the export failed");
                    failures.push(error.to_string());
                    snapshots.extend(previous(&id));
                }
            }
        }
        if let Some(only) = only
            && !snapshots.iter().any(|snapshot| snapshot.layer.id == *only)
        {
            return Err(PublishError::UnknownLayer(only.clone()));
        }
        self.store.publish(self.origin(), &snapshots)?;
        Ok(self.set(snapshots, failures))
    }

    async fn jobs(&self) -> Result<Vec<Job>, PublishError> {
        let Source::Database { database, tables } = &self.source else {
            return Ok(bundle::layers()?.into_iter().map(Job::Bundled).collect());
        };
        let client = database.client().await?;
        let mut layers = postgis::layer_tables(&client).await?;
        for mapping in tables {
            layers.push(postgis::describe(&client, mapping).await?);
        }
        Ok(layers.into_iter().map(|table| Job::Table(database.clone(), table)).collect())
    }

    async fn run(&self, job: Job) -> Result<Arc<Snapshot>, PublishError> {
        match job {
            Job::Table(database, table) => Ok(postgis::export(&database, &table, &self.store).await?),
            Job::Bundled(layer) => {
                let store = Arc::clone(&self.store);
                let export = tokio::task::spawn_blocking(move || bundle::export_layer(&store, &layer));
                Ok(export.await.map_err(|_| PublishError::Aborted)??)
            }
        }
    }

    fn set(&self, snapshots: Vec<Arc<Snapshot>>, failures: Vec<String>) -> PublishedSet {
        let current = self.store.current();
        let published_at = |snapshot: &Snapshot| {
            let version = current.as_ref().and_then(|set| set.version(&snapshot.layer.id));
            version.map_or_else(Timestamp::now, |version| version.published_at)
        };
        let layers =
            snapshots.into_iter().map(|snapshot| (Arc::clone(&snapshot), published_at(&snapshot))).collect();
        PublishedSet { origin: self.origin(), layers, failures }
    }
}

/// One layer to be exported.
enum Job {
    Bundled(Layer),
    Table(Database, LayerTable),
}

impl Job {
    fn id(&self) -> &LayerId {
        match self {
            Self::Bundled(layer) => &layer.id,
            Self::Table(_, table) => &table.layer.id,
        }
    }
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
