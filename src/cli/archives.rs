//! Archives of tiles from what is published, with the database or without.

use super::{
    WrongUsage,
    progress::Progress,
    published::catalog,
    say::{note, say},
    site::{self, Aside, Sent, Site},
    store,
};
use crate::{
    access::Sight,
    archive::{self, DEEPEST, Format, Pyramid},
    bucket::Location,
    catalog::{Catalog, PLAN},
    config::{self, Config, PublicUrl},
    crs::Crs,
    features::Area,
    grid::MAX_ZOOM,
    plan::LayerId,
    snapshot::Bounds,
};
use anyhow::Context;
use std::{
    num::NonZeroUsize,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    str::FromStr,
    time::Instant,
};
use tokio::task::block_in_place;

/// Which tiles.
pub struct Tiles {
    /// Those of the whole plan when it is empty.
    pub layers: Vec<LayerId>,
    pub bbox: Option<Bounds>,
    pub zooms: Option<Zooms>,
}

#[derive(Debug, Clone)]
pub struct Zooms(RangeInclusive<u8>);

impl FromStr for Zooms {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (first.trim().parse(), last.trim().parse()) {
            (Ok(first), Ok(last)) if first <= last && last <= MAX_ZOOM => Ok(Self(first..=last)),
            _ => Err(format!("not two zooms from 0 to {MAX_ZOOM}, the lower one first, such as 0-14")),
        }
    }
}

/// The box of tiles: degrees, west and south before east and north.
pub fn bounds(text: &str) -> Result<Bounds, String> {
    let found = Area::parse(text, Crs::Crs84).map_err(|reason| format!("{reason}, such as {EXAMPLE}"))?;
    match found.cover() {
        [bounds] => Ok(*bounds),
        _ => Err(format!("it does not run over the antimeridian, such as {EXAMPLE}")),
    }
}

const EXAMPLE: &str = "112.6,36.2,112.9,36.4";

impl Tiles {
    /// The tiles, down to zoom `deepest` unless another is asked for.
    pub fn pyramid(&self, catalog: &Catalog, deepest: u8) -> anyhow::Result<Pyramid> {
        let names: Vec<&str> = self.layers.iter().map(LayerId::as_str).collect();
        let name = if names.is_empty() { PLAN.to_owned() } else { names.join(",") };
        let zooms = self.zooms.as_ref().map_or(0..=deepest, |zooms| zooms.0.clone());
        Ok(Pyramid::new(catalog.tileset(&name)?, catalog.origin, zooms, self.bbox))
    }
}

pub async fn export(config: &Config, tiles: Tiles, format: Format, path: &Path) -> anyhow::Result<()> {
    let store = store::pulled(config)?;
    let pyramid = tiles.pyramid(&catalog(config, &store).await?, DEEPEST)?;
    block_in_place(|| write(config, &pyramid, format, path))
}

/// Where a site goes.
pub enum Place {
    Folder(PathBuf),
    Bucket(Location),
}

pub async fn site(
    config: &Config,
    tiles: Tiles,
    address: Option<&PublicUrl>,
    place: &Place,
) -> anyhow::Result<()> {
    if !tiles.layers.is_empty() {
        return Err(WrongUsage("a site is of the whole plan".into()).into());
    }
    let store = store::pulled(config)?;
    let catalog = for_everybody(config, &catalog(config, &store).await?);
    let pyramid = tiles.pyramid(&catalog, DEEPEST)?;
    let site = Site { catalog: &catalog, pyramid: &pyramid, address };
    let write_to = |path: &Path| {
        block_in_place(|| {
            site::write(&site, path, |archive| write(config, &pyramid, Format::PmTiles, archive))
        })
    };
    match place {
        Place::Folder(path) => {
            write_to(path)?;
            say!("{}: to be sent by any host of files that sends ranges", path.display());
        }
        Place::Bucket(location) => {
            let aside = Aside::begin(config.state_dir())?;
            write_to(&aside.folder())?;
            let Sent { files, bytes, unchanged, removed } = site::send(&aside.folder(), location).await?;
            aside.finish()?;
            say!(
                "{files} files sent, {bytes} bytes; {unchanged} were there, {removed} old ones were removed"
            );
        }
    }
    Ok(())
}

/// What the public sees, since nobody asks those who read files who they are. A layer of which it sees a part is left out.
fn for_everybody(config: &Config, catalog: &Catalog) -> Catalog {
    let public = config.access.as_ref().map(|access| Sight::of(access, None)).unwrap_or_default();
    let left_out: Vec<_> =
        catalog.layers().iter().map(|layer| layer.id()).filter(|id| !public.sees_all_of(id)).collect();
    if !left_out.is_empty() {
        let names: Vec<_> = left_out.into_iter().map(LayerId::as_str).collect();
        note!("not for everybody, and left out: {}", names.join(", "));
    }
    catalog.with(|layer| public.part(layer))
}

fn write(config: &Config, pyramid: &Pyramid, format: Format, path: &Path) -> anyhow::Result<()> {
    let threads = config.tiles.threads.map_or_else(config::cores, NonZeroUsize::get);
    let (mut bar, start) = (Progress::default(), Instant::now());
    let mut progress = |at: archive::Progress| match at {
        archive::Progress::Cutting { done, of, tiles } => bar.share(done, of, &format!("{tiles} tiles")),
        archive::Progress::Writing => bar.say("writing the archive"),
    };
    let written = archive::write(pyramid, format, path, threads, &mut progress);
    drop(bar);
    let archive::Written { tiles, contents, cut, bytes } =
        written.with_context(|| path.display().to_string())?;
    let rate = cut as f64 / start.elapsed().as_secs_f64();
    let before =
        if cut < tiles { format!(", {} of them by a run before", tiles - cut) } else { String::new() };
    say!("{}: {tiles} tiles{before}, {contents} different, {bytes} bytes; {rate:.0} tiles/s", path.display());
    Ok(())
}
