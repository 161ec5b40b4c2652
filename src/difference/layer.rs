//! The difference of two editions of one layer.

use super::{
    columns::{Columns, Side, is_same},
    matching::{MatchedBy, Matching, Pair},
};
use crate::{
    plan::{Field, FieldType, Layer, Text},
    snapshot::{Snapshot, SnapshotWriter, Value, WriteError},
};
use std::{borrow::Cow, path::Path, sync::Arc};

/// How [`LayerDifference::snapshot`] calls what changed, in its first column.
const ADDED: &str = "added";
const REMOVED: &str = "removed";
const CHANGED_FROM: &str = "changed_from";
const CHANGED_TO: &str = "changed_to";

/// What stands for the geometry among the names of changed columns.
pub const GEOMETRY: &str = "geometry";

/// What changed in a layer from one edition to another.
pub struct LayerDifference {
    /// The difference as a layer. Its rows are numbered from 1; its columns are `change` (`added`, `removed`,
    /// `changed_from` or `changed_to`), `changed` (the names of changed columns joined by commas), `feature_id` (the id in
    /// its edition) and then those of both editions.
    pub snapshot: Arc<Snapshot>,
    /// `None` where nothing had to be matched.
    pub matched_by: Option<MatchedBy>,
    pub counts: Counts,
    /// By code or id.
    pub changes: Vec<Change>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub added: usize,
    pub removed: usize,
    pub changed: usize,
    pub unchanged: usize,
}

/// One change: positions in [`LayerDifference::snapshot`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Added(u32),
    Removed(u32),
    Changed { from: u32, to: u32 },
}

/// The columns in front of those of the layer.
pub const OWN_COLUMNS: usize = 3;

impl LayerDifference {
    /// What changed from `old` to `new`, either of which may have no such layer; `layer` is the newest description.
    /// The snapshot is a file without a name in `directory`. Takes time and memory (about 100 bytes a feature) in
    /// proportion to the features of both.
    ///
    /// Where the kind of geometry changed everything is removed and added, and the snapshot has what was added.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn between(
        layer: &Layer,
        old: Option<&Snapshot>,
        new: Option<&Snapshot>,
        directory: &Path,
    ) -> Result<Self, WriteError> {
        let mut counts = Counts::default();
        let (old, new) = match (old, new) {
            (Some(old), Some(new)) if old.id == new.id => {
                counts.unchanged = new.feature_count();
                (None, None)
            }
            (Some(old), Some(new)) if old.layer.geometry != new.layer.geometry => {
                counts.removed = old.feature_count();
                (None, Some(new))
            }
            sides => sides,
        };
        // A layer that is in one edition only has the columns of that one.
        let fields = |one: Option<&Snapshot>, other: Option<&Snapshot>| {
            one.or(other).map_or_else(|| layer.fields.clone(), |snapshot| snapshot.layer.fields.clone())
        };
        let own = own_columns();
        let columns = Columns::of(&fields(old, new), &fields(new, old), &own);
        let matching = Matching::of(old, new);
        Comparison { old, new, columns, matching, own }.write(layer, counts, directory)
    }
}

/// Two editions with what belongs together.
struct Comparison<'a> {
    old: Option<&'a Snapshot>,
    new: Option<&'a Snapshot>,
    columns: Columns,
    matching: Matching<'a>,
    own: [Field; OWN_COLUMNS],
}

