//! `init`, `import`, `publish`: commands that talk to the database, if there is one.

use super::{
    progress::Progress,
    say::{note, say},
    store,
};
use crate::{
    audit::{self, Audit, Counts},
    bundle,
    config::Config,
    crs::Crs,
    import::{self, Charset, ImportError, ImportOptions, ReadOptions},
    plan::LayerId,
    postgis::{self, Database},
    publisher::{Publisher, Wanted},
    snapshot::{CurrentSet, Naming, Origin, RevisionName, Snapshot},
};
use anyhow::{Context, bail};
use clap::Args;
use jiff::civil::Date;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Files to load: GeoPackage, Shapefile (.shp or .shp.zip), GeoJSON, FlatGeobuf, CSV with WKT, or text of corner
    /// points (.txt)
    #[arg(required_unless_present = "bundled", requires = "layer", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Layer that the rows belong to
    #[arg(long, value_name = "ID", value_parser = LayerId::new)]
    layer: Option<LayerId>,
    /// Table of a GeoPackage, or Shapefile of an archive, that has several
    #[arg(long, value_name = "NAME")]
    from: Option<String>,
    /// EPSG code of the coordinates, whatever the file says: 4490, 4491 to 4554, 4326 or 3857 [default: what the file
    /// says, else 4490]
    #[arg(long, value_name = "N", value_parser = crs)]
    srid: Option<Crs>,
    /// The first of two coordinates is the one to the north
    #[arg(long)]
    northing_first: bool,
    /// Encoding of the text, such as GBK [default: what the file says, else UTF-8 if it is, else GBK]
    #[arg(long, value_name = "NAME")]
    encoding: Option<Charset>,
    /// Field that an attribute of the file goes to; `-` leaves it out. Repeatable
    #[arg(long, value_name = "ATTRIBUTE=FIELD", value_parser = mapping)]
    map: Vec<(String, String)>,
    /// Leave out attributes that the layer has no field for, instead of refusing the file
    #[arg(long)]
    ignore_fields: bool,
    /// Repair invalid geometry, and list what was changed
    #[arg(long)]
    fix: bool,
    /// Delete the rows that are there first
    #[arg(long)]
    replace: bool,
    /// Do everything but change the table
    #[arg(long)]
    dry_run: bool,
    /// Load the plan that comes with the program
    #[arg(long, conflicts_with_all = [
        "files", "layer", "from", "srid", "northing_first", "encoding", "map", "ignore_fields", "fix", "dry_run",
    ])]
    bundled: bool,
}

pub fn crs(text: &str) -> Result<Crs, String> {
    let code = text.parse().map_err(|_| "not a number")?;
    Crs::of_epsg(code).ok_or_else(|| {
        "not imported: CGCS2000 (4490, 4491 to 4554), WGS 84 (4326) and Web Mercator (3857) are; transform the file first"
            .into()
    })
}

fn mapping(text: &str) -> Result<(String, String), String> {
    let (attribute, field) = text.split_once('=').ok_or("not ATTRIBUTE=FIELD")?;
    Ok((attribute.trim().to_owned(), field.trim().to_owned()))
}

impl ImportArgs {
    fn options(&self, config: &Config) -> ImportOptions {
        let read = ReadOptions {
            crs: self.srid,
            northing_first: self.northing_first,
            table: self.from.clone(),
            charset: self.encoding,
            map: self.map.iter().cloned().collect(),
            usual_map: config.import.map.clone(),
            ignore_fields: self.ignore_fields,
            fix: self.fix,
        };
        ImportOptions { read, replace: self.replace, dry_run: self.dry_run }
    }
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
        [] => say!("the schema is up to date"),
        applied => say!("applied {}", applied.join(", ")),
    }
    say!("{} layers described anew in plan.layer", migrated.layers_added);
    Ok(())
}

pub async fn import(config: &Config, args: ImportArgs) -> anyhow::Result<()> {
    let database = database(config)?;
    let mut progress = Progress::default();
    let mut report = |done: import::Progress| progress.say(&describe(&done));
    let imported = match &args.layer {
        Some(layer) => {
            let options = args.options(config);
            import::import_files(&database, &args.files, layer, &options, &mut report).await
        }
        None => import::import_bundled(&database, args.replace, &mut report).await,
    };
    drop(progress);
    match imported {
        Ok(imported) => {
            for (file, remark) in &imported.remarks {
                note!("{file}: {remark}");
            }
            match args.dry_run {
                true => say!("{} rows can be imported; nothing was changed", imported.rows),
                false => say!("imported {} rows", imported.rows),
            }
            Ok(())
        }
        Err(ImportError::Rejected(rejection)) => {
            for problem in &rejection.problems {
                note!("{}: {problem}", rejection.file);
            }
            let plural = if rejection.total == 1 { "" } else { "s" };
            bail!("{}: {} problem{plural}, nothing was imported", rejection.file, rejection.total);
        }
        Err(error) => Err(error.into()),
    }
}

fn describe(progress: &import::Progress) -> String {
    match progress {
        import::Progress::Reading { file, rows } => format!("{file}: {rows} rows read"),
        import::Progress::Checking { file } => format!("{file}: checking"),
        import::Progress::Inserting { file } => format!("{file}: inserting"),
    }
}

pub async fn publish(config: &Config, args: PublishArgs) -> anyhow::Result<()> {
    let store = store::pulled(config)?;
    let is_from_database = |set: CurrentSet| set.origin == Origin::Database;
    // Forgotten, most likely: the bundled plan would take the place of the operator's own.
    if config.database.url.is_none() && store.current()?.is_some_and(is_from_database) {
        bail!("the published plan is of a database, and none is given: use --database-url or DATABASE_URL");
    }
    let audit = Audit::start(config.audit.as_ref(), Counts::default())?;
    let publisher = Publisher::new(config, store)?.recorded(audit.clone(), audit::operator());
    let wanted = args.layer.as_ref().map_or(Wanted::All, Wanted::One);
    let progress = |snapshot: &Snapshot| {
        say!("{} {} ({} features)", snapshot.layer.id, snapshot.id, snapshot.feature_count());
    };
    let naming = args.revision.zip(args.adopted).map(|(name, adopted)| Naming { name, adopted });
    let published = match &naming {
        None => publisher.publish(wanted, &[], &progress).await?,
        Some(naming) => publisher.publish_revision(naming, wanted, &progress).await?,
    };
    audit.finish().await?;
    if let Some(revision) = &published.revision {
        say!("revision {}, {} layers", revision.name, revision.layers.len());
    }
    match published.failures.as_slice() {
        [] => Ok(()),
        failures => bail!("{}", failures.join("; ")),
    }
}
