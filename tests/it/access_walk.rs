//! Every route, walked by everybody: what each caller is shown, and that nothing else is in any answer.

use crate::support::{
    http::{self, Response},
    issuer::{AUDIENCE, ISSUER, Signer, claims, key_set},
    plan,
    server::{Server, Setup, plantiles, shared},
};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::{
    collections::{BTreeSet, HashMap},
    fs,
    io::{BufRead, BufReader, Cursor, Read, Write},
    net::TcpStream,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::LazyLock,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Layers that some may see, or nobody.
const SECRETS: [(&str, &[&str]); 3] = [
    ("mining_rights", &["office", "partner", "county"]),
    ("prohibited_zones", &["office"]),
    ("map_sheets_50k", &[]),
];

/// Who sees the feature 1 of a layer alone, without some columns that no other layer has.
const PARTS: [(&str, &str, &[&str]); 2] = [
    ("county", "mining_rights", &["valid_from_text", "economic_type"]),
    ("public", "exploration_blocks", &["existing_degree", "planned_degree"]),
];

/// What gives away to a caller what they do not see: ids of layers, names of columns, and the texts of features that they
/// read nowhere else.
static WORDS: LazyLock<HashMap<&str, Vec<String>>> = LazyLock::new(|| {
    let words = |caller| LAYERS.iter().flat_map(|id| unseen(caller, id)).collect();
    CALLERS.map(|caller| (caller, words(caller))).into()
});

/// The texts of a feature in the columns that `wanted` says, but for where in the plan's text it is written: others are
/// written there too.
fn texts(feature: &Value, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let properties = feature["properties"].as_object().unwrap().iter();
    let own = properties.filter(|(name, _)| *name != "source_section" && wanted(name));
    own.filter_map(|(_, value)| value.as_str().map(str::to_owned)).collect()
}

/// Those of the words of a layer that `caller` does not see.
fn unseen(caller: &str, id: &str) -> Vec<String> {
    let layer = plan::layer_named(id);
    let without = part(caller, id);
    if without.is_none() && sees(caller, id) {
        return vec![];
    }
    let is_seen = |feature: &Value| without.is_some() && plan::id(feature) == 1;
    let left_out = without.unwrap_or_default();
    let (mut own, mut others) = (vec![], vec![]);
    for feature in &layer.features {
        match is_seen(feature) {
            true => {
                own.extend(texts(feature, |name| left_out.contains(&name)));
                others.extend(texts(feature, |name| !left_out.contains(&name)));
            }
            false => own.extend(texts(feature, |_| true)),
        }
    }
    let elsewhere = plan::LAYERS.iter().filter(|layer| layer.id != id).flat_map(|layer| &layer.features);
    others.extend(elsewhere.flat_map(|feature| texts(feature, |_| true)));
    own.retain(|text| text.chars().count() >= 6 && !others.iter().any(|other| other.contains(text)));
    let names = if without.is_none() { vec![id] } else { left_out.to_vec() };
    own.into_iter().chain(names.into_iter().map(str::to_owned)).collect()
}

/// Layers for everybody.
const PUBLIC: &str = "rivers";
/// A layer that has never been.
const NEVER: &str = "no_such_layer";

/// What a link is for.
const LINKED: &str = "/downloads/mining_rights.fgb";

const CALLERS: [&str; 4] = ["public", "partner", "office", "county"];

/// What an answer shows.
#[derive(Clone, Copy, PartialEq)]
enum Shows {
    /// What is part of the program and the same for every plan and caller.
    Program,
    /// Names of all layers that are seen.
    Layers,
    /// Something of some layers that are seen.
    Something,
    /// `{layer}` to those who see it; to others what they are told of a layer that has never been.
    Layer,
    /// Layers drawn: another picture for each who sees others.
    Picture,
    /// As [`Shows::Layers`], of an archive of tiles.
    Archive,
    /// As [`Shows::Layers`], in the first event of a stream.
    Stream,
}
use Shows::{Archive, Layer, Layers, Picture, Program, Something, Stream};

/// Each route with requests to it. `{layer}` is each layer in turn, `{version}` and `{snapshot}` are its own.
const TABLE: &[(&str, Shows, &[&str])] = &[
    ("/", Program, &["/"]),
    ("/assets/{*file}", Program, &["/assets/icon.svg"]),
    ("/connect", Layers, &["/connect", "/connect?lang=en"]),
    ("/connect/{file}", Layer, &["/connect/{layer}.qlr"]),
    ("/connect/{file}", Layers, &["/connect/plan.qlr", "/connect/layers.qlr"]),
    ("/layers.json", Layers, &["/layers.json"]),
    ("/search", Something, &["/search?q=J49E022019", "/search?q=余吾&limit=100", "/search?q=C100000"]),
    ("/{document}", Layers, &["/layers@2023.json", "/layers@current.json", "/layers@2023...current.json"]),
    ("/{document}", Something, &["/search@2023?q=余吾&limit=100", "/search@2023?q=J49E022019"]),
    ("/revisions", Layers, &["/revisions"]),
    ("/revisions/{difference}", Something, &["/revisions/2023...current"]),
    ("/revisions/{difference}", Layer, &["/revisions/2023...current?layer={layer}"]),
    (
        "/review",
        Something,
        &[
            "/review?f=json",
            "/review?f=html",
            "POST /review?kind=mining",
            "POST /review?f=html",
            "POST /review?f=geojson",
        ],
    ),
    (
        "/tiles/{document}",
        Layers,
        &["/tiles/plan.json", "/tiles/plan@2023.json", "/tiles/plan@2023...current.json"],
    ),
    ("/tiles/{document}", Something, &["/tiles/plan.png.json"]),
    (
        "/tiles/{document}",
        Layer,
        &[
            "/tiles/{layer}.json",
            "/tiles/{layer}.png.json",
            "/tiles/{layer}@2023.json",
            "/tiles/{layer}@2023...current.json",
            "/tiles/rivers,{layer}.json",
            "/tiles/{layer}.json?filter=name='x'",
        ],
    ),
    ("/tiles/{tileset}/{*tile}", Layers, &["/tiles/plan/9/416/200.mvt", "/tiles/plan@2023/9/416/200.pbf"]),
    (
        "/tiles/{tileset}/{*tile}",
        Picture,
        &["/tiles/plan/9/416/200.png", "/tiles/plan@2023/9/416/200@2x.png"],
    ),
    (
        "/tiles/{tileset}/{*tile}",
        Something,
        &["/tiles/plan/9/416/200.mvt?filter=name LIKE '%25'", "/tiles/plan@2023...current/9/416/200.mvt"],
    ),
    (
        "/tiles/{tileset}/{*tile}",
        Layer,
        &[
            "/tiles/{layer}/9/416/200.mvt",
            "/tiles/{layer}/9/416/200.png",
            "/tiles/{layer}@{version}/9/416/200.mvt",
            "/tiles/{layer}@2023/9/416/200.mvt",
            "/tiles/{layer}@2023...current/9/416/200.mvt",
            "/tiles/rivers,{layer}/9/416/200.mvt",
            "/tiles/{layer},rivers/9/416/200.png",
            "/tiles/{layer}@00000000000000000000000000000000/9/416/200.mvt",
            "/tiles/{layer}@00000000000000000000000000000000/9/416/200.png",
        ],
    ),
    ("/downloads/{file}", Layers, &["/downloads/plan.zip", "/downloads/plan@2023.zip"]),
    ("/downloads/{file}", Archive, &["/downloads/plan.pmtiles"]),
    (
        "/downloads/{file}",
        Layer,
        &[
            "/downloads/{layer}.fgb",
            "/downloads/{layer}@{snapshot}.fgb",
            "/downloads/{layer}@2023.fgb",
            "/downloads/{layer}@2023...current.fgb",
            "/downloads/{layer}.fgb?bbox=112,36,113,37",
            "/downloads/{layer}.geojson",
            "/downloads/{layer}.csv",
            "/downloads/{layer}@{snapshot}.csv",
            "/downloads/{layer}.gpkg",
            "/downloads/{layer}@2023.gpkg",
            "/downloads/{layer}.shp.zip",
        ],
    ),
    ("/styles", Layers, &["/styles"]),
    ("/styles/{document}", Layers, &["/styles/plan.json", "/styles/plan-dark@2023.json", "/styles/plan.sld"]),
    ("/styles/{document}", Something, &["/styles/mining-map.json", "/styles/general-map.json"]),
    (
        "/styles/{document}",
        Layer,
        &[
            "/styles/{layer}.json",
            "/styles/{layer}@2023.json",
            "/styles/{layer}.qml",
            "/styles/{layer}-print.sld",
        ],
    ),
    ("/styles/{style}/{document}", Layers, &["/styles/plan/legend.json"]),
    ("/styles/{style}/{document}", Something, &["/styles/plan/legend.svg"]),
    ("/styles/{style}/{document}", Layer, &["/styles/{layer}/legend.json", "/styles/{layer}/legend.svg"]),
    ("/sheets", Program, &["/sheets", "/sheets?lang=en"]),
    ("/sheets.json", Program, &["/sheets.json"]),
    (
        "/sheets/{file}",
        Picture,
        &["/sheets/plan.json", "/sheets/plan.pdf", "/sheets/plan.png?dpi=50", "/sheets/plan@2023.pdf"],
    ),
    ("/sheets/{file}", Layer, &["/sheets/{layer}.json", "/sheets/{layer}.png?dpi=50"]),
    ("/sprites/{*file}", Program, &["/sprites/plan.json", "/sprites/plan@2x.png"]),
    ("/fonts/{stack}/{range}", Program, &["/fonts/Noto Sans SC Medium/0-255.pbf"]),
    ("/ogc", Something, &["/ogc?f=json", "/ogc?f=html"]),
    ("/ogc/", Something, &["/ogc/"]),
    ("/ogc/style.css", Program, &["/ogc/style.css"]),
    ("/ogc/styles", Layers, &["/ogc/styles?f=json", "/ogc/styles?f=html"]),
    ("/ogc/styles/{style}", Layers, &["/ogc/styles/plan"]),
    ("/ogc/styles/{style}", Layer, &["/ogc/styles/{layer}", "/ogc/styles/{layer}-dark?f=sld11"]),
    ("/ogc/processes", Something, &["/ogc/processes"]),
    ("/ogc/processes/{process}", Something, &["/ogc/processes/review"]),
    ("/ogc/processes/{process}/execution", Something, &["POST /ogc/processes/review/execution"]),
    ("/ogc/conformance", Program, &["/ogc/conformance?f=json"]),
    ("/ogc/collections", Layers, &["/ogc/collections?f=json", "/ogc/collections?f=html"]),
    ("/ogc/api", Something, &["/ogc/api?f=json", "/ogc/api?f=html"]),
    (
        "/ogc/collections/{collection}",
        Layer,
        &["/ogc/collections/{layer}?f=json", "/ogc/collections/{layer}?f=html"],
    ),
    ("/ogc/collections/{collection}/queryables", Layer, &["/ogc/collections/{layer}/queryables"]),
    ("/ogc/collections/{collection}/schema", Layer, &["/ogc/collections/{layer}/schema"]),
    (
        "/ogc/collections/{collection}/items",
        Layer,
        &[
            "/ogc/collections/{layer}/items?f=json",
            "/ogc/collections/{layer}/items?f=html",
            "/ogc/collections/{layer}/items?f=fgb",
            "/ogc/collections/{layer}/items?filter=name='x'",
        ],
    ),
    ("/ogc/collections/{collection}/items/{feature}", Layer, &["/ogc/collections/{layer}/items/1"]),
    ("/ogc/collections/{collection}/tiles", Layer, &["/ogc/collections/{layer}/tiles?f=json"]),
    ("/ogc/collections/{collection}/tiles/{set}", Layer, &["/ogc/collections/{layer}/tiles/c?f=json"]),
    (
        "/ogc/collections/{collection}/tiles/{set}/{matrix}/{row}/{column}",
        Layer,
        &[
            "/ogc/collections/{layer}/tiles/c/10/152/832",
            "/ogc/collections/{layer}/tiles/WebMercatorQuad/9/200/416",
        ],
    ),
    ("/ogc/tileMatrixSets", Program, &["/ogc/tileMatrixSets?f=json"]),
    ("/ogc/tileMatrixSets/{set}", Program, &["/ogc/tileMatrixSets/c?f=json"]),
    ("/ogc/tiles", Something, &["/ogc/tiles?f=json"]),
    ("/ogc/tiles", Layer, &["/ogc/tiles?collections=rivers,{layer}&f=json"]),
    ("/ogc/tiles/{set}", Layers, &["/ogc/tiles/c?f=json", "/ogc/tiles/WebMercatorQuad?f=tilejson"]),
    ("/ogc/tiles/{set}/{matrix}/{row}/{column}", Layers, &["/ogc/tiles/WebMercatorQuad/9/200/416"]),
    ("/ogc/tiles/{set}/{matrix}/{row}/{column}", Something, &["/ogc/tiles/c/10/152/832"]),
    ("/ogc/tiles/{set}/{matrix}/{row}/{column}", Layer, &["/ogc/tiles/c/10/152/832?collections={layer}"]),
    ("/arcgis/rest/info", Program, &["/arcgis/rest/info"]),
    ("/arcgis/rest/services", Layers, &["/arcgis/rest/services?f=json", "/arcgis/rest/services?f=html"]),
    (
        "/arcgis/rest/services/{service}/VectorTileServer",
        Layer,
        &["/arcgis/rest/services/{layer}/VectorTileServer?f=json"],
    ),
    (
        "/arcgis/rest/services/{service}/VectorTileServer",
        Something,
        &["/arcgis/rest/services/plan/VectorTileServer?f=json"],
    ),
    (
        "/arcgis/rest/services/{service}/VectorTileServer/",
        Layer,
        &["/arcgis/rest/services/{layer}_4490/VectorTileServer/?f=json"],
    ),
    (
        "/arcgis/rest/services/{service}/VectorTileServer/iteminfo",
        Layer,
        &["/arcgis/rest/services/{layer}/VectorTileServer/iteminfo?f=json"],
    ),
    (
        "/arcgis/rest/services/{service}/VectorTileServer/tile/{z}/{y}/{x}",
        Layer,
        &[
            "/arcgis/rest/services/{layer}/VectorTileServer/tile/9/200/416.pbf",
            "/arcgis/rest/services/{layer}_4490/VectorTileServer/tile/10/152/832.pbf",
        ],
    ),
    (
        "/arcgis/rest/services/{service}/VectorTileServer/tile/{z}/{y}/{x}",
        Layers,
        &["/arcgis/rest/services/plan/VectorTileServer/tile/9/200/416.pbf"],
    ),
    (
        "/arcgis/rest/services/{service}/VectorTileServer/tilemap/{level}/{row}/{column}/{width}/{height}",
        Layer,
        &["/arcgis/rest/services/{layer}/VectorTileServer/tilemap/12/1600/3320/32/32"],
    ),
    (
        "/arcgis/rest/services/{service}/VectorTileServer/resources/styles",
        Layer,
        &["/arcgis/rest/services/{layer}/VectorTileServer/resources/styles"],
    ),
    (
        "/arcgis/rest/services/{service}/VectorTileServer/resources/styles/",
        Layer,
        &["/arcgis/rest/services/{layer}/VectorTileServer/resources/styles/"],
    ),
    (
        "/arcgis/rest/services/{service}/VectorTileServer/resources/styles/root.json",
        Layer,
        &["/arcgis/rest/services/{layer}/VectorTileServer/resources/styles/root.json"],
    ),
    (
        "/arcgis/rest/services/{service}/VectorTileServer/resources/styles/root.json",
        Layers,
        &["/arcgis/rest/services/plan/VectorTileServer/resources/styles/root.json"],
    ),
    (
        "/arcgis/rest/services/{service}/VectorTileServer/resources/info",
        Something,
        &["/arcgis/rest/services/plan/VectorTileServer/resources/info"],
    ),
    (
        "/arcgis/rest/services/{service}/VectorTileServer/resources/info/root.json",
        Something,
        &["/arcgis/rest/services/plan/VectorTileServer/resources/info/root.json"],
    ),
    (
        "/arcgis/rest/services/{service}/VectorTileServer/resources/sprites/{file}",
        Program,
        &["/arcgis/rest/services/plan/VectorTileServer/resources/sprites/sprite.json"],
    ),
    (
        "/arcgis/rest/services/{service}/VectorTileServer/resources/fonts/{stack}/{range}",
        Program,
        &["/arcgis/rest/services/plan/VectorTileServer/resources/fonts/Noto Sans SC Medium/0-255.pbf"],
    ),
    ("/wmts", Layers, &["/wmts?service=WMTS&request=GetCapabilities"]),
    (
        "/wmts",
        Layer,
        &[
            "/wmts?service=WMTS&request=GetTile&version=1.0.0&style=default&format=image/png&layer={layer}&tilematrixset=w&tilematrix=9&tilerow=200&tilecol=416",
        ],
    ),
    ("/wmts/1.0.0/WMTSCapabilities.xml", Layers, &["/wmts/1.0.0/WMTSCapabilities.xml"]),
    (
        "/wmts/1.0.0/{layer}/{style}/{set}/{matrix}/{row}/{file}",
        Layer,
        &["/wmts/1.0.0/{layer}/default/w/9/200/416.png", "/wmts/1.0.0/{layer}/default/c/10/152/832.mvt"],
    ),
    ("/statistics", Layers, &["/statistics?group_by=layer", "/statistics?group_by=layer&f=csv"]),
    ("/statistics", Something, &["/statistics?group_by=layer&f=html", "/statistics?group_by=name&f=csv"]),
    (
        "/statistics",
        Layer,
        &["/statistics?layers={layer}", "/statistics?layers=rivers,{layer}&group_by=layer"],
    ),
    ("/plan", Something, &["/plan?f=json", "/plan?f=html"]),
    ("/plan/text", Something, &["/plan/text?f=json", "/plan/text?f=html"]),
    (
        "/plan/text/{section}",
        Something,
        &[
            "/plan/text/1-2-3?f=json",
            "/plan/text/1-3-2?f=html",
            "/plan/text/2-3-1?f=json",
            "/plan/text/3-3-3?f=json",
            "/plan/text/3-3-3?f=html",
            "/plan/text/4-1-1?f=json",
            "/plan/text/6-1?f=json",
        ],
    ),
    (
        "/plan/search",
        Something,
        &[
            "/plan/search?q=禁止&limit=100",
            "/plan/search?q=煤矿&limit=100&f=html",
            "/plan/search?q=J49E022019",
        ],
    ),
    ("/plan/features/{layer}/{feature}", Layer, &["/plan/features/{layer}/1"]),
    ("/plan/tables", Something, &["/plan/tables?f=json", "/plan/tables?f=html"]),
    (
        "/plan/tables/{table}",
        Something,
        &["/plan/tables/1-2?f=json", "/plan/tables/2-1?f=html", "/plan/tables/1-2?f=csv"],
    ),
    ("/plan/inconsistencies", Something, &["/plan/inconsistencies?f=json", "/plan/inconsistencies?f=html"]),
    (
        "/plan/indicators",
        Something,
        &[
            "/plan/indicators?at=2024-01-01",
            "/plan/indicators?f=html",
            "/plan/indicators?grant=mining_blocks/1",
        ],
    ),
    ("/events", Stream, &["/events"]),
    ("/healthz", Program, &["/healthz"]),
    ("/readyz", Layers, &["/readyz"]),
    ("/metrics", Layers, &["/metrics"]),
];

/// A square kilometre that lies in a licence and in a zone.
const PROPOSAL: &str = "1,4027000,38387000\n2,4027000,38388000\n3,4028000,38388000\n4,4028000,38387000\n";
const EXECUTION: &str = r#"{"inputs":{"proposal":"POLYGON((112.74 36.37, 112.75 36.37, 112.75 36.38, 112.74 36.38, 112.74 36.37))","kind":"mining"}}"#;

/// A server with an edition, the roles and a key for each.
struct Guarded {
    server: Server,
    keys: [(&'static str, String); 3],
    /// The token of a link to [`LINKED`].
    link: String,
    _folder: TempDir,
}

fn program(config: &Path, state: &Path, arguments: &[&str]) -> String {
    let mut command = plantiles(arguments);
    let output = command.env("PLANTILES_STATE", state).env("PLANTILES_CONFIG", config).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Guarded {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let seen_by = SECRETS.map(|(layer, roles)| match roles {
            [] => format!("{layer} = \"hidden\"\n"),
            _ if PARTS.iter().any(|(_, part, _)| *part == layer) => String::new(),
            roles => format!("{layer} = {roles:?}\n"),
        });
        let parts = PARTS.map(|(caller, layer, without)| {
            let roles = SECRETS.iter().find(|(secret, _)| *secret == layer);
            let seen_by = roles.map_or("\"public\"".to_owned(), |(_, roles)| format!("{roles:?}"));
            let part = format!("rows.{caller} = \"id = 1\"\nwithout.{caller} = {without:?}");
            format!("[access.layer.{layer}]\nfor = {seen_by}\n{part}\n")
        });
        let keys = folder.path().join("keys.json");
        let (issuer, issuer_keys) = (Signer::ec("walk"), folder.path().join("jwks.json"));
        fs::write(&issuer_keys, key_set(&[&issuer])).unwrap();
        let config = format!(
            "[access]\nkeys = {keys:?}\nroles = [\"office\", \"partner\", \"county\"]\n[access.layer]\n{}{}\
             [access.tokens]\nissuer = \"{ISSUER}\"\naudience = \"{AUDIENCE}\"\njwks = {issuer_keys:?}\n",
            seen_by.concat(),
            parts.concat()
        );
        let (file, state) = (folder.path().join("access.toml"), folder.path().join("state"));
        fs::write(&file, &config).unwrap();
        program(&file, &state, &["publish", "--revision", "2023", "--adopted", "2023-12-31"]);
        let create = |role| program(&file, &state, &["key", "create", "--role", role]);
        let key = create("office");
        let link = program(&file, &state, &["link", LINKED, "--key", &key[4..12], "--expires", "1d"]);
        let link = link.split("/link/").nth(1).unwrap().strip_suffix(LINKED).unwrap().to_owned();
        // The office and a county have keys, the partner a token.
        let mut of_partner = claims(&["partner"]);
        of_partner["exp"] = 4_000_000_000_u64.into();
        let keys = [("partner", issuer.sign(&of_partner)), ("office", key), ("county", create("county"))];
        let server = Setup::default().config(&config).state(&state).start();
        Self { server, keys, link, _folder: folder }
    }

    fn key(&self, caller: &str) -> Option<&str> {
        self.keys.iter().find(|(role, _)| *role == caller).map(|(_, key)| key.as_str())
    }

    /// The answer to a request of the table.
    #[track_caller]
    fn ask(&self, caller: &str, request: &str) -> Response {
        let mut headers = vec![];
        let bearer = self.key(caller).map(|key| format!("Bearer {key}"));
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        let (method, path) =
            request.split_once(' ').filter(|(method, _)| *method == "POST").unwrap_or(("GET", request));
        let url = self.server.url(&path.replace(' ', "%20"));
        let (kind, body) = match () {
            _ if method == "GET" => ("", ""),
            _ if path.starts_with("/ogc") => ("application/json", EXECUTION),
            _ => ("text/plain; charset=utf-8", PROPOSAL),
        };
        headers.extend(Some(("content-type", kind)).filter(|(_, kind)| !kind.is_empty()));
        let answer = http::Client::new().send(method, &url, &headers, body.as_bytes());
        answer.unwrap_or_else(|error| panic!("{request}: {error}"))
    }
}

fn sees(caller: &str, layer: &str) -> bool {
    SECRETS.iter().find(|(secret, _)| *secret == layer).is_none_or(|(_, roles)| roles.contains(&caller))
}

/// The columns that `caller` does not see of a layer that they see a part of.
fn part(caller: &str, layer: &str) -> Option<&'static [&'static str]> {
    let found = PARTS.iter().find(|(of, part, _)| *of == caller && *part == layer);
    found.map(|(.., without)| *without)
}

/// All that can be read in an answer: vector tiles and GeoPackages have texts as they are, archives have them in members
/// and tiles that are compressed.
fn legible(answer: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(answer).into_owned();
    if let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(answer)) {
        for member in 0..archive.len() {
            let mut bytes = vec![];
            archive.by_index(member).unwrap().read_to_end(&mut bytes).unwrap();
            text += &String::from_utf8_lossy(&bytes);
        }
    }
    for (at, _) in answer.windows(3).enumerate().filter(|(_, begin)| *begin == [0x1f, 0x8b, 8]) {
        let mut bytes = vec![];
        // What only looks like the beginning of a stream ends somewhere.
        let _ended = GzDecoder::new(&answer[at..]).read_to_end(&mut bytes);
        text += &String::from_utf8_lossy(&bytes);
    }
    text
}

#[track_caller]
fn expect_nothing_unseen(caller: &str, request: &str, answer: &[u8]) {
    let answer = legible(answer);
    // What was asked for is in the answer's own words.
    for word in WORDS[caller].iter().filter(|word| !request.contains(*word)) {
        assert!(!answer.contains(word), "{caller} reads `{word}` at {request}: {}", excerpt(&answer, word));
    }
}

fn excerpt(answer: &str, word: &str) -> String {
    let before: String = answer.split(word).next().unwrap_or_default().chars().rev().take(150).collect();
    before.chars().rev().collect::<String>() + word
}

/// Nobody but the caller may keep it, and no cache may take it for another's.
#[track_caller]
fn expect_kept_apart(caller: &str, request: &str, answer: &Response) {
    let cache = answer.header("cache-control").unwrap_or_default();
    if caller == "public" {
        assert!(!cache.contains("private"), "{caller} {request}: {cache}");
    } else {
        let private = cache.contains("private") || cache.contains("no-store");
        assert!(private && !cache.contains("public"), "{caller} {request}: {cache}");
    }
    for header in ["authorization", "x-api-key"] {
        assert!(answer.lists("vary", header), "{caller} {request}: {header}");
    }
}

/// Version and snapshot of each layer, which whoever once saw it knows.
static KNOWN: LazyLock<HashMap<&str, [String; 2]>> = LazyLock::new(|| {
    let open = shared();
    let known = |layer: &str| {
        let document = open.get(&format!("/tiles/{layer}.json")).expect(200).json();
        let url = document["tiles"][0].as_str().unwrap();
        let version = url.split(['@', '/']).find(|part| part.len() == 32).unwrap().to_owned();
        let file = open.ask("HEAD", &format!("/downloads/{layer}.fgb"), &[]).expect(200);
        [version, file.expect_header("etag").trim_matches('"').to_owned()]
    };
    LAYERS.iter().map(|layer| (*layer, known(layer))).collect()
});

/// The layers that requests are made for.
static LAYERS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let parts = PARTS.iter().map(|(_, layer, _)| *layer);
    SECRETS.iter().map(|(layer, _)| *layer).chain(parts).chain([PUBLIC]).collect()
});

