//! Writing a snapshot: rows in, a verified and named file out.
//!
//! Features wait in an unnamed temporary file (in `TMPDIR`) until their Hilbert order is known; memory
//! holds about 150 bytes a feature and one feature at a time. The finished file is written beside its
//! destination, synced, read back and verified, and only then given its name.

use super::{Snapshot, SnapshotError, SnapshotId, Value, header};
use crate::plan::{GeometryKind, Layer, LayerId};
use flatgeobuf::FgbWriter;
use geozero::{ColumnValue, CoordDimensions, GeomProcessor, GeozeroGeometry, PropertyProcessor};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
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
    fgb: FgbWriter<'static>,
    count: u64,
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
    pub fn create(directory: &Path, layer: &Layer) -> Result<Self, WriteError> {
        let fgb = header::start(layer, true)?;
        let (directory, layer) = (directory.to_owned(), layer.clone());
        Ok(Self { directory, layer, fgb, count: 0, last_id: None, poisoned: false })
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
        // A row that fails half way leaves its coordinates in the FlatGeobuf writer, where they would
        // become part of the next feature.
        self.poisoned = true;
        self.add(id, values, geometry).map_err(|reason| WriteError::Row {
            layer: self.layer.id.clone(),
            id,
            reason,
        })?;
        self.poisoned = false;
        Ok(())
    }

    fn add(&mut self, id: i64, values: &[Value<'_>], geometry: impl GeozeroGeometry) -> Result<(), String> {
        if self.last_id.is_some_and(|last| last >= id) {
            return Err("ids must be unique and ascend".into());
        }
        if id < 0 {
            return Err("the id is negative, which a vector tile cannot carry".into());
        }
        self.check_values(values)?;
        check_geometry(&geometry, self.layer.geometry)?;
        let mut property_error = None;
        let added = self.fgb.add_feature_geom(geometry, |feature| {
            property_error = add_properties(feature, id, values).err();
        });
        added.map_err(|error| error.to_string())?;
        if let Some(error) = property_error {
            return Err(error.to_string());
        }
        self.last_id = Some(id);
        self.count += 1;
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
    pub fn finish(self) -> Result<Arc<Snapshot>, WriteError> {
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
        // An empty layer has no index to promise in its header.
        let fgb = if self.count == 0 { header::start(&self.layer, false)? } else { self.fgb };
        let format_error = |reason: String| WriteError::Format { layer: layer.clone(), reason };
        fgb.write(&mut out).map_err(|error| format_error(error.to_string()))?;
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

fn add_properties(
    feature: &mut impl PropertyProcessor,
    id: i64,
    values: &[Value<'_>],
) -> geozero::error::Result<()> {
    feature.property(0, header::ID_COLUMN, &ColumnValue::Long(id))?;
    for (index, value) in values.iter().enumerate() {
        // The FlatGeobuf writer takes the column from its index; the name is not looked at.
        let mut put = |value| feature.property(index + 1, "", &value).map(|_| ());
        match value {
            Value::Null => Ok(()),
            Value::Integer(v) => put(ColumnValue::Long(*v)),
            Value::Real(v) => put(ColumnValue::Double(*v)),
            Value::Boolean(v) => put(ColumnValue::Bool(*v)),
            Value::Text(v) => put(ColumnValue::String(v)),
            Value::Date(v) => put(ColumnValue::DateTime(&v.to_string())),
        }?;
    }
    Ok(())
}

fn check_geometry(geometry: &impl GeozeroGeometry, kind: GeometryKind) -> Result<(), String> {
    let mut check = GeometryCheck { kind, coordinates: 0 };
    geometry.process_geom(&mut check).map_err(|error| match error {
        geozero::error::GeozeroError::Geometry(reason) => reason,
        other => other.to_string(),
    })?;
    if check.coordinates == 0 { Err("the geometry is empty".into()) } else { Ok(()) }
}

/// Refuses what a FlatGeobuf file would take without a word and a reader would then choke on.
struct GeometryCheck {
    kind: GeometryKind,
    coordinates: usize,
}

impl GeometryCheck {
    fn expect(&self, kind: GeometryKind, found: &str) -> geozero::error::Result<()> {
        if self.kind == kind {
            return Ok(());
        }
        let wanted = match self.kind {
            GeometryKind::Point => "points",
            GeometryKind::Line => "lines",
            GeometryKind::Polygon => "polygons",
        };
        Err(geozero::error::GeozeroError::Geometry(format!(
            "the geometry is a {found}, the layer holds {wanted}"
        )))
    }
}

impl GeomProcessor for GeometryCheck {
    // Heights and measures are counted as coordinates only by their x and y: the layers are flat.
    fn dimensions(&self) -> CoordDimensions {
        CoordDimensions::xy()
    }

    fn xy(&mut self, x: f64, y: f64, _: usize) -> geozero::error::Result<()> {
        if !(x.is_finite() && y.is_finite()) {
            return Err(geozero::error::GeozeroError::Geometry("a coordinate is not finite".into()));
        }
        self.coordinates += 1;
        Ok(())
    }

    fn empty_point(&mut self, _: usize) -> geozero::error::Result<()> {
        Err(geozero::error::GeozeroError::Geometry("the geometry is empty".into()))
    }

    fn point_begin(&mut self, _: usize) -> geozero::error::Result<()> {
        self.expect(GeometryKind::Point, "point")
    }

    fn multipoint_begin(&mut self, _: usize, _: usize) -> geozero::error::Result<()> {
        Err(geozero::error::GeozeroError::Geometry("multipoints are not supported".into()))
    }

    fn linestring_begin(&mut self, tagged: bool, _: usize, _: usize) -> geozero::error::Result<()> {
        if tagged { self.expect(GeometryKind::Line, "line") } else { Ok(()) }
    }

    fn multilinestring_begin(&mut self, _: usize, _: usize) -> geozero::error::Result<()> {
        self.expect(GeometryKind::Line, "line")
    }

    fn polygon_begin(&mut self, _: bool, _: usize, _: usize) -> geozero::error::Result<()> {
        self.expect(GeometryKind::Polygon, "polygon")
    }

    fn multipolygon_begin(&mut self, _: usize, _: usize) -> geozero::error::Result<()> {
        self.expect(GeometryKind::Polygon, "polygon")
    }

    fn geometrycollection_begin(&mut self, _: usize, _: usize) -> geozero::error::Result<()> {
        Err(geozero::error::GeozeroError::Geometry("geometry collections are not supported".into()))
    }
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
