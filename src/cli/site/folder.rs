//! The files of a site, in a folder.

use crate::{
    archive::Pyramid,
    catalog::{Catalog, PublishedLayer},
    config::PublicUrl,
    describe, http,
    snapshot::SnapshotId,
    style::{self, Sheets, StyleId, Subject, Theme},
};
use anyhow::bail;
use include_dir::Dir;
use plantiles_mapped::MappedFile;
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

/// Stands for the folder in documents, until it is taken out of them.
const FOLDER: &str = "http://folder.invalid";

/// What a site is made of.
pub struct Site<'a> {
    pub catalog: &'a Catalog,
    pub pyramid: &'a Pyramid,
    /// Under which address it will be reached; without one, addresses in it are relative to the page.
    pub address: Option<&'a PublicUrl>,
}

/// Writes the folder `path`, which must not be there; `write` writes the archive. It has its name when it is whole: a run
/// that was killed is gone on with.
pub fn write(
    site: &Site,
    path: &Path,
    write: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if path.exists() {
        bail!("{}: there is something already; name a new folder", path.display());
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let folder = PathBuf::from(unfinished);
    for name in ["styles", "downloads", "tiles"] {
        fs::create_dir_all(folder.join(name))?;
    }
    for (name, files) in [("assets", &http::VIEWER), ("sprites", &style::SPRITES), ("fonts", &style::FONTS)] {
        extract(files, &folder.join(name))?;
    }
    fs::rename(folder.join("assets/index.html"), folder.join("index.html"))?;
    let archive = put_archive(&folder, write)?;
    for layer in site.catalog.layers() {
        fs::write(folder.join(file_of(layer)), layer.snapshot.bytes())?;
    }
    for (name, text) in site.documents(&archive)? {
        fs::write(folder.join(name), text)?;
    }
    Ok(fs::rename(&folder, path)?)
}

fn extract(files: &Dir, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    Ok(files.extract(to)?)
}

/// Has the archive written and names it by its content; returns its path in the folder.
fn put_archive(folder: &Path, write: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<String> {
    // Of a run that was killed, maybe with another plan.
    for entry in fs::read_dir(folder.join("downloads"))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().contains('@') {
            fs::remove_file(entry.path())?;
        }
    }
    let unnamed = folder.join("downloads/plan.pmtiles");
    write(&unnamed)?;
    let id = SnapshotId::of(&MappedFile::new(&File::open(&unnamed)?)?);
    let archive = format!("downloads/plan@{id}.pmtiles");
    fs::rename(&unnamed, folder.join(&archive))?;
    Ok(archive)
}

fn file_of(layer: &PublishedLayer) -> String {
    format!("downloads/{}@{}.fgb", layer.id(), layer.snapshot.id)
}

impl Site<'_> {
    /// What the page and other programs read beside files that the program has.
    fn documents(&self, archive: &str) -> anyhow::Result<Vec<(String, String)>> {
        let catalog = self.catalog;
        let base = PublicUrl::try_from(FOLDER.to_owned())?;
        let sheets = Sheets::embedded()?;
        let (source, tiles) = (format!("{FOLDER}/tiles/plan.json"), format!("pmtiles://{FOLDER}/{archive}"));
        let styles = Theme::ALL.into_iter().filter_map(|theme| {
            let id = StyleId { subject: Subject::Plan, theme };
            let name = format!("styles/{id}.json");
            Some((name, describe::style(&sheets.style(id, catalog)?, None, &base).replace(&source, &tiles)))
        });
        let rest = [
            ("tiles/plan.json", self.tilejson(&tiles, &base)),
            ("layers.json", self.layers(archive, &base)),
            ("revisions", describe::revisions(catalog, &[], &base)),
        ];
        let rest = rest.map(|(name, document)| (name.to_owned(), document.to_string()));
        let address = self.address.map(|address| format!("{}/", address.as_str())).unwrap_or_default();
        let placed = |text: String| text.replace(&format!("{FOLDER}/"), &address);
        Ok(styles.chain(rest).map(|(name, text)| (name, placed(text))).collect())
    }

    /// TileJSON of what is in the archive, whose tiles are had by a client that reads PMTiles.
    fn tilejson(&self, tiles: &str, base: &PublicUrl) -> Value {
        let Self { catalog, pyramid, .. } = self;
        let mut document = describe::tilejson(&pyramid.tileset, catalog.origin, None, None, base);
        let bounds = pyramid.bounds();
        document["tiles"] = json!([format!("{tiles}/{{z}}/{{x}}/{{y}}")]);
        document["minzoom"] = json!(pyramid.zooms.start());
        document["maxzoom"] = json!(pyramid.zooms.end());
        document["vector_layers"] = json!(describe::vector_layers(&pyramid.tileset, *pyramid.zooms.end()));
        document["bounds"] = json!([bounds.min_x, bounds.min_y, bounds.max_x, bounds.max_y]);
        document
    }

    /// The catalog of layers, with the files that there are.
    fn layers(&self, archive: &str, base: &PublicUrl) -> Value {
        let mut document = describe::catalog(self.catalog, None, None, base);
        let file = |format: &str, path: &str| json!({ "format": format, "title": format, "href": format!("{FOLDER}/{path}") });
        document["downloads"] = json!([file("pmtiles", archive)]);
        for (entry, layer) in
            document["layers"].as_array_mut().into_iter().flatten().zip(self.catalog.layers())
        {
            let path = file_of(layer);
            entry["download"] = json!(format!("{FOLDER}/{path}"));
            entry["downloads"] = json!([file("fgb", &path)]);
            entry["tilejson"] = json!(format!("{FOLDER}/tiles/plan.json"));
        }
        document
    }
}
