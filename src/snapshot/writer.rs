//! Writing a snapshot: rows in, a verified and named file out.
//!
//! Features wait in an unnamed temporary file beside the destination (`/tmp` may be memory) until their
//! Hilbert order is known; memory holds about 100 bytes a feature and one feature at a time. The finished
//! file is written beside its destination too, synced, read back and verified, and only then given its name.

use super::{
    Snapshot, SnapshotError, SnapshotId, Value, feature_encoder::FeatureEncoder, file::MAGIC, header,
};
use crate::plan::{Layer, LayerId};
use flatgeobuf::packed_r_tree::{NodeItem, PackedRTree, calc_extent, hilbert_sort};
use geozero::GeozeroGeometry;
use sha2::{Digest, Sha256};
use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, BufWriter, Write},
    ops::Range,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What temporary files of unfinished snapshots are called; the next [`Publication`](super::Publication) removes them.
pub(super) const UNFINISHED_SUFFIX: &str = ".unfinished";

/// Writes one snapshot of one layer.
///
/// The same rows give the same bytes: rows come ordered by id, the file is in Hilbert order with ties by
/// id, and nothing in it depends on the clock or the machine.
pub struct SnapshotWriter {
    directory: PathBuf,
    layer: Layer,
    encoder: FeatureEncoder,
    /// Features in the order of their ids.
    features: BufWriter<File>,
    /// The box of each feature; `offset` is its number.
    nodes: Vec<NodeItem>,
    /// Where each feature ends in `features`.
    ends: Vec<u64>,
    last_id: Option<i64>,
    poisoned: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("layer {layer}: {cause}")]
    Io { layer: LayerId, cause: io::Error },
    #[error("layer {layer}, row {id}: {reason}")]
    Row { layer: LayerId, id: i64, reason: String },
    #[error("layer {layer}: an earlier row failed, so the snapshot cannot be finished")]
    Poisoned { layer: LayerId },
    #[error("layer {layer}: two columns are called `{name}`")]
    SameName { layer: LayerId, name: String },
    #[error("layer {layer}: the written file does not verify: {cause}")]
    Unverified { layer: LayerId, cause: SnapshotError },
}

impl SnapshotWriter {
    /// Starts a snapshot of `layer` that will be named `{directory}/{id}.fgb`; `directory` must exist.
    ///
    /// # Errors
    /// When two columns have one name, `id` included, or the directory cannot be written.
    pub fn create(directory: &Path, layer: &Layer) -> Result<Self, WriteError> {
        let mut names = HashSet::from([header::ID_COLUMN]);
        if let Some(field) = layer.fields.iter().find(|field| !names.insert(&field.name)) {
            return Err(WriteError::SameName { layer: layer.id.clone(), name: field.name.clone() });
        }
        let features = tempfile::tempfile_in(directory)
            .map_err(|cause| WriteError::Io { layer: layer.id.clone(), cause })?;
        Ok(Self {
            directory: directory.to_owned(),
            layer: layer.clone(),
            encoder: FeatureEncoder::new(layer.geometry),
            features: BufWriter::new(features),
            nodes: Vec::new(),
            ends: Vec::new(),
            last_id: None,
            poisoned: false,
        })
    }

