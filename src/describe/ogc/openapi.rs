//! `/ogc/api`: every resource, parameter and answer in OpenAPI 3.0.

use super::{
    DESCRIPTION, TITLE,
    link::{FLATGEOBUF, GEOJSON, HTML, JSON, OPENAPI, SCHEMA},
    processes::REVIEW,
    schema::json_type,
    styles::{MAPBOX, QML, SLD},
    tiles::{MVT, TILEJSON},
    title,
};
use crate::{
    catalog::Catalog,
    config::PublicUrl,
    crs::Crs,
    plan::{Field, FieldType, Layer},
};
use serde_json::{Map, Value, json};

/// What may be asked of the items of a collection.
pub struct ItemsRequest {
    /// Names of the parameters beside the properties.
    pub parameters: &'static [&'static str],
    /// Items in a page that does not say how many, and at most.
    pub limit: usize,
    pub most: usize,
}

pub fn openapi(catalog: &Catalog, base: &PublicUrl, items: &ItemsRequest) -> Value {
    json!({
        "openapi": "3.0.3",
        "info": { "title": TITLE, "description": DESCRIPTION, "version": env!("CARGO_PKG_VERSION") },
        "servers": [{ "url": format!("{}/ogc", base.as_str()) }],
        "tags": [
            { "name": "Common", "description": "OGC API – Common" },
            { "name": "Features", "description": "OGC API – Features" },
            { "name": "Tiles", "description": "OGC API – Tiles" },
            { "name": "Styles", "description": "OGC API – Styles" },
            { "name": "Processes", "description": "OGC API – Processes" },
        ],
        "paths": paths(catalog, items),
        "components": {
            "parameters": parameters(catalog, items),
            "schemas": schemas(),
            "responses": responses(),
        },
    })
}

/// A resource: its path, and the operation that reads it.
struct Resource {
    path: String,
    operation: String,
    summary: String,
    tag: &'static str,
    /// Names of parameters.
    parameters: Vec<&'static str>,
    /// Parameters of this resource alone.
    properties: Vec<Value>,
    /// Media types and the names of their schemas.
    forms: Vec<(&'static str, &'static str)>,
}

/// Nearly every resource has a page too.
const PAGE: (&str, &str) = (HTML, "page");

/// Each collection has paths of its own, since each has its own properties to ask by; so GDAL knows which of them
/// it may ask by.
fn paths(catalog: &Catalog, items: &ItemsRequest) -> Map<String, Value> {
    let common = |path: &str, operation: &str, summary: &str, form| {
        Resource::new("Common", path, operation, summary, &["f"], &[form, PAGE])
    };
    let resources = [
        common("/", "getLandingPage", "入口 Landing page", (JSON, "landingPage")),
        common("/conformance", "getConformance", "一致性类 Conformance classes", (JSON, "conformance")),
        common("/api", "getAPI", "接口定义 API definition", (OPENAPI, "object")),
        common("/collections", "getCollectionsList", "图层 Collections", (JSON, "collections")),
    ];
    let of_layers = catalog.layers().iter().flat_map(|layer| collection(&layer.snapshot.layer, items));
    let resources = resources.into_iter().chain(of_layers).chain(tiles()).chain(styles()).chain(processes());
    let mut paths: Map<String, Value> =
        resources.map(|resource| (resource.path.clone(), json!({ "get": resource.operation() }))).collect();
    paths.insert(format!("/processes/{REVIEW}/execution"), json!({ "post": execution() }));
    paths
}

/// The list of processes and the one that there is.
fn processes() -> [Resource; 2] {
    let resource = |path: String, operation: &str, summary: &str| Resource {
        path,
        operation: operation.into(),
        summary: summary.into(),
        tag: "Processes",
        parameters: vec!["f"],
        properties: vec![],
        forms: vec![(JSON, "object"), PAGE],
    };
    [
        resource("/processes".into(), "getProcesses", "处理 Processes"),
        resource(format!("/processes/{REVIEW}"), "getProcess", "矿业权审查 Review of a proposed right"),
    ]
}

/// How the review of a proposal is executed.
fn execution() -> Value {
    let reference = |kind: &str, name: &str| json!({ "$ref": format!("#/components/{kind}/{name}") });
    let mut answers = json!({ "200": {
        "description": "审查结果 The result of the review",
        "content": {
            JSON: { "schema": reference("schemas", "object") },
            GEOJSON: { "schema": reference("schemas", "object") },
            HTML: { "schema": reference("schemas", "page") },
        },
    } });
    for (status, name) in [
        ("400", "BadRequest"),
        ("406", "NotAcceptable"),
        ("408", "TooSlow"),
        ("413", "TooLarge"),
        ("414", "TooLong"),
        ("500", "Failed"),
        ("503", "Busy"),
    ] {
        answers[status] = reference("responses", name);
    }
    json!({
        "operationId": "executeReview", "summary": "执行审查 Review a proposed right", "tags": ["Processes"],
        "requestBody": { "required": true, "content": { JSON: { "schema": reference("schemas", "execute") } } },
        "responses": answers,
    })
}