impl Comparison<'_> {
    /// Writes what changed; it is added to `counts`.
    fn write(
        &self,
        layer: &Layer,
        mut counts: Counts,
        directory: &Path,
    ) -> Result<LayerDifference, WriteError> {
        let mut pairs = self.matching.pairs();
        pairs.retain(|pair| match pair {
            Pair::Added(_) | Pair::Removed(_) => true,
            Pair::Both(old, new) => {
                let same = self.is_unchanged(*old, *new);
                counts.unchanged += usize::from(same);
                !same
            }
        });
        pairs.sort_by_cached_key(|pair| self.matching.key(*pair));
        let fields = self.own.iter().chain(&self.columns.fields).cloned().collect();
        let described = Layer { fields, ..layer.clone() };
        let mut rows = Rows { writer: SnapshotWriter::create(directory, &described)?, count: 0 };
        let mut changes = vec![];
        for pair in pairs {
            changes.push(self.append(pair, &mut rows)?);
        }
        let snapshot = rows.writer.finish_unnamed()?;
        place(&mut changes, &snapshot);
        for change in &changes {
            match change {
                Change::Added(_) => counts.added += 1,
                Change::Removed(_) => counts.removed += 1,
                Change::Changed { .. } => counts.changed += 1,
            }
        }
        let matched_by = self.old.and(self.new).map(|_| self.matching.by);
        Ok(LayerDifference { snapshot, matched_by, counts, changes })
    }

    fn is_unchanged(&self, old: u32, new: u32) -> bool {
        let (Some(was), Some(is)) = (self.old, self.new) else { return false };
        let same_bytes = || was.feature_bytes(old as usize) == is.feature_bytes(new as usize);
        (self.columns.are_alike && same_bytes()) || self.changed(old, new).is_empty()
    }

    /// The names of what changed.
    fn changed(&self, old: u32, new: u32) -> Vec<&str> {
        let (Some(was), Some(is)) = (self.old, self.new) else { return vec![] };
        let rows =
            self.columns.row(Side::Old, was, old).into_iter().zip(self.columns.row(Side::New, is, new));
        let columns = self.columns.fields.iter().zip(rows);
        let changed = columns.filter(|(_, (old, new))| !is_same(old, new));
        let mut names: Vec<_> = changed.map(|(field, _)| field.name.as_str()).collect();
        if was.geometry(old as usize) != is.geometry(new as usize) {
            names.push(GEOMETRY);
        }
        names
    }

    /// Gives the change with ids in place of positions.
    fn append(&self, pair: Pair, rows: &mut Rows) -> Result<Change, WriteError> {
        let mut row = |change, changed: Option<&str>, feature_id, side, position| {
            let snapshot = if side == Side::Old { self.old } else { self.new };
            // A pair is of snapshots that are there.
            let Some(snapshot) = snapshot else { return Ok(0) };
            let own = [
                Value::Text(Cow::Borrowed(change)),
                changed.map_or(Value::Null, |names| Value::Text(Cow::Borrowed(names))),
                Value::Integer(feature_id),
            ];
            let values: Vec<_> = own.into_iter().chain(self.columns.row(side, snapshot, position)).collect();
            rows.append(&values, snapshot, position)
        };
        let id = |snapshot: Option<&Snapshot>, position: u32| {
            snapshot.map_or(0, |snapshot| snapshot.row(position as usize).id())
        };
        Ok(match pair {
            Pair::Added(new) => Change::Added(row(ADDED, None, id(self.new, new), Side::New, new)?),
            Pair::Removed(old) => Change::Removed(row(REMOVED, None, id(self.old, old), Side::Old, old)?),
            Pair::Both(old, new) => {
                let (changed, id) = (self.changed(old, new).join(","), id(self.new, new));
                let from = row(CHANGED_FROM, Some(&changed), id, Side::Old, old)?;
                Change::Changed { from, to: row(CHANGED_TO, Some(&changed), id, Side::New, new)? }
            }
        })
    }
}

/// The rows of a difference on their way into its snapshot.
struct Rows {
    writer: SnapshotWriter,
    count: u32,
}

impl Rows {
    /// Gives the id of the row.
    fn append(&mut self, values: &[Value], snapshot: &Snapshot, position: u32) -> Result<u32, WriteError> {
        self.count += 1;
        self.writer.append(self.count.into(), values, snapshot.geometry(position as usize))?;
        Ok(self.count)
    }
}

fn own_columns() -> [Field; OWN_COLUMNS] {
    let field = |name: &str, kind, zh: &str, en: &str| Field {
        name: name.into(),
        kind,
        title: Text { zh: zh.into(), en: en.into() },
    };
    [
        field("change", FieldType::Text, "变化", "Change"),
        field("changed", FieldType::Text, "变化的内容", "What changed"),
        field("feature_id", FieldType::Integer, "要素标识", "Id of the feature"),
    ]
}

/// Replaces the ids in `changes` by positions in `snapshot`.
fn place(changes: &mut [Change], snapshot: &Snapshot) {
    let mut positions = vec![0; snapshot.feature_count()];
    for position in 0..snapshot.feature_count() {
        // Ids count from 1.
        positions[snapshot.row(position).id() as usize - 1] = position as u32;
    }
    let position = |id: &mut u32| *id = positions[*id as usize - 1];
    for change in changes {
        match change {
            Change::Added(id) | Change::Removed(id) => position(id),
            Change::Changed { from, to } => {
                position(from);
                position(to);
            }
        }
    }
}
