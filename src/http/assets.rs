//! Files in the binary: the viewer, styles, sprites and glyphs.

use super::{
    App, Problem, Segments, negotiate,
    policy::Policy,
    respond::{REVALIDATE, Representation, VARY_ENCODING, acceptable, etag},
};
use crate::{
    encoding::{self, Encoding},
    snapshot::SnapshotId,
    style,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue},
    response::Response,
};
use bytes::Bytes;
use include_dir::{Dir, include_dir};
use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

/// The page at `/`, and what is under `/assets/`.
pub static VIEWER: Dir = include_dir!("$CARGO_MANIFEST_DIR/src/viewer/dist");

/// All files by their path in the folder that they come from.
pub struct Assets {
    viewer: HashMap<&'static str, Asset>,
    sprites: HashMap<&'static str, Asset>,
    fonts: HashMap<&'static str, Asset>,
}

impl Assets {
    pub fn embedded() -> Self {
        Self { viewer: load(&VIEWER), sprites: load(&style::SPRITES), fonts: load(&style::FONTS) }
    }
}

impl Assets {
    /// The files of glyphs: font and range.
    pub fn glyph_files(&self) -> Vec<String> {
        let mut files: Vec<_> =
            self.fonts.keys().filter(|path| path.ends_with(".pbf")).map(ToString::to_string).collect();
        files.sort_unstable();
        files
    }
}

fn load(dir: &'static Dir<'static>) -> HashMap<&'static str, Asset> {
    let mut files = HashMap::new();
    let mut dirs = vec![dir];
    while let Some(dir) = dirs.pop() {
        dirs.extend(dir.dirs());
        let named = dir.files().filter_map(|file| Some((file.path().to_str()?, Asset::new(file.contents()))));
        files.extend(named);
    }
    files
}

struct Asset {
    bytes: &'static [u8],
    hash: SnapshotId,
    /// Compressed on first use, once for each coding.
    compressed: [OnceLock<(Bytes, Encoding)>; 3],
}

impl Asset {
    fn new(bytes: &'static [u8]) -> Self {
        Self { bytes, hash: SnapshotId::of(bytes), compressed: Default::default() }
    }

    fn encoded(&self, encoding: Encoding) -> (Bytes, Encoding) {
        let slot = match encoding {
            Encoding::Identity => return (Bytes::from_static(self.bytes), encoding),
            Encoding::Gzip => &self.compressed[0],
            Encoding::Brotli => &self.compressed[1],
            Encoding::Zstd => &self.compressed[2],
        };
        slot.get_or_init(|| encoding::encode(Bytes::from_static(self.bytes), encoding)).clone()
    }

    fn answer(&self, path: &str, headers: &HeaderMap) -> Result<Response, Problem> {
        let (bytes, encoding) = self.encoded(acceptable(negotiate::accepted(headers))?);
        let representation = Representation {
            bytes,
            encoding,
            etag: etag(&self.hash, encoding),
            content_type: HeaderValue::from_static(content_type(path)),
            cache_control: REVALIDATE,
            vary: VARY_ENCODING,
        };
        representation.answer(headers)
    }
}

/// The media type of a file by the end of its name, also of one that a host of files sends.
pub fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, suffix)| suffix) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "pbf" => "application/x-protobuf",
        "txt" | "md" => "text/plain; charset=utf-8",
        "woff2" => "font/woff2",
        "fgb" => "application/flatgeobuf",
        "pmtiles" => "application/vnd.pmtiles",
        // A document of the server that has no ending.
        "" => "application/json",
        _ => "application/octet-stream",
    }
}

fn answer(
    files: &HashMap<&'static str, Asset>,
    path: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let asset = files.get(path).ok_or_else(|| Problem::not_found("there is no such file"))?;
    asset.answer(path, headers)
}

pub async fn viewer(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Problem> {
    let mut response = answer(&app.assets.viewer, "index.html", &headers)?;
    Policy::Live.guard(response.headers_mut());
    Ok(response)
}

/// `/assets/{file}`
pub async fn viewer_file(
    State(app): State<Arc<App>>,
    Segments(path): Segments<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(&app.assets.viewer, &path, &headers)
}

/// `/sprites/{id}[@2x].{json,png}`, `/sprites/{id}/{symbol}.svg`
pub async fn sprite(
    State(app): State<Arc<App>>,
    Segments(file): Segments<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(&app.assets.sprites, &file, &headers)
}

/// `/fonts/{stack}/{range}.pbf`; of a stack of several fonts the first that is here.
pub async fn glyphs(
    State(app): State<Arc<App>>,
    Segments((stack, file)): Segments<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let paths = stack.split(',').map(|font| format!("{}/{file}", font.trim()));
    let found =
        paths.into_iter().find(|path| path.ends_with(".pbf") && app.assets.fonts.contains_key(path.as_str()));
    let path = found.ok_or_else(|| Problem::not_found("there are no such glyphs"))?;
    answer(&app.assets.fonts, &path, &headers)
}