fn filled(request: &str, layer: &str) -> String {
    let [version, snapshot] = KNOWN.get(layer).unwrap_or(&KNOWN[PUBLIC]);
    request.replace("{layer}", layer).replace("{version}", version).replace("{snapshot}", snapshot)
}

#[test]
fn every_route_is_in_the_table() {
    let routes: BTreeSet<String> = plantiles::http::paths().into_iter().collect();
    let listed: BTreeSet<String> = TABLE.iter().map(|(route, ..)| (*route).to_owned()).collect();
    assert_eq!(
        routes.difference(&listed).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "routes that nobody walks"
    );
    assert_eq!(listed.difference(&routes).collect::<Vec<_>>(), Vec::<&String>::new(), "routes that are gone");
    for (route, _, requests) in TABLE {
        for request in *requests {
            let path = request.trim_start_matches("POST ").split('?').next().unwrap();
            assert!(matches(route, path), "{request} is not of {route}");
        }
    }
}

fn matches(route: &str, path: &str) -> bool {
    let (mut route, mut path) = (route.split('/'), path.split('/'));
    loop {
        match (route.next(), path.next()) {
            (None, None) => return true,
            (Some(rest), Some(_)) if rest.starts_with("{*") => return true,
            (Some(wanted), Some(part)) if wanted == part || wanted.starts_with('{') && !part.is_empty() => {}
            _ => return false,
        }
    }
}

