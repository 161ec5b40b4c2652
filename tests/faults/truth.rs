//! What answers must be: ranges are slices of the snapshot that they name, which hashes to its name; tiles are what the
//! engine cuts, here, from the snapshots of the version that they name.

use crate::support::http::{Client, Response};
use plantiles::{
    grid::QuadGrid,
    plan::Rules,
    snapshot::{Snapshot, SnapshotId},
    tile::{self, TileLayer},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;

/// Most bytes of a tile, as the server has it by default.
const MAX_TILE: usize = 500_000;

pub type Place = (u8, u32, u32);
/// Layers, in order, and their snapshots.
type Plan = Vec<(String, String)>;

#[derive(Default)]
pub struct Truth {
    /// By id.
    snapshots: Mutex<HashMap<String, Arc<Vec<u8>>>>,
    /// The layers and snapshots of a version of the plan; none when it was gone before one could ask.
    plans: Mutex<HashMap<String, Option<Plan>>>,
    /// The first answer for each tile of a version.
    tiles: Mutex<HashMap<(String, Place), Vec<u8>>>,
}

/// What could be judged at the end.
#[derive(Debug, Default)]
pub struct Verdict {
    pub versions: usize,
    pub tiles: usize,
    /// Versions that had gone before one could ask what is in them.
    pub unknown: usize,
}

impl Truth {
    /// Whether a tile is as it was before in its version.
    pub fn tile(&self, client: &Client, base: &str, place: Place, answer: Response) -> Result<(), String> {
        let version = tag(&answer)?;
        self.learn(client, base, &version)?;
        let mut tiles = self.tiles.lock().unwrap();
        let first = tiles.entry((version, place)).or_insert_with(|| answer.body.clone());
        if *first == answer.body { Ok(()) } else { Err(format!("{place:?} has two contents in one version")) }
    }

    /// Asks what a version holds when it is met first.
    fn learn(&self, client: &Client, base: &str, version: &str) -> Result<(), String> {
        if self.plans.lock().unwrap().contains_key(version) {
            return Ok(());
        }
        let catalog = client
            .ask("GET", &format!("{base}/layers.json"), &[])
            .map_err(|e| format!("/layers.json: {e}"))?;
        let catalog = catalog.json();
        let mut plan = None;
        if catalog["version"] == version {
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let layers = catalog["layers"].as_array().unwrap();
            let layers: Vec<_> = layers.iter().map(|l| (text(&l["id"]), text(&l["snapshot"]))).collect();
            for (layer, id) in &layers {
                self.snapshot(client, base, layer, id)?;
            }
            plan = Some(layers);
        }
        self.plans.lock().unwrap().entry(version.to_owned()).or_insert(plan);
        Ok(())
    }

    /// Whether a part of a download is that part of the snapshot that it names.
    pub fn range(
        &self,
        client: &Client,
        base: &str,
        layer: &str,
        range: std::ops::Range<usize>,
        answer: &Response,
    ) -> Result<(), String> {
        let id = tag(answer)?;
        let Some(whole) = self.snapshot(client, base, layer, &id)? else { return Ok(()) };
        let named = format!("bytes {}-{}/{}", range.start, range.end - 1, whole.len());
        if answer.header("content-range") != Some(&named) {
            return Err(format!("{:?} for {named}", answer.header("content-range")));
        }
        if whole[range] == answer.body {
            Ok(())
        } else {
            Err(format!("another part of {layer} than {named}"))
        }
    }

    /// The bytes of a snapshot, whose hash is its id; `None` when it is not kept any more.
    fn snapshot(
        &self,
        client: &Client,
        base: &str,
        layer: &str,
        id: &str,
    ) -> Result<Option<Arc<Vec<u8>>>, String> {
        if let Some(known) = self.snapshots.lock().unwrap().get(id) {
            return Ok(Some(Arc::clone(known)));
        }
        let url = format!("{base}/downloads/{layer}@{id}.fgb");
        let answer = client.ask("GET", &url, &[]).map_err(|e| format!("{url}: {e}"))?;
        match answer.status {
            200 if SnapshotId::of(&answer.body).to_string() == id => {}
            200 => return Err(format!("{layer}@{id} has another hash")),
            404 => return Ok(None),
            status => return Err(format!("{url}: {status}")),
        }
        let bytes = Arc::new(answer.body);
        self.snapshots.lock().unwrap().insert(id.to_owned(), Arc::clone(&bytes));
        Ok(Some(bytes))
    }

    /// Cuts every tile that was sent and compares.
    pub fn judge(&self) -> Verdict {
        let (folder, grid) = (tempfile::tempdir().unwrap(), QuadGrid::web_mercator());
        let (plans, tiles) = (self.plans.lock().unwrap(), self.tiles.lock().unwrap());
        let mut prepared: HashMap<String, Arc<TileLayer>> = HashMap::new();
        let mut verdict = Verdict::default();
        for (version, plan) in plans.iter() {
            let Some(plan) = plan else {
                verdict.unknown += 1;
                continue;
            };
            verdict.versions += 1;
            let layers: Vec<_> = plan
                .iter()
                .map(|(_, id)| {
                    Arc::clone(prepared.entry(id.clone()).or_insert_with(|| self.prepare(&folder, &grid, id)))
                })
                .collect();
            let layers: Vec<&TileLayer> = layers.iter().map(Arc::as_ref).collect();
            for ((_, (z, x, y)), body) in tiles.iter().filter(|((of, _), _)| of == version) {
                let cut = tile::cut(&layers, &grid, grid.tile(*z, *x, *y).unwrap(), MAX_TILE);
                assert!(cut.bytes == *body, "tile {z}/{x}/{y} of version {version} is not what is to be cut");
                verdict.tiles += 1;
            }
        }
        verdict
    }

    fn prepare(&self, folder: &TempDir, grid: &QuadGrid, id: &str) -> Arc<TileLayer> {
        let path = folder.path().join(id);
        std::fs::write(&path, &**self.snapshots.lock().unwrap()[id]).unwrap();
        let snapshot = Snapshot::open(&path, id.parse().unwrap()).unwrap();
        Arc::new(TileLayer::prepare(snapshot, grid, &Rules::default()).unwrap())
    }
}

/// What the entity tag names.
fn tag(answer: &Response) -> Result<String, String> {
    let tag = answer.header("etag").ok_or("no entity tag")?;
    Ok(tag.trim_matches('"').to_owned())
}