fn collection(layer: &Layer, items: &ItemsRequest) -> [Resource; 5] {
    let resource = |path: &str, operation: &str, summary: &str, parameters: &[_], forms: &[_]| {
        let path = format!("/collections/{}{path}", layer.id);
        let operation = format!("{operation}.{}", layer.id);
        let summary = format!("{}：{summary}", title(&layer.title));
        Resource::new("Features", &path, &operation, &summary, parameters, &[forms, &[PAGE]].concat())
    };
    // Their forms are others than those of documents.
    let parameter = |&name| if name == "f" { "f-items" } else { name };
    let parameters: Vec<_> = items.parameters.iter().map(parameter).collect();
    let forms = [(GEOJSON, "featureCollection"), (FLATGEOBUF, "binary")];
    let mut items = resource("/items", "getItems", "要素 Features", &parameters, &forms);
    items.properties = layer.fields.iter().map(property).collect();
    [
        resource("", "getCollection", "图层 Collection", &["f"], &[(JSON, "collection")]),
        resource("/queryables", "getQueryables", "可查询属性 Queryables", &["f"], &[(SCHEMA, "object")]),
        resource("/schema", "getSchema", "结构 Schema", &["f"], &[(SCHEMA, "object")]),
        items,
        resource(
            "/items/{featureId}",
            "getItem",
            "要素 Feature",
            &["featureId", "crs", "f"],
            &[(GEOJSON, "feature")],
        ),
    ]
}

/// Tiles of the plan, of each collection, and the tile matrix sets that they are in. How operations are called is said by
/// OGC 20-057, `/req/oas30/operation-id`.
fn tiles() -> Vec<Resource> {
    let resource = |path: &str, operation: &str, summary: &str, parameters: &[_], forms: &[_]| {
        Resource::new("Tiles", path, operation, summary, parameters, forms)
    };
    let (json, tilejson) = ((JSON, "object"), (TILEJSON, "object"));
    let mut resources = vec![
        resource(
            "/tileMatrixSets",
            "getTileMatrixSetsList",
            "瓦片矩阵集 Tile matrix sets",
            &["f"],
            &[json, PAGE],
        ),
        resource(
            "/tileMatrixSets/{tileMatrixSetId}",
            "getTileMatrixSet",
            "瓦片矩阵集 Tile matrix set",
            &["tileMatrixSetId", "f"],
            &[json, PAGE],
        ),
    ];
    for (of, name, own) in
        [("", "dataset", "collections"), ("/collections/{collectionId}", "collection", "collectionId")]
    {
        let tileset = format!("{of}/tiles/{{tileMatrixSetId}}");
        let filter = ["filter", "filter-lang", "filter-crs"];
        let place = ["tileMatrixSetId", "tileMatrix", "tileRow", "tileCol", "f-tile", own];
        resources.extend([
            resource(
                &format!("{of}/tiles"),
                &format!("tiles.{name}.vector.getTileSetsList"),
                "瓦片集 Tilesets",
                &[&["f", own], &filter[..]].concat(),
                &[json, PAGE],
            ),
            resource(
                &tileset,
                &format!("tiles.{name}.vector.getTileSet"),
                "瓦片集 Tileset",
                &[&["tileMatrixSetId", "f-tileset", own], &filter[..]].concat(),
                &[json, tilejson, PAGE],
            ),
            resource(
                &format!("{tileset}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"),
                &format!("tiles.{name}.vector.getTile"),
                "矢量瓦片 Vector tile",
                &[&place[..], &filter].concat(),
                &[(MVT, "binary")],
            ),
        ]);
    }
    resources
}

/// How the layers are drawn.
fn styles() -> [Resource; 2] {
    let sheets = [(MAPBOX, "object"), (SLD, "page"), (QML, "page"), PAGE];
    [
        Resource::new("Styles", "/styles", "getStyles", "样式 Styles", &["f"], &[(JSON, "object"), PAGE]),
        Resource::new(
            "Styles",
            "/styles/{styleId}",
            "getStyle",
            "样式 Style",
            &["styleId", "f-style"],
            &sheets,
        ),
    ]
}