#[test]
fn everybody_is_shown_what_they_may_see_and_nothing_else() {
    let guarded = Guarded::start();
    let open = shared();
    let requests =
        TABLE.iter().flat_map(|(_, shows, requests)| requests.iter().map(move |request| (*shows, *request)));
    let walk = |(shows, request): &(Shows, &str)| {
        let walked = AssertUnwindSafe(|| match shows {
            Program => same(&guarded, &open, request),
            Layers | Something => listed(&guarded, request, *shows == Layers),
            Layer => layer_by_layer(&guarded, request),
            Picture => pictured(&guarded, request),
            Archive => archived(&guarded, request),
            Stream => streamed(&guarded),
        });
        catch_unwind(walked).is_err()
    };
    // All of them are walked: one that fails says nothing of the next.
    let failed: Vec<_> = requests.filter(walk).map(|(_, request)| request).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

fn same(guarded: &Guarded, open: &Server, request: &str) {
    let answers = CALLERS.map(|caller| {
        let answer = guarded.ask(caller, request).expect(200);
        expect_kept_apart(caller, request, &answer);
        answer.body
    });
    let of_program = open.get(&request.replace(' ', "%20")).expect(200).body;
    let here = |body: &[u8], server: &Server| String::from_utf8_lossy(body).replace(&server.address, "HERE");
    for body in &answers {
        assert!(body == &of_program || here(body, &guarded.server) == here(&of_program, open), "{request}");
    }
}

fn listed(guarded: &Guarded, request: &str, all: bool) {
    for caller in CALLERS {
        let answer = guarded.ask(caller, request);
        // A table that lists what is not seen is not there, nor are targets where the licences are not seen.
        let of_licences =
            ["/plan/tables/1-2", "/plan/indicators"].iter().any(|path| request.starts_with(path));
        let sees_licences = sees(caller, "mining_rights") && part(caller, "mining_rights").is_none();
        let there = match of_licences && !sees_licences {
            true => answer.status == 404,
            false => answer.status == 200,
        };
        let empty = request.contains("...current/");
        assert!(
            there || empty && answer.status == 204,
            "{caller} {request}: {} {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        if answer.status == 200 {
            expect_kept_apart(caller, request, &answer);
        }
        expect_nothing_unseen(caller, request, &answer.body);
        let text = String::from_utf8_lossy(&answer.body);
        // Metrics count all rows of a layer.
        let counted = |layer: &str| request != "/metrics" || part(caller, layer).is_none();
        let listed = SECRETS.iter().filter(|(layer, _)| all && sees(caller, layer) && counted(layer));
        for (layer, _) in listed {
            assert!(text.contains(layer), "{caller} misses `{layer}` at {request}");
        }
    }
}

fn layer_by_layer(guarded: &Guarded, request: &str) {
    for caller in CALLERS {
        let never = guarded.ask(caller, &filled(request, NEVER));
        for layer in LAYERS.iter().copied() {
            // Whoever sees a part knows no snapshot of the whole.
            let is_whole = part(caller, layer).is_some() && request.contains("{snapshot}");
            let request = filled(request, layer);
            if request.matches(PUBLIC).count() > 1 {
                continue;
            }
            let answer = guarded.ask(caller, &request);
            expect_nothing_unseen(caller, &request, &answer.body);
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            if is_whole {
                assert_eq!(answer.status, 404, "{caller} {request}");
            } else if sees(caller, layer) {
                assert!(
                    [200, 204, 307].contains(&answer.status),
                    "{caller} {request}: {} {text}",
                    answer.status
                );
                if answer.status != 307 {
                    expect_kept_apart(caller, &request, &answer);
                }
            } else {
                assert!(answer.status >= 400, "{caller} {request}");
                assert_eq!(answer.status, never.status, "{caller} {request}: {text}");
                assert_eq!(
                    text.replace(layer, NEVER),
                    String::from_utf8_lossy(&never.body),
                    "{caller} {request}"
                );
            }
        }
    }
}

fn pictured(guarded: &Guarded, request: &str) {
    let answers = CALLERS.map(|caller| {
        let answer = guarded.ask(caller, request).expect(200);
        expect_kept_apart(caller, request, &answer);
        (answer.expect_header("etag").to_owned(), answer.body)
    });
    let pairs = (0..CALLERS.len()).flat_map(|one| (0..one).map(move |other| (one, other)));
    for (one, other) in pairs {
        assert_ne!(
            answers[one].0, answers[other].0,
            "{request}: tags of {} and {}",
            CALLERS[one], CALLERS[other]
        );
        assert_ne!(
            answers[one].1, answers[other].1,
            "{request}: what {} and {} see",
            CALLERS[one], CALLERS[other]
        );
    }
}

/// The metadata of a PMTiles archive (version 3): where it lies stands in the header, and it is gzip.
fn archived(guarded: &Guarded, request: &str) {
    for caller in CALLERS {
        let mut answer = guarded.ask(caller, request);
        // All tiles are cut for it when it is asked for first.
        let deadline = Instant::now() + Duration::from_secs(300);
        while answer.status == 503 && Instant::now() < deadline {
            answer = guarded.ask(caller, request);
        }
        let answer = answer.expect(200);
        expect_kept_apart(caller, request, &answer);
        let number = |at: usize| u64::from_le_bytes(answer.body[at..at + 8].try_into().unwrap()) as usize;
        let mut metadata = String::new();
        GzDecoder::new(&answer.body[number(24)..][..number(32)]).read_to_string(&mut metadata).unwrap();
        expect_nothing_unseen(caller, request, &answer.body);
        let metadata: Value = serde_json::from_str(&metadata).unwrap();
        let layers = metadata["vector_layers"].to_string();
        for (layer, _) in SECRETS.into_iter().filter(|(layer, _)| sees(caller, layer)) {
            assert!(layers.contains(layer), "{caller} misses `{layer}` at {request}");
        }
    }
}

fn streamed(guarded: &Guarded) {
    for caller in CALLERS {
        let mut stream = TcpStream::connect(&guarded.server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let key = guarded.key(caller).map(|key| format!("X-API-Key: {key}\r\n")).unwrap_or_default();
        write!(stream, "GET /events HTTP/1.1\r\nHost: a\r\n{key}\r\n").unwrap();
        let lines = BufReader::new(stream).lines().map(Result::unwrap);
        let data = lines.into_iter().find(|line| line.starts_with("data:")).unwrap();
        expect_nothing_unseen(caller, "/events", data.as_bytes());
        for (layer, _) in SECRETS.into_iter().filter(|(layer, _)| sees(caller, layer)) {
            assert!(data.contains(layer), "{caller} misses `{layer}` in {data}");
        }
    }
}

/// The tiles of the plan of a caller who sees whole layers are those of these layers, and of no other, to the byte.
#[test]
fn the_plan_of_a_caller_is_the_layers_that_they_see() {
    let guarded = Guarded::start();
    let open = shared();
    let layers = open.get("/layers.json").expect(200).json();
    let ids: Vec<_> =
        layers["layers"].as_array().unwrap().iter().map(|layer| layer["id"].as_str().unwrap()).collect();
    for caller in CALLERS.into_iter().filter(|caller| PARTS.iter().all(|(of, ..)| of != caller)) {
        let seen: Vec<_> = ids.iter().copied().filter(|layer| sees(caller, layer)).collect();
        let joined = seen.join(",");
        for tile in ["9/416/200.mvt", "9/416/200.png", "11/1665/802.mvt", "11/1665/802@2x.png"] {
            let expected = open.get(&format!("/tiles/{joined}/{tile}")).expect(200);
            let answer = guarded.ask(caller, &format!("/tiles/plan/{tile}")).expect(200);
            assert_eq!(answer.expect_header("etag"), expected.expect_header("etag"), "{caller} {tile}");
            assert!(answer.body == expected.body, "{caller} {tile}");
        }
    }
}

#[test]
fn a_key_that_is_none_gets_nothing_anywhere() {
    let guarded = Guarded::start();
    let real = guarded.key("office").unwrap();
    let forged = format!("{}{}", &real[..13], "A".repeat(43));
    for (_, _, requests) in TABLE {
        for request in *requests {
            let request = filled(request, PUBLIC);
            let path = request.trim_start_matches("POST ").replace(' ', "%20");
            let method = if request.starts_with("POST ") { "POST" } else { "GET" };
            let answer = guarded.server.ask(method, &path, &[("authorization", &format!("Bearer {forged}"))]);
            assert!(answer.expect_header("www-authenticate").starts_with("Bearer "), "{request}");
            assert_eq!(answer.expect_header("cache-control"), "no-store");
            answer.expect_problem(401);
        }
    }
}

#[test]
fn a_link_is_one_path_of_all() {
    let guarded = Guarded::start();
    let link = &guarded.link;
    guarded.server.get(&format!("/link/{link}{LINKED}")).expect(200);
    for (_, _, requests) in TABLE {
        for request in *requests {
            for layer in SECRETS.map(|(layer, _)| layer).into_iter().chain([PUBLIC]) {
                let request = filled(request, layer);
                let path = request.trim_start_matches("POST ").replace(' ', "%20");
                let method = if request.starts_with("POST ") { "POST" } else { "GET" };
                let answer = guarded.server.ask(method, &format!("/link/{link}{path}"), &[]);
                if path.split('?').next() == Some(LINKED) {
                    answer.expect(200);
                } else {
                    assert_eq!(answer.status, 401, "{request}");
                    answer.expect_problem(401);
                }
            }
        }
    }
}
