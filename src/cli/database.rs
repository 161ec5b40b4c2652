//! `init`, `import`, `publish`: commands that talk to the database, if there is one.

use super::progress::Progress;
use crate::{
    bundle,
    config::Config,
    import::{self, ImportError},
    plan::LayerId,
    postgis::{self, Database},
    publisher::{Publisher, Wanted},
    snapshot::{CurrentSet, Naming, Origin, RevisionName, Snapshot, Store},
};
use anyhow::{Context, bail};
use clap::Args;
use jiff::civil::Date;
use std::{path::PathBuf, sync::Arc};

/// EPSG:4490, which a GeoJSON file of this field holds unless it says otherwise.
const CGCS2000: i32 = 4490;

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Files to load: GeoJSON
    #[arg(required_unless_present = "bundled", requires = "layer", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Layer that the rows belong to
    #[arg(long, value_name = "ID", value_parser = LayerId::new)]
    layer: Option<LayerId>,
    /// EPSG code of the coordinates
    #[arg(long, value_name = "N", default_value_t = CGCS2000)]
    srid: i32,
    /// Delete the rows that are there first
    #[arg(long)]
    replace: bool,
    /// Load the plan that comes with the program
    #[arg(long, conflicts_with_all = ["files", "layer", "srid"])]
    bundled: bool,
}

#[derive(Debug, Args)]
pub struct PublishArgs {
    /// Export this layer only; the others stay as they are
    #[arg(long, value_name = "ID", value_parser = LayerId::new)]
    layer: Option<LayerId>,
    /// Name the result, so that it is kept until `plantiles revisions remove`
    #[arg(long, value_name = "NAME", requires = "adopted")]
    revision: Option<RevisionName>,
    /// Day on which the plan was adopted
    #[arg(long, value_name = "YYYY-MM-DD", requires = "revision")]
    adopted: Option<Date>,
}

/// The configured database, which the command cannot do without.
fn database(config: &Config) -> anyhow::Result<Database> {
    let url = config.database.url.as_ref();
    let url = url.context("no database is given: use --database-url or DATABASE_URL")?;
    Ok(Database::new(&url.reveal().parse()?, (&config.database).into())?)
}

pub async fn init(config: &Config) -> anyhow::Result<()> {
    let migrated = postgis::migrate(&database(config)?, &bundle::layers()?).await?;
    match migrated.applied.as_slice() {
        [] => println!("the schema is up to date"),
        applied => println!("applied {}", applied.join(", ")),
    }
    println!("{} layers described anew in plan.layer", migrated.layers_added);
    Ok(())
}

pub async fn import(config: &Config, args: ImportArgs) -> anyhow::Result<()> {
    let database = database(config)?;
    let mut progress = Progress::default();
    let mut report = |done: import::Progress| progress.say(&describe(&done));
    let rows = match &args.layer {
        Some(layer) => {
            import::import_files(&database, &args.files, layer, args.srid, args.replace, &mut report).await
        }
        None => import::import_bundled(&database, args.replace, &mut report).await,
    };
    drop(progress);
    match rows {
        Ok(rows) => println!("imported {rows} rows"),
        Err(ImportError::Rejected(rejection)) => {
            for problem in &rejection.problems {
                eprintln!("{}: {problem}", rejection.file);
            }
            bail!("{}: {} problems, nothing was imported", rejection.file, rejection.total);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

fn describe(progress: &import::Progress) -> String {
    match progress {
        import::Progress::Reading { file, rows } => format!("{file}: {rows} rows read"),
        import::Progress::Checking { file } => format!("{file}: checking"),
        import::Progress::Inserting { file } => format!("{file}: inserting"),
    }
}

pub async fn publish(config: &Config, args: PublishArgs) -> anyhow::Result<()> {
    let store = Arc::new(Store::open(config.state_dir())?);
    let is_from_database = |set: CurrentSet| set.origin == Origin::Database;
    // Forgotten, most likely: the bundled plan would take the place of the operator's own.
    if config.database.url.is_none() && store.current()?.is_some_and(is_from_database) {
        bail!("the published plan is of a database, and none is given: use --database-url or DATABASE_URL");
    }
    let publisher = Publisher::new(config, store)?;
    let wanted = args.layer.as_ref().map_or(Wanted::All, Wanted::One);
    let progress = |snapshot: &Snapshot| {
        println!("{} {} ({} features)", snapshot.layer.id, snapshot.id, snapshot.feature_count());
    };
    let naming = args.revision.zip(args.adopted).map(|(name, adopted)| Naming { name, adopted });
    let published = match &naming {
        None => publisher.publish(wanted, &[], &progress).await?,
        Some(naming) => publisher.publish_revision(naming, wanted, &progress).await?,
    };
    if let Some(revision) = &published.revision {
        println!("revision {}, {} layers", revision.name, revision.layers.len());
    }
    match published.failures.as_slice() {
        [] => Ok(()),
        failures => bail!("{}", failures.join("; ")),
    }
}
