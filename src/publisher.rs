//! From the system of record to the state directory: export every layer, then name the new set in one step.

use crate::{
    bundle::{self, BundleError},
    config::{self, Config},
    plan::{Layer, LayerId},
    postgis::{self, Database, DatabaseError, LayerTable, Table, TableMapping},
    snapshot::{CurrentSet, Origin, Publication, Snapshot, Store, StoreError},
};
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
    Bundle(#[from] BundleError),
    #[error("the state directory: {0}")]
    Store(#[from] StoreError),
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
        Ok(Self { store, source })
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
        let jobs = self.jobs().await?;
        if let Some(only) = only.filter(|only| !jobs.iter().any(|job| job.id() == *only)) {
            return Err(PublishError::UnknownLayer(only.clone()));
        }
        let publication = self.store.begin()?;
        let previous = self.current()?.map(|set| self.open_set(set).snapshots).unwrap_or_default();
        let mut snapshots = Vec::new();
        let mut failures = Vec::new();
        for job in jobs {
            let id = job.id().clone();
            let previous = previous.iter().find(|snapshot| snapshot.layer.id == id).cloned();
            if only.is_some_and(|only| *only != id) {
                snapshots.extend(previous);
                continue;
            }
            match job.run(&publication).await {
                Ok(snapshot) => {
                    progress(&snapshot);
                    snapshots.push(snapshot);
                }
                Err(error) => {
                    tracing::warn!(layer = %id, error = chain(&error), "the export failed");
                    failures.push(error.to_string());
                    snapshots.extend(previous);
                }
            }
        }
        let set = publication.commit(self.origin(), &snapshots)?;
        Ok(PublishedSet { set, snapshots, failures })
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

    async fn run(self, publication: &Publication<'_>) -> Result<Arc<Snapshot>, PublishError> {
        match self {
            Self::Bundled(layer) => Ok(tokio::task::block_in_place(|| bundle::export(publication, &layer))?),
            Self::Table(database, table) => Ok(postgis::export(&database, &table, publication).await?),
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
