//! `plantiles seed`: a running server cuts tiles before anybody waits for them.
//!
//! The cache is in the memory of the server, so it alone can fill it: it is asked for the tiles as browsers ask. Which
//! tiles there are is read from the state directory.

use super::{
    archives::{Tiles, Zooms, bounds},
    progress::Progress,
    published::catalog,
    say::say,
};
use crate::{
    archive::in_order,
    config::{self, Config, PublicUrl},
    grid::TileCoord,
    plan::LayerId,
    snapshot::{Bounds, Store},
};
use anyhow::bail;
use clap::Args;
use std::{num::NonZeroUsize, sync::Arc, thread, time::Duration};
use tokio::task::block_in_place;
use ureq::{Agent, http::StatusCode};

/// Last zoom unless another is asked for.
const DEEPEST: u8 = 10;

/// What browsers accept.
const CODINGS: &str = "gzip, deflate, br, zstd";

/// How long a server that has too much to do is left alone.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub struct SeedArgs {
    /// The server [default: the configured address to listen on]
    #[arg(long, value_name = "URL", value_parser = server)]
    url: Option<PublicUrl>,
    /// Layer that is in the tiles; repeatable [default: the whole plan]
    #[arg(long, value_name = "ID", value_parser = LayerId::new)]
    layer: Vec<LayerId>,
    /// Only tiles that meet the box: west, south, east, north in degrees
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true, value_parser = bounds)]
    bbox: Option<Bounds>,
    /// First and last zoom [default: 0-10; deeper tiles are cut in a fraction of a millisecond]
    #[arg(long, value_name = "A-B")]
    zoom: Option<Zooms>,
}

fn server(text: &str) -> Result<PublicUrl, String> {
    if text.starts_with("https://") {
        return Err("plain http only: ask the server itself, not the proxy in front of it".into());
    }
    PublicUrl::try_from(text.to_owned()).map_err(|error| error.to_string())
}

pub async fn seed(config: &Config, args: SeedArgs) -> anyhow::Result<()> {
    let url = match args.url {
        Some(url) => url,
        None => server(config.server.own_url().as_str()).map_err(anyhow::Error::msg)?,
    };
    let wanted = Tiles { layers: args.layer, bbox: args.bbox, zooms: args.zoom };
    let store = Arc::new(Store::open(config.state_dir())?);
    let pyramid = wanted.pyramid(&catalog(config, &store).await?, DEEPEST)?;
    let tiles: Vec<_> = block_in_place(|| pyramid.candidates().collect());
    // Two for each thread: one tile is cut while the next is on its way. Far fewer than may wait in the server.
    let connections = 2 * config.tiles.threads.map_or_else(config::cores, NonZeroUsize::get);
    let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
    let ask =
        |tile: TileCoord| ask(&agent, &format!("{}/tiles/{}/{tile}.mvt", url.as_str(), pyramid.tileset.name));
    let (mut progress, of) = (Progress::default(), tiles.len());
    let (mut done, mut ready, mut bytes) = (0, 0, 0);
    let take = |length: anyhow::Result<usize>| {
        let length = length?;
        (done, ready, bytes) = (done + 1, ready + usize::from(length > 0), bytes + length);
        progress.share(done, of, &format!("{ready} tiles"));
        anyhow::Ok(())
    };
    let asked = block_in_place(|| in_order(connections, tiles.into_iter(), ask, take));
    drop(progress);
    asked?;
    say!("{}: {ready} tiles are ready, {bytes} bytes", url.as_str());
    Ok(())
}

/// The length of the tile as it is sent; 0 when it is empty.
fn ask(agent: &Agent, url: &str) -> anyhow::Result<usize> {
    loop {
        let mut answer = agent.get(url).header("Accept-Encoding", CODINGS).call()?;
        match answer.status() {
            StatusCode::OK | StatusCode::NO_CONTENT => return Ok(answer.body_mut().read_to_vec()?.len()),
            StatusCode::SERVICE_UNAVAILABLE => thread::sleep(PAUSE),
            status => bail!("{url}: {status}"),
        }
    }
}
