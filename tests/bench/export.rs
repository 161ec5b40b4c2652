//! Exports a table to a snapshot: what `plantiles publish` does before it prepares the layer for tiles.
//!
//!     bench_export URL STATE SCHEMA TABLE

use plantiles::{
    plan::LayerId,
    postgis::{Database, Limits, Table, TableMapping, begin_export, describe, export},
    snapshot::{Origin, Store},
};
use std::path::Path;

/// The server's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, state, schema, table] = <[String; 4]>::try_from(arguments)
        .map_err(|_| anyhow::anyhow!("usage: bench_export URL STATE SCHEMA TABLE"))?;
    // As a task, like the command.
    tokio::spawn(run(url, state, schema, table)).await?
}

async fn run(url: String, state: String, schema: String, table: String) -> anyhow::Result<()> {
    let store = Store::open(Path::new(&state))?;
    let publication = store.begin()?;
    let layer = LayerId::new(&table)?;
    let table = Table { schema, name: table, id: "id".into(), geometry: "geom".into() };
    let mut client = Database::new(&url.parse()?, Limits::default())?.client().await?;
    let mut transaction = begin_export(&mut client).await?;
    let source = describe(&mut transaction, &TableMapping { layer, table }).await?;
    let snapshot = export(&mut transaction, &source, &publication).await?;
    publication.commit(Origin::Database, &[snapshot])?;
    Ok(())
}
