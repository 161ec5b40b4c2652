//! A map of the plan as a folder of files, for a host that sends plain files by range: no plantiles, no database.
//!
//! Paths are those of the server, so the page finds everything where it looks for it; addresses in the files are relative
//! to the page. Tiles are in one archive.

use crate::{
    catalog::Catalog,
    config::PublicUrl,
    describe, http,
    style::{self, Sheets, StyleId, Subject, Theme},
};
use anyhow::bail;
use include_dir::Dir;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The archive in the folder.
const ARCHIVE: &str = "downloads/plan.pmtiles";

/// Stands for the folder in documents, until it is taken out of them.
const FOLDER: &str = "http://folder.invalid";

/// Writes the folder `path`, which must not be there; `write` writes the archive. It has its name when it is whole: a run
/// that was killed is gone on with.
pub fn write<T>(
    catalog: &Catalog,
    path: &Path,
    write: impl FnOnce(&Path) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    if path.exists() {
        bail!("{}: there is something already; name a new folder", path.display());
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let folder = PathBuf::from(unfinished);
    fs::create_dir_all(folder.join("styles"))?;
    fs::create_dir_all(folder.join("downloads"))?;
    for (name, files) in [("assets", &http::VIEWER), ("sprites", &style::SPRITES), ("fonts", &style::FONTS)] {
        extract(files, &folder.join(name))?;
    }
    fs::rename(folder.join("assets/index.html"), folder.join("index.html"))?;
    for (name, text) in documents(catalog)? {
        fs::write(folder.join(name), text)?;
    }
    for layer in catalog.layers() {
        fs::write(folder.join(format!("downloads/{}.fgb", layer.id())), layer.snapshot.bytes())?;
    }
    let written = write(&folder.join(ARCHIVE))?;
    fs::rename(&folder, path)?;
    Ok(written)
}

fn extract(files: &Dir, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    Ok(files.extract(to)?)
}

/// What the page reads beside files that the program has.
fn documents(catalog: &Catalog) -> anyhow::Result<Vec<(String, String)>> {
    let base = PublicUrl::try_from(FOLDER.to_owned())?;
    let sheets = Sheets::embedded()?;
    let (source, archive) = (format!("{FOLDER}/tiles/plan.json"), format!("pmtiles://{ARCHIVE}"));
    let styles = Theme::ALL.into_iter().filter_map(|theme| {
        let id = StyleId { subject: Subject::Plan, theme };
        let name = format!("styles/{id}.json");
        Some((name, describe::style(&sheets.style(id, catalog)?, None, &base).replace(&source, &archive)))
    });
    let rest = [
        ("layers.json".to_owned(), describe::catalog(catalog, None, None, &base).to_string()),
        ("revisions".to_owned(), describe::revisions(catalog, &[], &base).to_string()),
    ];
    let relative = |text: String| text.replace(&format!("{FOLDER}/"), "");
    Ok(styles.chain(rest).map(|(name, text)| (name, relative(text))).collect())
}
