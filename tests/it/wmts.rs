//! WMTS 1.0.0 (OGC 07-057r7): the capabilities element by element as the schema orders them, tiles by both encodings,
//! exceptions as OWS writes them.

use crate::support::{
    http::Response,
    plan,
    server::{Setup, shared},
};
use crate::tiles::busy_tile;

const MVT: &str = "application/vnd.mapbox-vector-tile";
const KVP: &str = "/wmts?service=WMTS&request=GetTile&version=1.0.0&style=default&format=application%2Fvnd.mapbox-vector-tile";

/// An element of a document without comments and processing instructions.
#[derive(Debug)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    /// Reads what the server writes: every element is closed and every attribute is quoted.
    fn read(xml: &str) -> Self {
        let mut rest =
            xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("a declaration").trim();
        let root = Self::next(&mut rest);
        assert!(rest.is_empty(), "{rest:.80} after the root");
        root
    }

    fn next(rest: &mut &str) -> Self {
        let (tag, after) = rest.strip_prefix('<').and_then(|tag| tag.split_once('>')).expect("a tag");
        let closed = tag.ends_with('/');
        let mut parts = tag.trim_end_matches('/').splitn(2, ' ');
        let name = parts.next().unwrap().to_owned();
        let mut attributes = vec![];
        let mut pairs = parts.next().unwrap_or_default().trim();
        while let Some((key, value)) = pairs.split_once("=\"") {
            let (value, more) = value.split_once('"').expect("a quoted value");
            attributes.push((key.trim().to_owned(), value.replace("&amp;", "&")));
            pairs = more;
        }
        *rest = after;
        let mut element = Self { name, attributes, children: vec![], text: String::new() };
        if closed {
            return element;
        }
        loop {
            if let Some(after) = rest.strip_prefix(&format!("</{}>", element.name)) {
                *rest = after;
                return element;
            }
            if rest.starts_with('<') {
                element.children.push(Self::next(rest));
            } else {
                let end = rest.find('<').expect("an end");
                element.text.push_str(&rest[..end].replace("&amp;", "&"));
                *rest = &rest[end..];
            }
        }
    }

    fn attribute(&self, name: &str) -> &str {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map_or_else(|| panic!("no {name} in {self:?}"), |(_, v)| v)
    }

    fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a Element> + use<'a, 'n> {
        self.children.iter().filter(move |child| child.name == name)
    }

    #[track_caller]
    fn one(&self, name: &str) -> &Element {
        self.all(name).next().unwrap_or_else(|| panic!("no {name} in {}", self.name))
    }

    /// The names of the children, each once where it is repeated.
    fn order(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.children.iter().map(|child| child.name.as_str()).collect();
        names.dedup();
        names
    }

    /// The child `kind` with the identifier.
    fn identified(&self, kind: &str, id: &str) -> &Element {
        let found = self.all(kind).find(|child| child.one("ows:Identifier").text == id);
        found.unwrap_or_else(|| panic!("no {kind} {id}"))
    }
}

fn capabilities() -> Element {
    // One server for both, held on to: its addresses are in the documents.
    let server = shared();
    let answer = server.get("/wmts?SERVICE=WMTS&REQUEST=GetCapabilities").expect(200);
    assert_eq!(answer.expect_header("content-type"), "application/xml");
    let rest = server.get("/wmts/1.0.0/WMTSCapabilities.xml").expect(200);
    assert_eq!(answer.body, rest.body);
    Element::read(answer.text())
}

