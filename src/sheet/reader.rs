//! Features of snapshots, projected, cut off beyond the frame, and as marks and symbols want them.

use super::{drawing::Area, view::View};
use crate::{
    picture::{Layer, Layers},
    plan::{FieldType, GeometryKind},
    snapshot::{Row, Snapshot, Value},
    style::Style,
    tile::{PolygonClipper, Rect, Shape, clip_lines, clip_points, label, turns_right},
};

/// Units to a millimetre, in which geometry is cut: finer than any printer.
const UNITS: f32 = 100.0;

/// What is kept beyond the frame, so that no cut edge shows; millimetres.
const BEYOND: f32 = 5.0;

/// Features and vertices of the fullest sheet.
const MOST_FEATURES: usize = 100_000;
const MOST_VERTICES: usize = 4_000_000;

#[derive(Debug, thiserror::Error)]
#[error("there is more here than a sheet can show: a smaller box or a larger scale has less")]
pub struct TooMuch;

pub struct Reader<'a> {
    view: &'a View,
    area: Area,
    /// Units of the scene to a millimetre.
    scene: f32,
    vertices: usize,
    clipper: PolygonClipper,
    read: Shape,
    clipped: Shape,
}

impl<'a> Reader<'a> {
    pub fn new(view: &'a View, scene: f32) -> Self {
        Self {
            view,
            area: view.format.map(),
            scene,
            vertices: 0,
            clipper: PolygonClipper::default(),
            read: Shape::default(),
            clipped: Shape::default(),
        }
    }

    /// Each layer of `style` and, under `{id}_label`, a point for each area's name.
    pub fn layers(mut self, style: &Style) -> Result<Layers, TooMuch> {
        let degrees = self.view.degrees();
        let found = style.layers.iter().map(|layer| layer.published.snapshot.search(&degrees));
        let found: Vec<Vec<usize>> = found.collect();
        if found.iter().map(Vec::len).sum::<usize>() > MOST_FEATURES {
            return Err(TooMuch);
        }
        let mut layers = Layers::default();
        for (layer, positions) in style.layers.iter().zip(found) {
            let [own, labels] = self.layer(&layer.published.snapshot, &positions)?;
            let id = layer.published.id().as_str();
            layers.insert(format!("{id}_label"), labels);
            layers.insert(id.to_owned(), own);
        }
        Ok(layers)
    }

    fn layer(&mut self, snapshot: &Snapshot, positions: &[usize]) -> Result<[Layer; 2], TooMuch> {
        let fields = &snapshot.layer.fields;
        let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
        let mut layers = [Layer::new(names.clone()), Layer::new(names)];
        for &position in positions {
            let row = snapshot.row(position);
            self.project(&row);
            self.vertices += self.read.points.len();
            if self.vertices > MOST_VERTICES {
                return Err(TooMuch);
            }
            let texts: Vec<_> = fields
                .iter()
                .enumerate()
                .filter(|(_, field)| field.kind == FieldType::Text)
                .filter_map(|(n, _)| match row.value(n) {
                    Value::Text(text) => Some((n, text.into_owned())),
                    _ => None,
                })
                .collect();
            let kind = snapshot.layer.geometry;
            let id = row.id().cast_unsigned();
            // Names keep to what is seen.
            if kind == GeometryKind::Polygon {
                self.clip(kind, 0.0);
                if let Some(label) = label(&self.clipped) {
                    layers[1].push(id, vec![vec![self.unit(label.point)]], false, &texts);
                }
            }
            self.clip(kind, BEYOND);
            let paths: Vec<Vec<_>> = self
                .clipped
                .iter()
                .map(|(_, path)| path.iter().map(|point| self.unit(*point)).collect())
                .collect();
            if !paths.is_empty() {
                layers[0].push(id, paths, kind == GeometryKind::Polygon, &texts);
            }
        }
        Ok(layers)
    }

    /// Reads the geometry of `row`: exteriors clockwise on the sheet, holes the other way.
    fn project(&mut self, row: &Row) {
        let kind = row.layer().geometry;
        let (view, shape) = (self.view, &mut self.read);
        shape.clear();
        row.for_each_path(|vertices, outer| {
            for [lon, lat] in vertices {
                let point = view.place(lon, lat).map(|v| (v * UNITS).clamp(-1e8, 1e8).round() as i32);
                if kind == GeometryKind::Point { shape.points.push(point) } else { shape.push(point) }
            }
            match kind {
                GeometryKind::Polygon => {
                    let kept = shape.end_ring(outer);
                    let start = if kept { shape.last_start() } else { shape.points.len() };
                    if kept && turns_right(&shape.points[start..]) != outer {
                        shape.reverse_last();
                    }
                    kept
                }
                GeometryKind::Line => shape.end_line(),
                GeometryKind::Point => {
                    shape.end_path(true);
                    true
                }
            }
        });
    }

    fn clip(&mut self, kind: GeometryKind, beyond: f32) {
        let area = self.area.inset(-beyond);
        let units = |v: f32| (v * UNITS).round() as i32;
        let clip = Rect { min: [area.left, area.top].map(units), max: [area.right, area.bottom].map(units) };
        match kind {
            GeometryKind::Polygon => self.clipper.clip(&self.read, &clip, &mut self.clipped),
            GeometryKind::Line => clip_lines(&self.read, &clip, &mut self.clipped),
            GeometryKind::Point => clip_points(&self.read, &clip, &mut self.clipped),
        }
    }

    /// A point of the shapes in units of the scene.
    fn unit(&self, [x, y]: [i32; 2]) -> [f32; 2] {
        let length = |v: i32, from: f32| (v as f32 / UNITS - from) * self.scene;
        [length(x, self.area.left), length(y, self.area.top)]
    }
}