/// The parameter that asks by a property.
fn property(field: &Field) -> Value {
    let mut schema = json!({ "type": json_type(field.kind) });
    if field.kind == FieldType::Date {
        schema["format"] = json!("date");
    }
    json!({
        "name": field.name, "in": "query", "required": false, "schema": schema,
        "description": title(&field.title),
    })
}

impl Resource {
    fn new(
        tag: &'static str,
        path: &str,
        operation: &str,
        summary: &str,
        parameters: &[&'static str],
        forms: &[(&'static str, &'static str)],
    ) -> Self {
        Self {
            path: path.to_owned(),
            operation: operation.to_owned(),
            summary: summary.to_owned(),
            tag,
            parameters: parameters.to_vec(),
            properties: vec![],
            forms: forms.to_vec(),
        }
    }

    fn operation(&self) -> Value {
        let reference = |kind: &str, name: &str| json!({ "$ref": format!("#/components/{kind}/{name}") });
        let media_type = |schema: Value| json!({ "schema": schema });
        let forms = self.forms.iter().map(|(form, schema)| (*form, media_type(reference("schemas", schema))));
        let content: Map<String, Value> =
            forms.map(|(form, described)| (form.to_owned(), described)).collect();
        let mut answers = json!({ "200": { "description": self.summary, "content": content } });
        for (status, name) in [
            ("400", "BadRequest"),
            ("406", "NotAcceptable"),
            ("414", "TooLong"),
            ("500", "Failed"),
            ("503", "Busy"),
        ] {
            answers[status] = reference("responses", name);
        }
        if self.path.contains('{') {
            answers["404"] = reference("responses", "NotFound");
        }
        let parameters = self.parameters.iter().map(|name| reference("parameters", name));
        let parameters: Vec<_> = parameters.chain(self.properties.iter().cloned()).collect();
        json!({
            "operationId": self.operation, "summary": self.summary, "tags": [self.tag],
            "parameters": parameters, "responses": answers,
        })
    }
}

fn parameters(catalog: &Catalog, items: &ItemsRequest) -> Value {
    let ids: Vec<_> = catalog.layers().iter().map(|layer| layer.id().as_str()).collect();
    let crs: Vec<String> = Crs::all().map(|crs| crs.to_string()).collect();
    let query = |name: &str, description: &str, schema: Value| {
        json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema,
                "style": "form", "explode": false })
    };
    let path = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "path", "required": true, "description": description, "schema": schema });
    let crs_of = |name: &str, of: &str| {
        query(
            name,
            of,
            json!({ "type": "string", "format": "uri", "enum": crs, "default": Crs::Crs84.to_string() }),
        )
    };
    let names = json!({ "type": "array", "items": { "type": "string" } });
    json!({
        "featureId": path("featureId", "要素标识 Id of a feature", json!({ "type": "integer", "format": "int64", "minimum": 0 })),
        "collectionId": path("collectionId", "图层 Collection", json!({ "type": "string", "enum": ids })),
        "collections": query("collections", "图层 Collections in the tiles", json!({
            "type": "array", "items": { "type": "string", "enum": ids },
        })),
        "tileMatrixSetId": path("tileMatrixSetId", "瓦片矩阵集 Tile matrix set", json!({ "type": "string" })),
        "tileMatrix": path("tileMatrix", "级别 Tile matrix", json!({ "type": "integer", "minimum": 0 })),
        "tileRow": path("tileRow", "行 Row from the north", json!({ "type": "integer", "minimum": 0 })),
        "tileCol": path("tileCol", "列 Column from the west", json!({ "type": "integer", "minimum": 0 })),
        "styleId": path("styleId", "样式 Style", json!({ "type": "string" })),
        "f-style": query("f", "格式 Form of the answer", json!({
            "type": "string", "enum": ["mapbox", "sld11", "qml", "html"],
        })),
        "f-tile": query("f", "格式 Form of the answer", json!({ "type": "string", "enum": ["mvt"] })),
        "f-tileset": query("f", "格式 Form of the answer", json!({
            "type": "string", "enum": ["json", "html", "tilejson"],
        })),
        "f": query("f", "格式 Form of the answer", json!({ "type": "string", "enum": ["json", "html"] })),
        "f-items": query("f", "格式 Form of the answer", json!({ "type": "string", "enum": ["json", "html", "fgb"] })),
        "limit": query("limit", "每页要素数 Features in a page", json!({
            "type": "integer", "minimum": 1, "maximum": items.most, "default": items.limit,
        })),
        "bbox": query("bbox", "范围 Box: its lower corner, then its upper one, in the order of bbox-crs", json!({
            "type": "array", "items": { "type": "number" }, "minItems": 4, "maxItems": 6,
        })),
        "bbox-crs": crs_of("bbox-crs", "范围的坐标系 CRS of bbox"),
        "crs": crs_of("crs", "返回坐标系 CRS of the answer"),
        "filter-crs": crs_of("filter-crs", "过滤条件的坐标系 CRS of coordinates in filter"),
        "datetime": query(
            "datetime",
            "有效期 Date, time or interval (RFC 3339) in which features are valid",
            json!({ "type": "string" }),
        ),
        "filter": query("filter", "过滤条件 Filter in CQL2", json!({ "type": "string" })),
        "filter-lang": query("filter-lang", "过滤语言 Language of filter", json!({
            "type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text",
        })),
        "sortby": query("sortby", "排序 Properties to sort by, descending with - in front", names.clone()),
        "properties": query("properties", "返回属性 Properties to send", names),
        "cursor": query("cursor", "翻页位置 Where the page begins, from the link to a next page", json!({ "type": "string" })),
        "id": query("id", "标识 Features with this id", json!({ "type": "integer", "format": "int64" })),
    })
}