#[test]
fn capabilities_are_as_the_schema_orders_them() {
    let document = capabilities();
    assert_eq!(document.name, "Capabilities");
    assert_eq!(document.attribute("version"), "1.0.0");
    assert_eq!(document.attribute("xmlns"), "http://www.opengis.net/wmts/1.0");
    assert_eq!(
        document.order(),
        ["ows:ServiceIdentification", "ows:OperationsMetadata", "Contents", "ServiceMetadataURL"]
    );
    let service = document.one("ows:ServiceIdentification");
    assert_eq!(service.order(), ["ows:Title", "ows:Abstract", "ows:ServiceType", "ows:ServiceTypeVersion"]);
    assert_eq!(service.one("ows:ServiceType").text, "OGC WMTS");
    let operations = document.one("ows:OperationsMetadata");
    let names: Vec<_> = operations.all("ows:Operation").map(|o| o.attribute("name")).collect();
    // GetFeatureInfo is not done, so it is not declared.
    assert_eq!(names, ["GetCapabilities", "GetTile"]);
    for operation in operations.all("ows:Operation") {
        let gets: Vec<_> = operation.one("ows:DCP").one("ows:HTTP").all("ows:Get").collect();
        let encodings: Vec<_> = gets
            .iter()
            .map(|get| {
                let constraint = get.one("ows:Constraint");
                assert_eq!(constraint.attribute("name"), "GetEncoding");
                constraint.one("ows:AllowedValues").one("ows:Value").text.as_str()
            })
            .collect();
        assert_eq!(encodings, ["KVP", "RESTful"]);
    }
    let contents = document.one("Contents");
    assert_eq!(contents.order(), ["Layer", "TileMatrixSet"]);
    assert_eq!(contents.all("Layer").count(), 1 + plan::LAYERS.len());
    for layer in contents.all("Layer") {
        assert_eq!(
            layer.order(),
            [
                "ows:Title",
                "ows:WGS84BoundingBox",
                "ows:Identifier",
                "Style",
                "Format",
                "TileMatrixSetLink",
                "ResourceURL"
            ]
        );
        let formats: Vec<_> = layer.all("Format").map(|format| format.text.as_str()).collect();
        assert_eq!(formats, ["image/png", MVT]);
        let style = layer.one("Style");
        assert_eq!(
            (style.attribute("isDefault"), style.order()),
            ("true", vec!["ows:Identifier", "LegendURL"])
        );
        for link in layer.all("TileMatrixSetLink") {
            assert_eq!(link.order(), ["TileMatrixSet", "TileMatrixSetLimits"]);
            contents.identified("TileMatrixSet", &link.one("TileMatrixSet").text);
            for limits in link.one("TileMatrixSetLimits").all("TileMatrixLimits") {
                assert_eq!(
                    limits.order(),
                    ["TileMatrix", "MinTileRow", "MaxTileRow", "MinTileCol", "MaxTileCol"]
                );
            }
        }
    }
}

#[test]
fn tile_matrix_sets_have_the_numbers_of_their_own() {
    let document = capabilities();
    let contents = document.one("Contents");
    for (id, crs, corner, first, last, sizes) in [
        (
            "WebMercatorQuad",
            "urn:ogc:def:crs:EPSG::3857",
            [-20037508.342789244, 20037508.342789244],
            "0",
            "18",
            ["1", "1"],
        ),
        ("WorldCRS84Quad", "urn:ogc:def:crs:OGC:1.3:CRS84", [-180.0, 90.0], "0", "17", ["2", "1"]),
        ("c", "urn:ogc:def:crs:EPSG::4490", [90.0, -180.0], "1", "18", ["2", "1"]),
        ("w", "urn:ogc:def:crs:EPSG::3857", [-20037508.342789244, 20037508.342789244], "1", "18", ["2", "2"]),
    ] {
        let set = contents.identified("TileMatrixSet", id);
        assert_eq!(set.one("ows:SupportedCRS").text, crs);
        let matrices: Vec<_> = set.all("TileMatrix").collect();
        let identifier = |matrix: &Element| matrix.one("ows:Identifier").text.clone();
        assert_eq!(
            (identifier(matrices[0]), identifier(matrices.last().unwrap())),
            (first.into(), last.into())
        );
        assert_eq!(
            matrices[0].order(),
            [
                "ows:Identifier",
                "ScaleDenominator",
                "TopLeftCorner",
                "TileWidth",
                "TileHeight",
                "MatrixWidth",
                "MatrixHeight"
            ]
        );
        let numbers: Vec<f64> =
            matrices[0].one("TopLeftCorner").text.split(' ').map(|number| number.parse().unwrap()).collect();
        assert!(numbers.iter().zip(corner).all(|(a, b)| (a - b).abs() < 1e-6), "{id}: {numbers:?}");
        assert_eq!([&matrices[0].one("MatrixWidth").text, &matrices[0].one("MatrixHeight").text], sizes);
        let scale: f64 = matrices[0].one("ScaleDenominator").text.parse().unwrap();
        let expected = if id == "WebMercatorQuad" { 559_082_264.028_717_8 } else { 279_541_132.014_358_9 };
        assert!((scale - expected).abs() < 1e-3, "{id}: {scale}");
    }
    let scales = |id: &str| contents.identified("TileMatrixSet", id).all("WellKnownScaleSet").count();
    assert_eq!(["WebMercatorQuad", "WorldCRS84Quad", "c", "w"].map(scales), [1, 0, 0, 0]);
}

