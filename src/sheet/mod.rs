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
    describe::{Language, Words},
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

/// What is to be printed.
pub struct Sheet<'a> {
    pub style: &'a Style<'a>,
    pub sheets: &'a Sheets,
    /// The layers that the style draws are from it.
    pub catalog: &'a Catalog,
    pub view: View,
    /// Of what is around the map; names on it are those of the plan.
    pub language: Language,
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
    TooMuch(#[from] TooMuch),
    #[error("the sheet cannot be written")]
    Unwritten,
}

impl Press {
    /// `None` when the font in the binary is none.
    pub fn new() -> Option<Self> {
        Some(Self { font: Font::embedded()?, widths: picture::Font::new(picture::FONT) })
    }

    /// The file of `sheet`.
    ///
    /// # Errors
    /// When there is more on it than a sheet can show.
    pub fn print(&self, sheet: &Sheet, form: Form) -> Result<Vec<u8>, SheetError> {
        let drawing = self.compose(sheet)?;
        let written = match form {
            Form::Pdf => pdf::pdf(&drawing, &self.font),
            Form::Png(dpi) => png::png(&drawing, &self.font, dpi),
        };
        written.ok_or(SheetError::Unwritten)
    }

    fn compose(&self, sheet: &Sheet) -> Result<Drawing, TooMuch> {
        let (font, view, style, language) = (&self.font, &sheet.view, sheet.style, sheet.language);
        let map = map::Map::read(style, view, &self.widths)?;
        let mut drawing =
            Drawing { size: view.format.size(), title: sheet.title(), language, ops: map.ops() };
        let graticule = furniture::graticule(&mut drawing, view);
        let grid = furniture::frames(&mut drawing, font, view, &graticule);
        let mut notes = sheet.notes(&graticule, grid);
        if style.layers.iter().any(|layer| legend::is_schematic(layer, &map)) {
            notes.lines.push(format!("{}{}", legend::SCHEMATIC, language.pick(SCHEMATIC)));
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

const SCHEMATIC: Words = [
    "示意图形：按规划文字和表格示意绘制，不是实测界线。",
    " Schematic: drawn from the words and tables of the plan, not surveyed.",
];

impl Sheet<'_> {
    /// What it is called under the title of the plan.
    fn name(&self) -> &str {
        match self.style.id.subject {
            Subject::Plan => self.language.pick(["规划图（全部图层）", "All layers"]),
            _ => self.language.of(&self.style.subject),
        }
    }

    /// The title of the plan.
    fn plan(&self) -> &str {
        self.language.of(self.sheets.title())
    }

    /// Its whole title.
    pub fn title(&self) -> String {
        [self.plan(), self.language.pick(["", ": "]), self.name()].concat()
    }

    /// When the newest of its layers was published.
    fn published(&self) -> Option<Timestamp> {
        self.style.layers.iter().map(|layer| layer.published.published_at).max()
    }

    /// The version of the sheets of its style: of all that they are made from, beside view and language.
    fn edition(&self) -> Version {
        let sheet = &self.style.sheet.version;
        let at = self.published().map(|at| at.to_string()).unwrap_or_default();
        self.catalog.version().drawn(&format!("{PRESS_VERSION} {sheet} {} {at}", self.style.id))
    }

    /// The version of its file.
    pub fn version(&self, form: Form) -> Version {
        self.edition().drawn(&format!("{:?} {:?} {form:?}", self.view, self.language))
    }

    fn notes(&self, graticule: &graticule::Graticule, grid: i64) -> Notes {
        let plan = self.plan();
        let version: String = self.edition().to_string().chars().take(12).collect();
        let at = self.published().map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
        let meridian = self.view.plane().central_meridian;
        let (zone, epsg) = (self.view.zone.number().unwrap_or_default(), self.view.zone.epsg());
        let (step, grid) = (graticule::words(graticule.step), grid as f64 / 1000.0);
        let lines = match self.language {
            Language::Zh => vec![
                "2000国家大地坐标系（CGCS2000）".to_owned(),
                format!("高斯—克吕格投影，3°带第{zone}带，中央经线{meridian}°（EPSG:{epsg}）"),
                format!("经纬网间隔{step}；图廓外侧短线为公里网，间隔{grid}km"),
                format!("数据发布日期 {at}，版本 {version}"),
                match self.catalog.origin {
                    Origin::Bundled => format!("资料来源：《{plan}》；行政辖区界线取自公开数据。"),
                    Origin::Database => "资料来源：规划数据库。".to_owned(),
                },
            ],
            Language::En => vec![
                "China Geodetic Coordinate System 2000 (CGCS2000)".to_owned(),
                format!(
                    "Gauss-Krüger projection, 3° zone {zone}, central meridian {meridian}° (EPSG:{epsg})"
                ),
                format!("Graticule each {step}; short lines outside of the frame: grid of {grid} km"),
                format!("Data published {at}, version {version}"),
                match self.catalog.origin {
                    Origin::Bundled => format!("Source: {plan}; boundary of the district from public data."),
                    Origin::Database => "Source: the plan's database.".to_owned(),
                },
            ],
        };
        Notes { plan: plan.to_owned(), title: self.name().to_owned(), lines }
    }

    /// What a program has to know of it to place it: scale, plane, and where the inner frame lies on the paper.
    pub fn describe(&self) -> Value {
        let view = &self.view;
        let [width, height] = view.format.size();
        let frame = view.format.map();
        let b = view.extent;
        json!({
            "version": self.edition().to_string(),
            "scale": view.scale,
            "scaleText": format!("1:{}", grouped(view.scale)),
            "crs": format!("http://www.opengis.net/def/crs/EPSG/0/{}", view.zone.epsg()),
            "pageMillimetres": [width, height],
            "frameMillimetres": [frame.left, frame.top, frame.right, frame.bottom],
            "extent": { "minEasting": b.min_x, "minNorthing": b.min_y, "maxEasting": b.max_x, "maxNorthing": b.max_y },
        })
    }
}

/// The view of `wanted`, degrees, or of what a sheet of `style` shows all of where nothing else is asked for.
///
/// # Errors
/// When there is nothing on it, or the box has no room, is outside of the zones or too large.
pub fn view(
    style: &Style,
    sheets: &Sheets,
    catalog: &Catalog,
    wanted: Option<Bounds>,
    scale: Option<u32>,
) -> Result<View, ViewError> {
    let has_room = |b: &Bounds| b.min_x < b.max_x && b.min_y < b.max_y;
    if wanted.is_some_and(|wanted| !has_room(&wanted)) {
        return Err(ViewError::NoRoom);
    }
    let all = || sheets.extent(style, catalog);
    View::new(wanted.or_else(all).ok_or(ViewError::Empty)?, scale)
}
