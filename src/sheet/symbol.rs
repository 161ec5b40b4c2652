//! Symbols of the sprite and swatches of the legend, from SVG.

use super::drawing::{Op, Paint, Pen};
use crate::style::{Color, SpriteSymbol};
use tiny_skia::{Path, PathBuilder, PathSegment, Transform};
use usvg::{Group, Node, Options, Tree};

/// What an SVG document of ours paints, in its own units: paths in plain colours, groups paler or cut off.
pub fn ops(svg: &str) -> Vec<Op> {
    let mut ops = vec![];
    if let Ok(tree) = Tree::from_str(svg, &Options::default()) {
        group(tree.root(), 1.0, &mut ops);
    }
    ops
}

fn group(parent: &Group, opacity: f32, ops: &mut Vec<Op>) {
    let opacity = opacity * parent.opacity().get();
    let clip = parent.clip_path().and_then(|clip| outline(clip.root(), parent.abs_transform()));
    let clips = clip.is_some();
    ops.extend(clip.map(Op::Clip));
    for node in parent.children() {
        match node {
            Node::Group(child) => group(child, opacity, ops),
            Node::Path(path) => shape(path, opacity, ops),
            // Ours have none.
            Node::Image(_) | Node::Text(_) => {}
        }
    }
    if clips {
        ops.push(Op::Unclip);
    }
}

/// The first path of a clip.
fn outline(clip: &Group, place: Transform) -> Option<Path> {
    clip.children().iter().find_map(|node| match node {
        Node::Path(path) => path.data().clone().transform(place),
        Node::Group(child) => outline(child, place),
        _ => None,
    })
}

fn shape(path: &usvg::Path, opacity: f32, ops: &mut Vec<Op>) {
    let Some(data) = path.data().clone().transform(path.abs_transform()) else { return };
    if let Some((fill, color)) = path.fill().and_then(|fill| Some((fill, plain(fill.paint())?))) {
        let paint = Paint::Color(color, opacity * fill.opacity().get());
        ops.push(Op::Fill { path: data.clone(), paint });
    }
    if let Some((line, color)) = path.stroke().and_then(|line| Some((line, plain(line.paint())?))) {
        let opacity = opacity * line.opacity().get();
        let pen = Pen {
            width: line.width().get(),
            round_caps: line.linecap() == usvg::LineCap::Round,
            round_joins: line.linejoin() == usvg::LineJoin::Round,
            dashes: line.dasharray().unwrap_or_default().to_vec(),
        };
        ops.push(Op::Line { path: data, pen, color, opacity });
    }
}

fn plain(paint: &usvg::Paint) -> Option<Color> {
    match paint {
        usvg::Paint::Color(color) => Some(Color([color.red, color.green, color.blue])),
        _ => None,
    }
}

/// `ops` of `symbol` made as wide and high as `size`: what the symbol says grows, the rest does not.
pub fn stretched(ops: Vec<Op>, symbol: &SpriteSymbol, size: [f32; 2]) -> Vec<Op> {
    let Some(stretch) = symbol.stretch else { return ops };
    let natural = [symbol.width as f32, symbol.height as f32];
    let along = |axis: usize, v: f32| {
        let [from, to] = stretch[axis];
        let grown = (size[axis] - natural[axis]).max(from - to);
        v + grown * ((v - from) / (to - from)).clamp(0.0, 1.0)
    };
    let put = |p: tiny_skia::Point| (along(0, p.x), along(1, p.y));
    let path = |path: &Path| {
        let mut builder = PathBuilder::new();
        for segment in path.segments() {
            match segment {
                PathSegment::MoveTo(p) => builder.move_to(put(p).0, put(p).1),
                PathSegment::LineTo(p) => builder.line_to(put(p).0, put(p).1),
                PathSegment::QuadTo(a, p) => {
                    let ((ax, ay), (x, y)) = (put(a), put(p));
                    builder.quad_to(ax, ay, x, y);
                }
                PathSegment::CubicTo(a, b, p) => {
                    let ((ax, ay), (bx, by), (x, y)) = (put(a), put(b), put(p));
                    builder.cubic_to(ax, ay, bx, by, x, y);
                }
                PathSegment::Close => builder.close(),
            }
        }
        builder.finish()
    };
    let grown = |op: Op| match op {
        Op::Fill { path: p, paint } => Some(Op::Fill { path: path(&p)?, paint }),
        Op::Line { path: p, pen, color, opacity } => Some(Op::Line { path: path(&p)?, pen, color, opacity }),
        other => Some(other),
    };
    ops.into_iter().filter_map(grown).collect()
}