#[test]
fn tiles_come_by_key_value_pairs_and_by_address() {
    let server = shared();
    let document = capabilities();
    let layer = document.one("Contents").identified("Layer", "mining_blocks");
    let resource = layer.all("ResourceURL").find(|resource| resource.attribute("format") == MVT).unwrap();
    let template = resource.attribute("template").to_owned();
    let tile = busy_tile(11);
    let expected = server.get(&format!("/tiles/mining_blocks/{tile}.mvt")).expect(200).body;
    assert!(!expected.is_empty());
    for set in ["WebMercatorQuad", "w"] {
        let kvp = format!(
            "{KVP}&Layer=mining_blocks&TILEMATRIXSET={set}&tilematrix=11&TileRow={}&tilecol={}",
            tile.y, tile.x
        );
        let answer = server.get(&kvp).expect(200);
        assert_eq!(answer.expect_header("content-type"), MVT);
        assert_eq!(answer.body, expected);
        let path = template
            .replace("{Style}", "default")
            .replace("{TileMatrixSet}", set)
            .replace("{TileMatrix}", "11")
            .replace("{TileRow}", &tile.y.to_string())
            .replace("{TileCol}", &tile.x.to_string());
        assert_eq!(server.get(path.strip_prefix(&server.url("")).unwrap()).expect(200).body, expected);
    }
    // As platforms ask for Tianditu's tiles, with a token along.
    let side = 360.0 / 4096.0;
    let (row, column) = (((90.0 - 36.3) / side) as u32, ((112.85 + 180.0) / side) as u32);
    let tianditu =
        format!("{KVP}&layer=plan&tilematrixset=c&TileMatrix=12&TileRow={row}&TileCol={column}&tk=0123");
    let c = server.get(&format!("/ogc/tiles/c/12/{row}/{column}")).expect(200).body;
    assert_eq!(server.get(&tianditu).expect(200).body, c);
    let empty = server
        .get(&format!("{KVP}&layer=plan&tilematrixset=c&tilematrix=12&tilerow=0&tilecol=0"))
        .expect(200);
    assert!(empty.body.is_empty());
}

#[test]
fn platforms_that_draw_only_pictures_get_them() {
    let server = shared();
    let tile = busy_tile(11);
    let of = |set: &str, level: u8, row: u32, column: u32| {
        let kvp = KVP.replace("application%2Fvnd.mapbox-vector-tile", "image%2Fpng");
        let kvp =
            format!("{kvp}&layer=plan&tilematrixset={set}&tilematrix={level}&tilerow={row}&tilecol={column}");
        let answer = server.get(&kvp).expect(200);
        assert_eq!(answer.expect_header("content-type"), "image/png");
        let rest =
            server.get(&format!("/wmts/1.0.0/plan/default/{set}/{level}/{row}/{column}.png")).expect(200);
        assert!(rest.body == answer.body);
        answer.body
    };
    let picture = server.get(&format!("/tiles/plan/{tile}.png")).expect(200).body;
    assert!(of("WebMercatorQuad", 11, tile.y, tile.x) == picture && of("w", 11, tile.y, tile.x) == picture);
    // In degrees too, and where nothing is: a picture all the same, of nothing.
    let side = 360.0 / 2048.0;
    let degrees = of("c", 11, ((90.0 - 36.3) / side) as u32, ((112.85 + 180.0) / side) as u32);
    assert!(degrees.starts_with(b"\x89PNG") && degrees.len() > 10_000, "{} bytes", degrees.len());
    let nothing = of("c", 11, 0, 0);
    assert!(nothing.starts_with(b"\x89PNG") && nothing.len() < 2_000, "{} bytes", nothing.len());
}

