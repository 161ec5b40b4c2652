//! Writing a snapshot: rows in, a verified and named file out.
//!
//! Features wait in an unnamed temporary file beside the destination until their Hilbert order is known;
//! memory holds about 110 bytes a feature and one feature at a time. The finished file is written beside its
//! destination too, synced, read back and verified, and only then given its name.
//!
//! The crate flatgeobuf has a writer, but its files have lines that GDAL does not read (a MultiLineString of
//! one line without its end) and its temporary files lie in `/tmp`, which may be memory. What the format
//! needs, tables, index and Hilbert order, is the crate's.

use super::{
    Bounds, Snapshot, SnapshotError, SnapshotId, Value, encode, encode::Encoder, file::MAGIC, header,
};
use crate::plan::{Layer, LayerId};
use flatgeobuf::packed_r_tree::{NodeItem, PackedRTree, calc_extent, hilbert_sort};
use geozero::GeozeroGeometry;
use sha2::{Digest, Sha256};
use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, BufWriter, Write},
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
    encoder: Encoder,
    /// The encoded features in id order.
    waiting: BufWriter<File>,
    /// Where each waiting feature begins, and where the last one ends.
    starts: Vec<u64>,
    /// The box of each waiting feature; its offset is the feature's place in `starts`.
    nodes: Vec<NodeItem>,
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
    #[error("layer {layer}: {reason}")]
    Format { layer: LayerId, reason: String },
    #[error("layer {layer}: the written file does not verify: {cause}")]
    Unverified { layer: LayerId, cause: SnapshotError },
}

impl SnapshotWriter {
    /// Starts a snapshot of `layer` that will be named `{directory}/{id}.fgb`; `directory` must exist.
    ///
    /// # Errors
    /// When two columns have one name, `id` included.
    pub fn create(directory: &Path, layer: &Layer) -> Result<Self, WriteError> {
        let mut names = HashSet::from([header::ID_COLUMN]);
        if let Some(field) = layer.fields.iter().find(|field| !names.insert(&field.name)) {
            let reason = format!("two columns are called `{}`", field.name);
            return Err(WriteError::Format { layer: layer.id.clone(), reason });
        }
        let waiting = tempfile::tempfile_in(directory);
        let waiting = waiting.map_err(|cause| WriteError::Io { layer: layer.id.clone(), cause })?;
        Ok(Self {
            directory: directory.to_owned(),
            encoder: Encoder::new(layer.geometry),
            layer: layer.clone(),
            waiting: BufWriter::new(waiting),
            starts: vec![0],
            nodes: Vec::new(),
            last_id: None,
            poisoned: false,
        })
    }

    /// Adds a row: its key, one value per field of the layer in order, its geometry in EPSG:4490 with x =
    /// longitude and y = latitude in degrees. Single polygons and lines become Multi geometries.
    ///
    /// # Errors
    /// When ids do not ascend, a value is of another type than its field, or the geometry is empty, not
    /// finite or of another kind than the layer's. The writer is unusable after any error: a snapshot with a
    /// row left out would look whole.
    pub fn append(
        &mut self,
        id: i64,
        values: &[Value<'_>],
        geometry: impl GeozeroGeometry,
    ) -> Result<(), WriteError> {
        let layer = &self.layer.id;
        if self.poisoned {
            return Err(WriteError::Poisoned { layer: layer.clone() });
        }
        self.poisoned = true;
        let row_error = |reason| WriteError::Row { layer: layer.clone(), id, reason };
        check_id(id, self.last_id).map_err(row_error)?;
        encode::check_values(&self.layer, values).map_err(row_error)?;
        let place = self.nodes.len();
        let encoded = self.encoder.encode(place as u64, id, values, &geometry);
        let (feature, node) = encoded.map_err(row_error)?;
        let written = self.waiting.write_all(feature);
        written.map_err(|cause| WriteError::Io { layer: layer.clone(), cause })?;
        self.starts.push(self.starts[place] + feature.len() as u64);
        self.nodes.push(node);
        self.last_id = Some(id);
        self.poisoned = false;
        Ok(())
    }

    /// Writes, syncs, verifies and names the file. It is then complete under its name even after a crash.
    pub fn finish(self) -> Result<Arc<Snapshot>, WriteError> {
        let layer = self.layer.id.clone();
        if self.poisoned {
            return Err(WriteError::Poisoned { layer });
        }
        let directory = self.directory.clone();
        let io_error = |cause| WriteError::Io { layer: layer.clone(), cause };
        let mut unfinished = tempfile::Builder::new()
            .suffix(UNFINISHED_SUFFIX)
            // Downloads may be served by another user's web server, and the content is public anyway.
            .permissions(public_file())
            .tempfile_in(&directory)
            .map_err(io_error)?;
        let id = self.write(unfinished.as_file_mut()).map_err(io_error)?;
        unfinished.as_file().sync_all().map_err(io_error)?;
        let unverified = |cause| WriteError::Unverified { layer: layer.clone(), cause };
        let snapshot = Snapshot::open(unfinished.path(), id).map_err(unverified)?;
        unfinished.persist(directory.join(file_name(id))).map_err(|error| io_error(error.error))?;
        sync_directory(&directory).map_err(io_error)?;
        Ok(snapshot)
    }

    fn write(mut self, file: &mut File) -> io::Result<SnapshotId> {
        let waiting = self.waiting.into_inner().map_err(io::IntoInnerError::into_error)?;
        let mut out = BufWriter::new(HashingWriter { out: file, digest: Sha256::new() });
        let extent = calc_extent(&self.nodes);
        let bounds = (!self.nodes.is_empty()).then_some(Bounds {
            min_x: extent.min_x,
            min_y: extent.min_y,
            max_x: extent.max_x,
            max_y: extent.max_y,
        });
        out.write_all(&MAGIC)?;
        out.write_all(&header::header(&self.layer, self.nodes.len() as u64, bounds)?)?;
        // The sort is stable, so that features at one place on the curve stay in id order.
        hilbert_sort(&mut self.nodes, &extent);
        let order = index_offsets(&mut self.nodes, &self.starts);
        if bounds.is_some() {
            let index = PackedRTree::build(&self.nodes, &extent, header::NODE_SIZE);
            index.map_err(io::Error::other)?.stream_write(&mut out)?;
        }
        let mut feature = Vec::new();
        for place in order {
            feature.resize((self.starts[place + 1] - self.starts[place]) as usize, 0);
            waiting.read_exact_at(&mut feature, self.starts[place])?;
            out.write_all(&feature)?;
        }
        let written = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(SnapshotId::from_digest(written.digest))
    }
}

/// Replaces each leaf's place in id order by the feature's offset in the file, and gives the places in file
/// order.
fn index_offsets(nodes: &mut [NodeItem], starts: &[u64]) -> Vec<usize> {
    let mut offset = 0;
    let places = nodes.iter_mut().map(|node| {
        let place = node.offset as usize;
        node.offset = offset;
        offset += starts[place + 1] - starts[place];
        place
    });
    places.collect()
}

fn check_id(id: i64, last: Option<i64>) -> Result<(), String> {
    if last.is_some_and(|last| last >= id) {
        return Err("ids must be unique and ascend".into());
    }
    if id < 0 {
        return Err("the id is negative, which a vector tile cannot carry".into());
    }
    Ok(())
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
