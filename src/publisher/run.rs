//! One publication: layer by layer, then the set as a whole.

use super::{BundledExportError, Export, PublishError, PublishedSet, Task, Wanted, checked, export_bundled};
use crate::{
    bundle,
    causes::chain,
    plan::{Layer, LayerId, Rules, check_rules},
    postgis::{self, Database, DatabaseError, LayerTable, Reader, Standby, Table, TableMapping},
    snapshot::{Exported, Marks, Naming, Origin, Publication, Snapshot, SnapshotId, Store},
    telemetry::Span,
    tile::TileLayer,
};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use std::{collections::BTreeMap, pin::pin, sync::Arc, time::Instant};
use tokio::task::block_in_place;

/// One publication under way.
pub(super) struct Run<'a> {
    pub(super) store: &'a Store,
    pub(super) rules: &'a BTreeMap<LayerId, Rules>,
    /// MiB that preparing a layer may take.
    pub(super) memory: u64,
    pub(super) publication: Publication<'a>,
    /// What is published now, for layers that are not exported anew.
    pub(super) previous: Vec<Arc<Snapshot>>,
    /// And what the database had of it.
    pub(super) known: Marks,
    pub(super) task: Task<'a>,
    /// What the database has of the layers that are wanted.
    pub(super) found: Marks,
    pub(super) exported: Option<Exported>,
    /// Every layer met, exported or not.
    pub(super) ids: Vec<LayerId>,
    pub(super) snapshots: Vec<Arc<Snapshot>>,
    pub(super) failures: Vec<String>,
    pub(super) prepared: Vec<TileLayer>,
    pub(super) exports: Vec<Export>,
}