#[track_caller]
fn exception(answer: Response, status: u16, code: &str, locator: Option<&str>) {
    let answer = answer.expect(status);
    assert_eq!(answer.expect_header("content-type"), "application/xml");
    let report = Element::read(answer.text());
    assert_eq!((report.name.as_str(), report.attribute("version")), ("ExceptionReport", "1.1.0"));
    assert_eq!(report.attribute("xmlns"), "http://www.opengis.net/ows/1.1");
    let exception = report.one("Exception");
    assert_eq!(exception.attribute("exceptionCode"), code, "{}", answer.text());
    let found =
        exception.attributes.iter().find(|(name, _)| name == "locator").map(|(_, value)| value.as_str());
    assert_eq!(found, locator, "{}", answer.text());
    assert!(!exception.one("ExceptionText").text.is_empty());
}

#[test]
fn what_is_wrong_is_told_as_an_exception_report() {
    let server = shared();
    let good = "&layer=plan&tilematrixset=c&tilematrix=12&tilerow=610&tilecol=3331";
    server.get(&format!("{KVP}{good}")).expect(200);
    for (path, status, code, locator) in [
        ("/wmts".to_owned(), 400, "MissingParameterValue", "Service"),
        ("/wmts?service=WMS".into(), 400, "InvalidParameterValue", "Service"),
        ("/wmts?service=WMTS".into(), 400, "MissingParameterValue", "Request"),
        ("/wmts?service=WMTS&request=GetFeatureInfo".into(), 501, "OperationNotSupported", "Request"),
        (
            "/wmts?service=WMTS&request=GetCapabilities&acceptversions=2.0".into(),
            400,
            "VersionNegotiationFailed",
            "AcceptVersions",
        ),
        (format!("{KVP}{good}").replace("1.0.0", "1.1.0"), 400, "InvalidParameterValue", "Version"),
        (format!("{KVP}{good}").replace("mapbox", "x"), 400, "InvalidParameterValue", "Format"),
        (format!("{KVP}{good}").replace("default", "x"), 400, "InvalidParameterValue", "Style"),
        (format!("{KVP}{good}").replace("=plan", "=x%3C"), 400, "InvalidParameterValue", "Layer"),
        (format!("{KVP}{good}").replace("=plan", "=roads,rivers"), 400, "InvalidParameterValue", "Layer"),
        (format!("{KVP}{good}").replace("set=c", "set=x"), 400, "InvalidParameterValue", "TileMatrixSet"),
        (
            format!("{KVP}{good}").replace("matrix=12", "matrix=19"),
            400,
            "InvalidParameterValue",
            "TileMatrix",
        ),
        (format!("{KVP}{good}").replace("610", "2048"), 400, "TileOutOfRange", "TileRow"),
        (format!("{KVP}{good}").replace("3331", "4096"), 400, "TileOutOfRange", "TileCol"),
        (format!("{KVP}{good}").replace("610", "x"), 400, "InvalidParameterValue", "TileRow"),
        (format!("{KVP}{good}").replace("&tilecol=3331", ""), 400, "MissingParameterValue", "TileCol"),
        ("/wmts/1.0.0/plan/default/c/12/2048/0.mvt".into(), 404, "TileOutOfRange", "TileRow"),
        ("/wmts/1.0.0/nowhere/default/c/12/0/0.mvt".into(), 404, "InvalidParameterValue", "Layer"),
    ] {
        exception(server.get(&path), status, code, Some(locator));
    }
    exception(server.get("/wmts/1.0.0/plan/default/c/12/0/0.jpg"), 404, "NoApplicableCode", None);
}

#[test]
fn before_the_first_publication_it_is_told_to_come_back() {
    let server = Setup::default()
        .database("postgresql://nobody@127.0.0.1:1/nothing")
        .unready()
        .expect_log("older than its source")
        .expect_log("connected to again")
        .start();
    let answer = server.get("/wmts?service=WMTS&request=GetCapabilities");
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
    exception(answer, 503, "NoApplicableCode", None);
}