    /// Adds a row: its key, one value per field of the layer in order, its geometry in EPSG:4490 with x =
    /// longitude and y = latitude in degrees. Single polygons and lines become Multi geometries.
    ///
    /// # Errors
    /// When ids do not ascend, a value is of another type than its field, or the geometry is empty, not
    /// finite or of another kind than the layer's. The writer is unusable after any error.
    pub fn append(
        &mut self,
        id: i64,
        values: &[Value<'_>],
        geometry: impl GeozeroGeometry,
    ) -> Result<(), WriteError> {
        if self.poisoned {
            return Err(WriteError::Poisoned { layer: self.layer.id.clone() });
        }
        // A file that lacks a row is not the layer.
        self.poisoned = true;
        self.add(id, values, &geometry).map_err(|reason| WriteError::Row {
            layer: self.layer.id.clone(),
            id,
            reason,
        })?;
        self.poisoned = false;
        Ok(())
    }

    fn add(&mut self, id: i64, values: &[Value<'_>], geometry: &impl GeozeroGeometry) -> Result<(), String> {
        if self.last_id.is_some_and(|last| last >= id) {
            return Err("ids must be unique and ascend".into());
        }
        if id < 0 {
            return Err("the id is negative, which a vector tile cannot carry".into());
        }
        self.check_values(values)?;
        let (bytes, bounds) = self.encoder.encode(id, values, geometry)?;
        self.features.write_all(bytes).map_err(|error| error.to_string())?;
        self.ends.push(self.ends.last().unwrap_or(&0) + bytes.len() as u64);
        self.nodes.push(NodeItem { offset: self.nodes.len() as u64, ..bounds });
        self.last_id = Some(id);
        Ok(())
    }

    fn check_values(&self, values: &[Value<'_>]) -> Result<(), String> {
        let fields = &self.layer.fields;
        if values.len() != fields.len() {
            return Err(format!("{} values for {} fields", values.len(), fields.len()));
        }
        for (field, value) in fields.iter().zip(values) {
            if value.kind().is_some_and(|kind| kind != field.kind) {
                return Err(format!("field `{}` does not hold {value:?}", field.name));
            }
        }
        Ok(())
    }

    /// Writes, syncs, verifies and names the file. It is then complete under its name even after a crash.
    pub fn finish(mut self) -> Result<Arc<Snapshot>, WriteError> {
        let layer = self.layer.id.clone();
        if self.poisoned {
            return Err(WriteError::Poisoned { layer });
        }
        let io_error = |cause| WriteError::Io { layer: layer.clone(), cause };
        let mut unfinished = tempfile::Builder::new()
            .suffix(UNFINISHED_SUFFIX)
            // Downloads may be served by another user's web server, and the content is public anyway.
            .permissions(public_file())
            .tempfile_in(&self.directory)
            .map_err(io_error)?;
        let mut out = BufWriter::new(HashingWriter { out: unfinished.as_file_mut(), digest: Sha256::new() });
        self.write(&mut out).map_err(io_error)?;
        let written = out.into_inner().map_err(|error| io_error(error.into_error()))?;
        let id = SnapshotId::from_digest(written.digest);
        unfinished.as_file().sync_all().map_err(io_error)?;
        let unverified = |cause| WriteError::Unverified { layer: layer.clone(), cause };
        let snapshot = Snapshot::open(unfinished.path(), id).map_err(unverified)?;
        let path = self.directory.join(file_name(id));
        unfinished.persist(path).map_err(|error| io_error(error.error))?;
        sync_directory(&self.directory).map_err(io_error)?;
        Ok(snapshot)
    }

    /// Magic, header, index, then the features in Hilbert order.
    fn write(&mut self, out: &mut impl Write) -> io::Result<()> {
        let extent = calc_extent(&self.nodes);
        out.write_all(&MAGIC)?;
        out.write_all(&header::encode(&self.layer, self.nodes.len() as u64, &extent)?)?;
        if self.nodes.is_empty() {
            return Ok(());
        }
        // Stable, so that equal places on the curve keep the order of their ids.
        hilbert_sort(&mut self.nodes, &extent);
        let order: Vec<u64> = self.nodes.iter().map(|node| node.offset).collect();
        let mut offset = 0;
        for node in &mut self.nodes {
            let feature = feature_range(&self.ends, node.offset);
            node.offset = offset;
            offset += feature.end - feature.start;
        }
        let index = PackedRTree::build(&self.nodes, &extent, PackedRTree::DEFAULT_NODE_SIZE);
        index.map_err(io::Error::other)?.stream_write(out)?;
        self.features.flush()?;
        let mut bytes = Vec::new();
        for number in order {
            let feature = feature_range(&self.ends, number);
            bytes.resize((feature.end - feature.start) as usize, 0);
            self.features.get_ref().read_exact_at(&mut bytes, feature.start)?;
            out.write_all(&bytes)?;
        }
        Ok(())
    }
}

/// Where the feature `number` is among the features in id order.
fn feature_range(ends: &[u64], number: u64) -> Range<u64> {
    let number = number as usize;
    let start = if number == 0 { 0 } else { ends[number - 1] };
    start..ends[number]
}

pub(super) fn file_name(id: SnapshotId) -> String {
    format!("{id}.fgb")
}

/// Makes renames in `directory` durable.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

pub(super) fn public_file() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}

struct HashingWriter<W> {
    out: W,
    digest: Sha256,
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
