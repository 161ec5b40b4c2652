//! WMTS 1.0.0 (OGC 07-057r7): capabilities and exceptions.

use super::{tilejson::attribution, xml::Element};
use crate::{
    catalog::{Catalog, PLAN, PublishedLayer},
    config::PublicUrl,
    crs::Crs,
    grid::{TILE_PIXELS, TileMatrixSet, TileMatrixSets},
    snapshot::Bounds,
};

/// What a tile may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Drawn here, for platforms that show pictures alone.
    Png,
    Mvt,
}

impl Format {
    pub const ALL: [Self; 2] = [Self::Png, Self::Mvt];

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Mvt => "application/vnd.mapbox-vector-tile",
        }
    }

    /// What a file of it ends in.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Mvt => "mvt",
        }
    }
}

/// The one style: pictures are drawn in the light one of the plan, vector tiles by whoever reads them.
pub const STYLE: &str = "default";

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Why a request has no answer (OWS Common 1.1, 06-121r3, §8). `code` and `locator` are from the tables of WMTS.
pub fn exception(code: &str, locator: Option<&str>, text: &str) -> String {
    let mut exception = Element::new("Exception").attr("exceptionCode", code);
    if let Some(locator) = locator {
        exception = exception.attr("locator", locator);
    }
    let report = Element::new("ExceptionReport")
        .attr("xmlns", "http://www.opengis.net/ows/1.1")
        .attr("version", "1.1.0")
        .attr("xml:lang", "en")
        .child(exception.child(element("ExceptionText", text)));
    format!("{XML}{report}")
}

