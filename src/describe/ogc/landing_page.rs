//! `/ogc`: where everything begins (OGC 19-072, §8.2).

use super::{
    DESCRIPTION, TITLE,
    link::{HTML, JSON, OPENAPI, link, self_and_page},
    processes::PROCESSES,
    styles::STYLES,
    tiles::{TILESETS, TILING_SCHEMES},
};
use crate::{config::PublicUrl, document::Document};
use serde_json::{Value, json};

/// With a link to the plan's document, where there is one.
pub fn landing_page(document: Option<&Document>, base: &PublicUrl) -> Value {
    let plan = format!("{}/plan", base.as_str());
    let base = format!("{}/ogc", base.as_str());
    let mut links = self_and_page(TITLE, &base);
    links.extend([
        link("service-desc", OPENAPI, "接口定义 API definition", &format!("{base}/api?f=json")),
        link("service-doc", HTML, "接口说明 API documentation", &format!("{base}/api?f=html")),
        link("conformance", JSON, "一致性类 Conformance classes", &format!("{base}/conformance")),
        link("data", JSON, "图层 Collections", &format!("{base}/collections")),
        link(TILESETS, JSON, "瓦片集 Tilesets", &format!("{base}/tiles")),
        link(TILING_SCHEMES, JSON, "瓦片矩阵集 Tile matrix sets", &format!("{base}/tileMatrixSets")),
        link(PROCESSES, JSON, "处理 Processes", &format!("{base}/processes")),
        link(STYLES, JSON, "样式 Styles", &format!("{base}/styles")),
    ]);
    links.extend(document.map(|document| link("related", JSON, &document.title, &plan)));
    json!({ "title": TITLE, "description": DESCRIPTION, "links": links })
}
