//! Map sheets: a map of the plan on A3 with title, legend, scale, graticule and frame, as PDF or PNG.
//!
//! ```text
//! snapshots ▶ reader ▶ map ──┐
//! style ─────▶ legend ───────┼▶ Drawing, millimetres ┬▶ pdf   vectors, text in a subset of the font
//! view ──────▶ furniture ────┘                       └▶ png   strips of pixels
//! ```
//!
//! A sheet is drawn in the plane of the 3° Gauss-Krüger zone of CGCS2000 that its middle lies in, at a round scale,
//! from the snapshots themselves: tiles are cut for screens. The style is that of print.

mod drawing;
mod font;
mod furniture;
mod graticule;
mod legend;
mod map;
mod pdf;
mod png;
mod reader;
mod symbol;
mod view;

pub use reader::TooMuch;
pub use view::{Format, SCALE, View, ViewError};

use crate::{
    catalog::{Catalog, Version},
    picture,
    snapshot::{Bounds, Origin},
    style::{Sheets, Style, Subject},
};
use drawing::{Drawing, INK};
use font::Font;
use furniture::grouped;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Part of the version of every sheet: to be changed whenever the same layers and style may give other bytes.
const PRESS_VERSION: &str = "1";

/// Dots to the inch that may be asked for.
pub const DPI: std::ops::RangeInclusive<u32> = 50..=300;

/// The file of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    Pdf,
    /// Dots to the inch.
    Png(u32),
}

/// What sheets are made with.
pub struct Press {
    font: Font,
    /// The font as the map knows it, by which names are placed.
    widths: picture::Font,
}

/// What is written on a sheet.
struct Notes {
    plan: String,
    title: String,
    lines: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    #[error(transparent)]
    View(#[from] ViewError),
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
    #[error("the sheet cannot be written")]
    Unwritten,
}

impl Press {
    /// `None` when the font in the binary is none.
    pub fn new() -> Option<Self> {
        Some(Self { font: Font::embedded()?, widths: picture::Font::new(picture::FONT) })
    }

    /// The sheet of `style`, which draws layers of `catalog`, in `view`.
    ///
    /// # Errors
    /// When there is more on it than a sheet can show.
    pub fn print(
        &self,
        style: &Style,
        sheets: &Sheets,
        catalog: &Catalog,
        view: &View,
        form: Form,
    ) -> Result<Vec<u8>, SheetError> {
        let drawing = self.compose(style, sheets, catalog, view)?;
        let written = match form {
            Form::Pdf => pdf::pdf(&drawing, &self.font),
            Form::Png(dpi) => png::png(&drawing, &self.font, dpi),
        };
        written.ok_or(SheetError::Unwritten)
    }

    fn compose(
        &self,
        style: &Style,
        sheets: &Sheets,
        catalog: &Catalog,
        view: &View,
    ) -> Result<Drawing, SheetError> {
        let font = &self.font;
        let map = map::Map::read(style, view, &self.widths)?;
        let mut drawing = Drawing { size: view.format.size(), title: title(style, sheets), ops: vec![] };
        drawing.ops.extend(map.ops());
        let graticule = furniture::graticule(&mut drawing, view);
        let grid = furniture::frames(&mut drawing, font, view, &graticule);
        let mut notes = notes(style, sheets, catalog, view, &graticule, grid);
        if style.layers.iter().any(|layer| legend::is_schematic(layer, &map)) {
            let star = legend::SCHEMATIC;
            notes.lines.push(format!("{star}示意图形：按规划文字和表格示意绘制，不是实测界线。"));
        }
        furniture::title(&mut drawing, font, &notes);
        let [legend_area, notes_area] = view.format.panels();
        drawing.rect(legend_area, 0.3, INK);
        drawing.rect(notes_area, 0.3, INK);
        legend::legend(&mut drawing, font, style, &map, legend_area);
        let end = furniture::scale(&mut drawing, font, view, notes_area);
        furniture::notes(&mut drawing, font, &notes, notes_area, end);
        Ok(drawing)
    }
}

/// What the sheet of `style` is called under the title of the plan.
fn name<'a>(style: &'a Style) -> &'a str {
    if style.id.subject == Subject::Plan { "规划图（全部图层）" } else { &style.subject.zh }
}

/// The whole title of the sheet of `style`.
pub fn title(style: &Style, sheets: &Sheets) -> String {
    format!("{}{}", sheets.title().zh, name(style))
}

/// When the newest of the layers of `style` was published.
fn published(style: &Style) -> Option<Timestamp> {
    style.layers.iter().map(|layer| layer.published.published_at).max()
}

/// The version of the sheets of `style`: of all that they are made from, beside the view.
pub fn version(style: &Style, catalog: &Catalog) -> Version {
    let sheet = &style.sheet.version;
    let at = published(style).map(|at| at.to_string()).unwrap_or_default();
    catalog.version().drawn(&format!("{PRESS_VERSION} {sheet} {} {at}", style.id))
}

fn notes(
    style: &Style,
    sheets: &Sheets,
    catalog: &Catalog,
    view: &View,
    graticule: &graticule::Graticule,
    grid: i64,
) -> Notes {
    let plane = view.plane();
    let number = (plane.central_meridian / 3.0).round();
    let plan = sheets.title().zh.clone();
    let version: String = version(style, catalog).to_string().chars().take(12).collect();
    let at = published(style).map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
    let source = match catalog.origin {
        Origin::Bundled => format!("资料来源：《{plan}》；行政辖区界线取自公开数据。"),
        Origin::Database => "资料来源：规划数据库。".to_owned(),
    };
    let step = graticule::words(graticule.step);
    let lines = vec![
        "2000国家大地坐标系（CGCS2000）".to_owned(),
        format!(
            "高斯—克吕格投影，3°带第{number}带，中央经线{}°（EPSG:{}）",
            plane.central_meridian,
            view.zone.epsg()
        ),
        format!("经纬网间隔{step}；图廓外侧短线为公里网，间隔{}km", grid as f64 / 1000.0),
        format!("数据发布日期 {at}，版本 {version}"),
        source,
    ];
    Notes { plan, title: name(style).to_owned(), lines }
}

/// What a program has to know of a sheet to place it: scale, plane, and where the inner frame lies on the paper.
pub fn describe(view: &View, version: Version) -> Value {
    let [width, height] = view.format.size();
    let frame = view.format.map();
    let b = view.extent;
    json!({
        "version": version.to_string(),
        "scale": view.scale,
        "scaleText": format!("1:{}", grouped(view.scale)),
        "crs": format!("http://www.opengis.net/def/crs/EPSG/0/{}", view.zone.epsg()),
        "pageMillimetres": [width, height],
        "frameMillimetres": [frame.left, frame.top, frame.right, frame.bottom],
        "extent": { "minEasting": b.min_x, "minNorthing": b.min_y, "maxEasting": b.max_x, "maxNorthing": b.max_y },
    })
}

/// What a sheet is to show, in degrees, where nothing else is asked for.
pub fn extent(style: &Style, sheets: &Sheets, catalog: &Catalog) -> Result<Bounds, ViewError> {
    sheets.extent(style, catalog).ok_or(ViewError::Empty)
}