fn schemas() -> Value {
    let links = json!({ "type": "array", "items": { "$ref": "#/components/schemas/link" } });
    let object = |required: &[&str], properties: Value| json!({ "type": "object", "required": required, "properties": properties });
    json!({
        "object": { "type": "object" },
        "page": { "type": "string" },
        "binary": { "type": "string", "format": "binary" },
        "link": object(&["href", "rel"], json!({
            "href": { "type": "string", "format": "uri" }, "rel": { "type": "string" }, "type": { "type": "string" },
            "title": { "type": "string" }, "length": { "type": "integer" },
        })),
        "landingPage": object(&["title", "links"], json!({ "title": { "type": "string" }, "links": links })),
        "conformance": object(&["conformsTo"], json!({
            "conformsTo": { "type": "array", "items": { "type": "string", "format": "uri" } },
        })),
        "collections": object(&["links", "collections"], json!({
            "links": links, "collections": { "type": "array", "items": { "$ref": "#/components/schemas/collection" } },
            "crs": { "type": "array", "items": { "type": "string" } },
        })),
        "collection": object(&["id", "links"], json!({
            "id": { "type": "string" }, "title": { "type": "string" }, "description": { "type": "string" },
            "links": links, "extent": { "type": "object" }, "itemType": { "type": "string" },
            "itemCount": { "type": "integer" }, "crs": { "type": "array", "items": { "type": "string" } },
            "storageCrs": { "type": "string" },
        })),
        "feature": object(&["type", "id", "geometry", "properties"], json!({
            "type": { "type": "string", "enum": ["Feature"] }, "id": { "type": "integer", "format": "int64" },
            "geometry": { "type": "object" }, "properties": { "type": "object" }, "links": links,
        })),
        "featureCollection": object(&["type", "features", "links", "numberReturned"], json!({
            "type": { "type": "string", "enum": ["FeatureCollection"] },
            "features": { "type": "array", "items": { "$ref": "#/components/schemas/feature" } },
            "numberReturned": { "type": "integer", "minimum": 0 },
            "numberMatched": { "type": "integer", "minimum": 0 }, "links": links,
        })),
        "execute": object(&["inputs"], json!({
            "inputs": object(&["proposal"], json!({
                "proposal": { "oneOf": [{ "type": "string" }, { "type": "object" }] },
                "srid": { "type": "integer" }, "northing_first": { "type": "boolean" },
            })),
            "outputs": { "type": "object" },
            "response": { "type": "string", "enum": ["raw", "document"], "default": "raw" },
        })),
        "problem": object(&["type", "title", "status", "detail"], json!({
            "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" },
            "detail": { "type": "string" },
        })),
    })
}

/// Problems (RFC 9457).
fn responses() -> Value {
    let problem = |description: &str| {
        let schema = json!({ "$ref": "#/components/schemas/problem" });
        json!({ "description": description, "content": { "application/problem+json": { "schema": schema } } })
    };
    json!({
        "BadRequest": problem("参数有误 A parameter is wrong: the detail names it"),
        "NotFound": problem("没有该要素 There is no such feature"),
        "NotAcceptable": problem("不支持所要求的编码 No content coding that the client accepts"),
        "TooSlow": problem("请求体未及时到达 The body did not arrive in time"),
        "TooLarge": problem("请求体过大 The body is too large"),
        "TooLong": problem("地址过长 The path and query are too long"),
        "Failed": problem("服务器错误 An error of the server"),
        "Busy": problem("服务繁忙 Too much to do: try again in a second"),
    })
}
