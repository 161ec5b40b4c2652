//! Where every reader brings what it finds in a file: from the file's features to the layer's rows.

use super::{
    Feature, Geometry, Place, Problem, ReadError, ReadOptions, Row, RowSink, Stated,
    fields::{Fields, listed},
    place,
};
use crate::{
    crs::Crs,
    plan::{GeometryKind, Layer},
    snapshot::Value,
};
use std::{fmt, ops::ControlFlow};

/// Takes the features of one file.
pub struct Intake<'a> {
    layer: &'a Layer,
    options: &'a ReadOptions,
    fields: Fields<'a>,
    crs: Option<Crs>,
    flattened: u64,
    closed: Vec<(u64, usize)>,
    remarks: Vec<String>,
    sink: &'a mut RowSink<'a>,
}

/// What to know about a file that was read, beside its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    pub row: Option<u64>,
    pub text: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Some(row) => write!(f, "row {row}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

impl<'a> Intake<'a> {
    /// # Errors
    /// When the options map an attribute to a field that the layer does not have.
    pub fn new(
        layer: &'a Layer,
        options: &'a ReadOptions,
        sink: &'a mut RowSink<'a>,
    ) -> Result<Self, ReadError> {
        let fields = Fields::new(layer, options)?;
        Ok(Self {
            layer,
            options,
            fields,
            crs: None,
            flattened: 0,
            closed: Vec::new(),
            remarks: Vec::new(),
            sink,
        })
    }

    pub fn options(&self) -> &'a ReadOptions {
        self.options
    }

    /// The kind of geometry that the layer holds.
    pub fn kind(&self) -> GeometryKind {
        self.layer.geometry
    }

    /// What the file says of its coordinate system, before its features. What the options say goes before it;
    /// a file that says nothing is in EPSG:4490.
    ///
    /// # Errors
    /// When it is one that is not imported.
    pub fn coordinate_system(&mut self, stated: Stated) -> Result<(), ReadError> {
        let crs = match (self.options.crs, stated) {
            (None, Stated::Nothing) => Crs::Cgcs2000,
            (None, Stated::Known(crs)) => crs,
            (None, Stated::Other(name)) => return Err(ReadError::UnknownCrs(name)),
            (Some(wanted), Stated::Nothing) => wanted,
            (Some(wanted), Stated::Known(crs)) => {
                if !is_same(wanted, crs) {
                    self.overruled(&format!("EPSG:{}", crs.epsg()), wanted);
                }
                wanted
            }
            (Some(wanted), Stated::Other(name)) => {
                self.overruled(&format!("`{name}`"), wanted);
                wanted
            }
        };
        match self.crs {
            Some(used) if !is_same(used, crs) => Err(ReadError::LateCrs { stated: crs, used }),
            _ => {
                self.crs = Some(crs);
                Ok(())
            }
        }
    }

    fn overruled(&mut self, stated: &str, wanted: Crs) {
        let epsg = wanted.epsg();
        self.remarks
            .push(format!("it says that its coordinates are in {stated}; read in EPSG:{epsg} instead"));
    }

    /// The names of all attributes, of a file that has them fixed.
    ///
    /// # Errors
    /// Naming each that has no field.
    pub fn columns<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) -> Result<(), ReadError> {
        self.fields.columns(names)
    }

    pub fn remark(&mut self, text: String) {
        self.remarks.push(text);
    }

    /// Passes a feature on as a row of the layer, or what is wrong with it.
    pub fn take(&mut self, feature: Feature) -> ControlFlow<()> {
        let number = feature.number;
        let row = self.row(feature);
        (self.sink)(row.map_err(|reason| Problem { row: number, reason }))
    }

    /// Passes on a problem of a row that could not be read as a feature.
    pub fn refuse(&mut self, row: u64, reason: String) -> ControlFlow<()> {
        (self.sink)(Err(Problem { row, reason }))
    }

    /// What to know about the file.
    ///
    /// # Errors
    /// When the options map an attribute that the file does not have.
    pub fn finish(self) -> Result<Vec<Remark>, ReadError> {
        let mut texts = self.remarks;
        let left_out = self.fields.left_out()?;
        if !left_out.is_empty() {
            texts.push(format!("not taken over: {}", listed(left_out)));
        }
        if self.flattened > 0 {
            texts.push(format!("heights or measures of {} rows were left out", self.flattened));
        }
        let mut remarks: Vec<_> = texts.into_iter().map(|text| Remark { row: None, text }).collect();
        remarks.extend(
            self.closed.into_iter().map(|(row, rings)| Remark {
                row: Some(row),
                text: format!("repaired: {rings} rings closed"),
            }),
        );
        Ok(remarks)
    }

    fn row(&mut self, feature: Feature) -> Result<Row, String> {
        let Feature { number, id, attributes, geometry } = feature;
        let mut id = id.id()?;
        let mut values = vec![Value::Null; self.layer.fields.len()];
        for (name, attribute) in attributes {
            match self.fields.place(&name) {
                Place::Field(position) => {
                    values[*position] = attribute.value(&self.layer.fields[*position])?;
                }
                Place::Id => id = attribute.id()?.or(id),
                Place::LeftOut => {}
                Place::Refused(reason) => return Err(reason.clone()),
            }
        }
        let found = geometry?;
        self.flattened += u64::from(found.flattened);
        let (geometry, crs) = self.geometry(number, found.geometry)?;
        Ok(Row { number, id, values, geometry, srid: crs.epsg() })
    }

    fn geometry(&mut self, number: u64, mut geometry: Geometry) -> Result<(Geometry, Crs), String> {
        if geometry.kind() != self.layer.geometry {
            let (found, wanted) = (name(geometry.kind()), name(self.layer.geometry));
            return Err(format!("the geometry is {found}, the layer holds {wanted}"));
        }
        if self.options.fix {
            match geometry.close_rings() {
                0 => {}
                rings => self.closed.push((number, rings)),
            }
        }
        geometry.check()?;
        if self.options.northing_first {
            geometry.swap_axes();
        }
        let crs = *self.crs.get_or_insert(self.options.crs.unwrap_or(Crs::Cgcs2000));
        place::check(crs, geometry.extent())?;
        Ok((geometry, crs))
    }
}

/// Geographic systems are one: formats write WGS 84 whatever they mean, and it is within a metre of CGCS2000.
fn is_same(one: Crs, other: Crs) -> bool {
    one == other || (one.is_geographic() && other.is_geographic())
}

fn name(kind: GeometryKind) -> &'static str {
    match kind {
        GeometryKind::Point => "a point",
        GeometryKind::Line => "lines",
        GeometryKind::Polygon => "polygons",
    }
}
