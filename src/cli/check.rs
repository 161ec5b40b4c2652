//! `plantiles check`: what is wrong with the configuration, the published state and the database.

use crate::{
    config::Config,
    postgis,
    publisher::{Publisher, chain},
};
use anyhow::bail;

/// Prints one line for each thing looked at; fails when one of them is wrong.
pub async fn check(config: &Config) -> anyhow::Result<()> {
    println!("configuration: ok");
    let publisher = Publisher::open(config)?;
    let mut wrong = 0;
    match publisher.resume() {
        None => println!("state {}: nothing published yet", config.state_dir().display()),
        Some(set) => {
            println!("state {}: {} layers verified", config.state_dir().display(), set.layers.len());
            wrong += set.failures.len();
            set.failures.iter().for_each(|failure| println!("state: {failure}"));
        }
    }
    if let Some(database) = publisher.database() {
        match tables(database).await {
            Ok(count) => println!("database: {count} layers described"),
            Err(error) => {
                wrong += 1;
                println!("database: {}", chain(&error));
            }
        }
    }
    if wrong > 0 {
        bail!("{wrong} problems");
    }
    Ok(())
}

async fn tables(database: &postgis::Database) -> Result<usize, postgis::DatabaseError> {
    Ok(postgis::layer_tables(&database.client().await?).await?.len())
}