pub fn capabilities(catalog: &Catalog, sets: &TileMatrixSets, base: &PublicUrl) -> String {
    let root = format!("{}/wmts", base.as_str());
    let layers = catalog
        .layers()
        .iter()
        .map(|one| layer(one.id().as_str(), &title(one), std::slice::from_ref(one), sets, &root));
    let plan = layer(PLAN, "全部图层 All layers", catalog.layers(), sets, &root);
    let contents =
        Element::new("Contents").child(plan).children(layers).children(sets.iter().map(tile_matrix_set));
    let document = Element::new("Capabilities")
        .attr("xmlns", "http://www.opengis.net/wmts/1.0")
        .attr("xmlns:ows", "http://www.opengis.net/ows/1.1")
        .attr("xmlns:xlink", "http://www.w3.org/1999/xlink")
        .attr("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
        .attr(
            "xsi:schemaLocation",
            "http://www.opengis.net/wmts/1.0 http://schemas.opengis.net/wmts/1.0/wmtsGetCapabilities_response.xsd",
        )
        .attr("version", "1.0.0")
        .child(identification(catalog))
        .child(operations(&root))
        .child(contents)
        .child(
            Element::new("ServiceMetadataURL").attr("xlink:href", format!("{root}/1.0.0/WMTSCapabilities.xml")),
        );
    format!("{XML}{document}")
}

fn element(name: &'static str, text: impl ToString) -> Element {
    Element::new(name).text(text)
}

fn identification(catalog: &Catalog) -> Element {
    Element::new("ows:ServiceIdentification").children([
        element("ows:Title", "矿产资源规划图层 Mineral-resource plan layers"),
        element("ows:Abstract", attribution(catalog.origin)),
        element("ows:ServiceType", "OGC WMTS"),
        element("ows:ServiceTypeVersion", "1.0.0"),
    ])
}

fn operations(root: &str) -> Element {
    let get = |encoding: &str, href: String| {
        let values = Element::new("ows:AllowedValues").child(element("ows:Value", encoding));
        let constraint = Element::new("ows:Constraint").attr("name", "GetEncoding").child(values);
        Element::new("ows:Get").attr("xlink:href", href).child(constraint)
    };
    let operation = |name: &str, rest: String| {
        let http = Element::new("ows:HTTP").children([get("KVP", format!("{root}?")), get("RESTful", rest)]);
        Element::new("ows:Operation").attr("name", name).child(Element::new("ows:DCP").child(http))
    };
    Element::new("ows:OperationsMetadata").children([
        operation("GetCapabilities", format!("{root}/1.0.0/WMTSCapabilities.xml")),
        operation("GetTile", format!("{root}/1.0.0/")),
    ])
}

fn title(layer: &PublishedLayer) -> String {
    let title = &layer.snapshot.layer.title;
    format!("{} {}", title.zh, title.en)
}

fn layer(
    id: &str,
    title: &str,
    layers: &[std::sync::Arc<PublishedLayer>],
    sets: &TileMatrixSets,
    root: &str,
) -> Element {
    let bounds = layers.iter().filter_map(|layer| layer.snapshot.bounds).reduce(Bounds::union);
    let mut layer = Element::new("Layer").child(element("ows:Title", title));
    if let Some(Bounds { min_x, min_y, max_x, max_y }) = bounds {
        layer = layer.child(Element::new("ows:WGS84BoundingBox").children([
            element("ows:LowerCorner", format!("{min_x} {min_y}")),
            element("ows:UpperCorner", format!("{max_x} {max_y}")),
        ]));
    }
    let links = sets.iter().map(|set| link(set, bounds.as_ref()));
    let resource = |format: Format| {
        let template = format!(
            "{root}/1.0.0/{id}/{{Style}}/{{TileMatrixSet}}/{{TileMatrix}}/{{TileRow}}/{{TileCol}}.{}",
            format.suffix()
        );
        Element::new("ResourceURL")
            .attr("format", format.media_type())
            .attr("resourceType", "tile")
            .attr("template", template)
    };
    layer
        .child(element("ows:Identifier", id))
        .child(style(id, root))
        .children(Format::ALL.map(|format| element("Format", format.media_type())))
        .children(links)
        .children(Format::ALL.map(resource))
}

fn style(id: &str, root: &str) -> Element {
    let base = root.trim_end_matches("/wmts");
    let legend = Element::new("LegendURL")
        .attr("format", "image/svg+xml")
        .attr("xlink:href", format!("{base}/styles/{id}/legend.svg"));
    Element::new("Style").attr("isDefault", true).child(element("ows:Identifier", STYLE)).child(legend)
}

/// A tile matrix set of a layer, with the tiles in which something may be.
fn link(set: &TileMatrixSet, bounds: Option<&Bounds>) -> Element {
    let limits = |level: u8| {
        let limits = set.limits(level, bounds?)?;
        Some(Element::new("TileMatrixLimits").children([
            element("TileMatrix", level),
            element("MinTileRow", limits.rows.start()),
            element("MaxTileRow", limits.rows.end()),
            element("MinTileCol", limits.columns.start()),
            element("MaxTileCol", limits.columns.end()),
        ]))
    };
    let limits: Vec<_> = set.levels().filter_map(limits).collect();
    let link = Element::new("TileMatrixSetLink").child(element("TileMatrixSet", &set.id));
    if limits.is_empty() { link } else { link.child(Element::new("TileMatrixSetLimits").children(limits)) }
}

/// Corners are in the order of the CRS's axes (07-057r7, §6.1).
fn tile_matrix_set(set: &TileMatrixSet) -> Element {
    let corner = |point: [f64; 2]| {
        let [a, b] = set.crs.in_order(point);
        format!("{a} {b}")
    };
    let matrix = |level: u8| {
        let [columns, rows] = set.matrix_at(level);
        Element::new("TileMatrix").children([
            element("ows:Identifier", level),
            element("ScaleDenominator", set.scale_denominator(level)),
            element("TopLeftCorner", corner(set.grid.origin)),
            element("TileWidth", TILE_PIXELS),
            element("TileHeight", TILE_PIXELS),
            element("MatrixWidth", columns),
            element("MatrixHeight", rows),
        ])
    };
    let extent = set.extent();
    let crs = set.crs.urn();
    let bounds = Element::new("ows:BoundingBox").attr("crs", &crs).children([
        element("ows:LowerCorner", corner([extent.min_x, extent.min_y])),
        element("ows:UpperCorner", corner([extent.max_x, extent.max_y])),
    ]);
    let mut document = Element::new("TileMatrixSet").children([
        element("ows:Title", &set.title),
        element("ows:Identifier", &set.id),
        bounds,
        element("ows:SupportedCRS", crs),
    ]);
    // The scales of the other registered set begin one level further out (07-057r7, annex E).
    if set.crs == Crs::WebMercator && set.register.is_some() {
        document =
            document.child(element("WellKnownScaleSet", "urn:ogc:def:wkss:OGC:1.0:GoogleMapsCompatible"));
    }
    document.children(set.levels().map(matrix))
}