impl Run<'_> {
    pub(super) fn export_bundle(&mut self) -> Result<(), PublishError> {
        let layers = bundle::layers().map_err(BundledExportError::from)?;
        check_rules(self.rules, &described(&layers))?;
        for layer in layers {
            let start = Instant::now();
            let export = || {
                let span = exporting(&layer.id);
                let _within = span.enter();
                Ok(block_in_place(|| export_bundled(&self.publication, &layer))?)
            };
            let exported = self.task.wanted.has(&layer.id).then(export);
            self.record(layer.id, start, exported);
        }
        Ok(())
    }

    pub(super) async fn export_database(
        &mut self,
        database: &Database,
        standby: Option<&Standby>,
        tables: &[TableMapping],
    ) -> Result<(), PublishError> {
        let limits = database.limits();
        let Reader { mut client, position, primary } = Reader::of(database, standby).await?;
        self.exported = Some(Exported { at: Timestamp::now(), position });
        let mut state = limits.statements(postgis::begin_export(&mut client)).await??;
        let layers = limits.statements(layer_tables(&mut state, tables, self.rules)).await??;
        let places = self.places(&layers, tables);
        self.found = limits.export(postgis::marks(&mut state, places, &primary)).await??;
        for (id, table) in layers {
            let start = Instant::now();
            let exported = match table {
                _ if !self.task.wanted.has(&id) || self.is_covered(&id) => None,
                Err(error) => Some(Err(error.into())),
                Ok(table) => {
                    let span = exporting(&id);
                    let exported = limits.export(postgis::export(&mut state, &table, &self.publication));
                    match span.during(pin!(exported)).await? {
                        // No other layer can be read either.
                        Err(error) if error.is_disconnection() => return Err(error.into()),
                        exported => Some(exported.map_err(PublishError::from)),
                    }
                }
            };
            self.record(id, start, exported);
        }
        Ok(())
    }

    /// Whether the layer is not to be exported, as it is published as it is.
    fn is_covered(&self, id: &LayerId) -> bool {
        let marks = self.known.get(id).zip(self.found.get(id));
        let is_open = self.previous.iter().any(|snapshot| snapshot.layer.id == *id);
        self.task.lacking && is_open && marks.is_some_and(|(known, found)| known.covers(found))
    }

    /// Where the wanted layers are, also those that cannot be described.
    fn places(&self, layers: &[DescribedTable], tables: &[TableMapping]) -> Vec<(LayerId, Table)> {
        let mapped = |id: &LayerId| tables.iter().find(|mapping| mapping.layer == *id);
        let place = |(id, table): &DescribedTable| {
            let table = table.as_ref().ok().map(|source| &source.table);
            Some((id.clone(), table.or(mapped(id).map(|mapping| &mapping.table))?.clone()))
        };
        layers.iter().filter(|(id, _)| self.task.wanted.has(id)).filter_map(place).collect()
    }

    /// Takes the new snapshot of a layer, whose export began at `start`, or the published one where there is
    /// none.
    fn record(&mut self, id: LayerId, start: Instant, exported: Option<Result<Arc<Snapshot>, PublishError>>) {
        let previous = self.previous.iter().find(|snapshot| snapshot.layer.id == id).cloned();
        let served = previous.as_ref().map(|snapshot| snapshot.id);
        let exported = exported.map(|exported| exported.and_then(|snapshot| self.prepare(snapshot, served)));
        let snapshot = match exported {
            None => previous,
            Some(exported) => {
                let error = exported.as_ref().err().map(ToString::to_string);
                let (layer, seconds) = (id.clone(), start.elapsed().as_secs_f64());
                self.exports.push(Export { layer, at: Timestamp::now(), seconds, error });
                self.take(&id, exported).or(previous)
            }
        };
        self.snapshots.extend(snapshot);
        self.ids.push(id);
    }

    /// Prepares a new snapshot for tiles before anybody serves it, so that whoever does only opens the file.
    fn prepare(
        &mut self,
        snapshot: Arc<Snapshot>,
        served: Option<SnapshotId>,
    ) -> Result<Arc<Snapshot>, PublishError> {
        if served != Some(snapshot.id) {
            let before = self.task.served.iter().find(|layer| layer.snapshot().layer.id == snapshot.layer.id);
            let prepare = || {
                let span = Span::part("prepare");
                span.note(LAYER, || snapshot.layer.id.to_string());
                let _within = span.enter();
                TileLayer::check_memory(&snapshot, self.memory)?;
                checked(self.store, self.rules, Arc::clone(&snapshot), before.copied())
            };
            self.prepared.push(block_in_place(prepare)?);
        }
        Ok(snapshot)
    }

    fn take(&mut self, id: &LayerId, exported: Result<Arc<Snapshot>, PublishError>) -> Option<Arc<Snapshot>> {
        match exported {
            Ok(snapshot) => {
                (self.task.progress)(&snapshot);
                Some(snapshot)
            }
            Err(error) => {
                tracing::warn!(layer = %id, error = chain(&error), "the export failed");
                self.failures.push(error.to_string());
                None
            }
        }
    }

    /// Publishes what was exported, and names it when it is whole.
    pub(super) fn commit(
        mut self,
        naming: Option<&Naming>,
        origin: Origin,
    ) -> Result<PublishedSet, PublishError> {
        if let Wanted::One(one) = self.task.wanted
            && !self.ids.contains(one)
        {
            return Err(PublishError::UnknownLayer(one.clone()));
        }
        if naming.is_some() {
            self.failures.extend(self.missing());
        }
        let marks = self.marks();
        self.publication = self.publication.exported(marks, self.exported.take());
        let (set, revision) = match naming.filter(|_| self.failures.is_empty()) {
            None => (block_in_place(|| self.publication.commit(origin, &self.snapshots))?, None),
            Some(naming) => {
                let commit = || self.publication.commit_revision(origin, &self.snapshots, naming);
                let (set, revision) = block_in_place(commit)?;
                (set, Some(revision))
            }
        };
        let Self { ids: layers, snapshots, failures, prepared, exports, .. } = self;
        Ok(PublishedSet { set, snapshots, failures, revision, prepared, layers, exports })
    }

    /// What the database had of each layer that there is, when it was exported; what could not be is to be tried again.
    fn marks(&self) -> Marks {
        let mark = |id: &LayerId| match self.exports.iter().find(|export| export.layer == *id) {
            None => self.known.get(id),
            Some(export) => self.found.get(id).filter(|_| export.error.is_none()),
        };
        let layers = self.snapshots.iter().map(|snapshot| &snapshot.layer.id);
        layers.filter_map(|id| Some((id.clone(), mark(id)?.clone()))).collect()
    }

    /// Layers that were not to be exported, and of which nothing is published that could be read.
    fn missing(&self) -> Vec<String> {
        let published = |id: &LayerId| self.snapshots.iter().any(|snapshot| snapshot.layer.id == *id);
        let missing = self.ids.iter().filter(|id| !self.task.wanted.has(id) && !published(id));
        missing.map(|id| format!("layer {id}: nothing of it is published")).collect()
    }
}

/// What spans of a publication call a layer.
const LAYER: &str = "plantiles.layer";

fn exporting(layer: &LayerId) -> Span {
    let span = Span::part("export");
    span.note(LAYER, || layer.to_string());
    span
}

/// A layer of a database with its table, or why the table cannot be a layer.
pub(super) type DescribedTable = (LayerId, Result<LayerTable, DatabaseError>);

pub(super) async fn layer_tables(
    state: &mut Transaction<'_>,
    tables: &[TableMapping],
    rules: &BTreeMap<LayerId, Rules>,
) -> Result<Vec<DescribedTable>, PublishError> {
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

pub(super) fn described(layers: &[Layer]) -> Vec<(LayerId, Option<&Layer>)> {
    layers.iter().map(|layer| (layer.id.clone(), Some(layer))).collect()
}
