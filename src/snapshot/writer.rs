//! Writing a snapshot: rows in, a verified and named file out.
//!
//! Features wait in an unnamed temporary file beside the destination until their Hilbert order is known, when
//! memory holds about 50 bytes a feature. The finished file is written beside its destination too, synced,
//! read back, verified and hashed, and only then given its name.
//!
//! The crate flatgeobuf has a writer, but its files have lines that GDAL does not read (a MultiLineString of
//! one line without its end) and its temporary files lie in `/tmp`, which may be memory. What the format
//! needs, its tables, is the crate's.

use super::{
    Snapshot, SnapshotError, SnapshotId, Value, beginning::begin_file, encode, encode::Encoder, header,
    header::CGCS2000, index,
};
use crate::{
    plan::{Layer, LayerId},
    unfinished,
};
use flatgeobuf::packed_r_tree::NodeItem;
use geozero::GeozeroGeometry;
use plantiles_mapped::MappedFile;
use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufWriter, Write},
    mem, panic,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

/// Bytes of one write: each costs a call, and a page that it ends in is touched twice.
const BUFFER: usize = 1 << 18;

/// Writes one snapshot of one layer.
///
/// The same rows give the same bytes: rows come ordered by id, the file is in Hilbert order with ties by
/// id, and nothing in it depends on the clock or the machine.
pub struct SnapshotWriter {
    directory: PathBuf,
    layer: Layer,
    encoder: Encoder,
    /// The encoded features in id order, each after its index leaf.
    waiting: BufWriter<File>,
    count: usize,
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
        let waiting = unfinished::unnamed(directory)
            .map_err(|cause| WriteError::Io { layer: layer.id.clone(), cause })?;
        Ok(Self {
            directory: directory.to_owned(),
            encoder: Encoder::new(layer.geometry),
            layer: layer.clone(),
            waiting: BufWriter::with_capacity(BUFFER, waiting),
            count: 0,
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
        let encoded = self.encoder.encode(id, values, &geometry);
        let (feature, node) = encoded.map_err(row_error)?;
        let written = node.write(&mut self.waiting).and_then(|()| self.waiting.write_all(feature));
        written.map_err(|cause| WriteError::Io { layer: layer.clone(), cause })?;
        self.count += 1;
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
        let unfinished = unfinished::named(&directory, unfinished::SUFFIX).map_err(io_error)?;
        self.write(unfinished.as_file()).map_err(io_error)?;
        let snapshot = sync_and_read_back(unfinished.as_file()).map_err(io_error)?;
        let snapshot = snapshot.map_err(|cause| WriteError::Unverified { layer: layer.clone(), cause })?;
        let path = directory.join(file_name(snapshot.id));
        unfinished.persist(path).map_err(|error| io_error(error.error))?;
        sync_directory(&directory).map_err(io_error)?;
        Ok(snapshot)
    }

    /// Writes and verifies the file without a name: it is gone when nobody holds the snapshot any more.
    pub fn finish_unnamed(self) -> Result<Arc<Snapshot>, WriteError> {
        let layer = self.layer.id.clone();
        if self.poisoned {
            return Err(WriteError::Poisoned { layer });
        }
        let io_error = |cause| WriteError::Io { layer: layer.clone(), cause };
        let file = unfinished::unnamed(&self.directory).map_err(io_error)?;
        self.write(&file).map_err(io_error)?;
        Snapshot::read_back(&file).map_err(|cause| WriteError::Unverified { layer: layer.clone(), cause })
    }

    fn write(self, file: &File) -> io::Result<()> {
        let waiting = self.waiting.into_inner().map_err(io::IntoInnerError::into_error)?;
        let waiting = MappedFile::new(&waiting)?;
        let mut nodes = waiting_nodes(&waiting, self.count)?;
        let mut out = BufWriter::with_capacity(BUFFER, file);
        let extent = index::extent(&nodes);
        index::sort(&mut nodes, &extent);
        let places = index_offsets(&mut nodes, &waiting)?;
        out.write_all(&begin_file(&self.layer, &nodes, CGCS2000)?)?;
        nodes.iter().try_for_each(|leaf| leaf.write(&mut out))?;
        for place in places {
            out.write_all(feature(&waiting, place)?)?;
        }
        out.flush()
    }
}

/// Makes `file` durable, and reads it from memory while the disk is waited for.
fn sync_and_read_back(file: &File) -> io::Result<Result<Arc<Snapshot>, SnapshotError>> {
    let (synced, snapshot) = thread::scope(|scope| {
        let syncing = thread::Builder::new().spawn_scoped(scope, || file.sync_all())?;
        let snapshot = Snapshot::read_back(file);
        io::Result::Ok((syncing.join(), snapshot))
    })?;
    synced.unwrap_or_else(|panicked| panic::resume_unwind(panicked))?;
    Ok(snapshot)
}

/// The index leaves of the waiting features, with their places.
fn waiting_nodes(waiting: &[u8], count: usize) -> io::Result<Vec<NodeItem>> {
    let mut nodes = Vec::with_capacity(count);
    let mut place = 0;
    while place < waiting.len() {
        let mut node = NodeItem::from_reader(&waiting[place..]).map_err(io::Error::other)?;
        place += size_of::<NodeItem>();
        node.offset = place as u64;
        place += feature(waiting, node.offset)?.len();
        nodes.push(node);
    }
    Ok(nodes)
}

/// Replaces the place of each leaf's feature among those `waiting` by that in the file, and gives the former
/// in file order.
fn index_offsets(nodes: &mut [NodeItem], waiting: &[u8]) -> io::Result<Vec<u64>> {
    let mut places = Vec::with_capacity(nodes.len());
    let mut offset = 0;
    for node in nodes {
        let place = mem::replace(&mut node.offset, offset);
        offset += feature(waiting, place)?.len() as u64;
        places.push(place);
    }
    Ok(places)
}

/// The feature that waits at `place`, with its size prefix.
fn feature(waiting: &[u8], place: u64) -> io::Result<&[u8]> {
    let found = waiting.get(place as usize..).and_then(|rest| {
        let size = u32::from_le_bytes(*rest.first_chunk()?);
        rest.get(..size_of::<u32>() + size as usize)
    });
    found.ok_or_else(|| io::Error::other("the temporary file is damaged"))
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
