//! The command line.

mod archives;
mod check;
mod database;
mod export;
mod health;
mod key;
mod link;
mod output;
mod papers;
mod progress;
mod published;
mod review;
mod revisions;
mod say;
mod seed;
mod serve;
mod sheet;
mod site;
mod store;

use crate::{
    causes::chain,
    config::{Config, Secret},
};
use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use say::note;
use std::{io, path::PathBuf, process::ExitCode};

/// Tile server for mineral-resource plan layers: PostGIS tables to immutable snapshots to cached vector tiles
/// and FlatGeobuf downloads.
///
/// Without a database it serves the plan of Tunliu district that comes with it.
#[derive(Debug, Parser)]
#[command(version, after_help = "Example: plantiles serve --listen 127.0.0.1:8080")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::ServeArgs,
    #[command(flatten)]
    common: Common,
}

/// What every command takes.
#[derive(Debug, Args)]
struct Common {
    /// Configuration file; plantiles.toml is read when it exists
    #[arg(long, global = true, value_name = "FILE", env = "PLANTILES_CONFIG")]
    config: Option<PathBuf>,
    /// PostGIS database, also from DATABASE_URL; without one, the bundled plan
    #[arg(long, global = true, value_name = "URL", env = "PLANTILES_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Streaming standby of the database, from which exports read
    #[arg(long, global = true, value_name = "URL", env = "PLANTILES_EXPORT_URL", hide_env_values = true)]
    export_url: Option<String>,
    /// Directory of the published snapshots [default: plantiles-state]
    #[arg(long, global = true, value_name = "DIR", env = "PLANTILES_STATE")]
    state: Option<PathBuf>,
    /// Bucket that replicas share: s3://bucket/prefix, gs://…, az://… or file:///…
    #[arg(long, global = true, value_name = "URL", env = "PLANTILES_STORE")]
    store: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve tiles, downloads and the viewer (also without a command)
    #[command(
        after_help = "Example: plantiles serve --listen 127.0.0.1:8080 --database-url postgres://plan@localhost/plan"
    )]
    Serve(serve::ServeArgs),
    /// Create or migrate the schema `plan` in the database
    #[command(after_help = "Example: plantiles init --database-url postgres://plan@localhost/plan")]
    Init,
    /// Load files into the tables of the plan, validated, all or nothing
    #[command(after_help = "Examples:
  plantiles import --bundled
  plantiles import blocks.geojson --layer mining_blocks --replace
  plantiles import KCGH.shp --layer mining_blocks --map KQXX=remarks --map TBYS=- --dry-run
  plantiles import plan.gpkg --from rights --layer mining_rights --srid 4526 --fix
  plantiles import corners.txt --layer mining_rights

Nothing is imported unless every row is right; docs/import.md says what is checked.")]
    Import(database::ImportArgs),
    /// Export layers into snapshots now, from the database or of the bundled plan
    #[command(
        after_help = "Examples:\n  plantiles publish --layer mining_blocks\n  plantiles publish --revision 2023 --adopted 2023-12-31"
    )]
    Publish(database::PublishArgs),
    /// Write what is published into a file for others: a layer or a part of it, all tiles, the map as a folder or a
    /// bucket
    #[command(after_help = "Examples:
  plantiles export --format geojson --layer mining_blocks -o blocks.geojson
  plantiles export --format fgb --layer mining_blocks --bbox 112.6,36.2,112.9,36.4 --crs 4526 -o part.fgb
  plantiles export --format gpkg --layer mining_blocks -o blocks.gpkg
  plantiles export --format csv --bom --layer mining_blocks --filter \"mineral = '煤'\" -o blocks.csv
  plantiles export --format pmtiles -o plan.pmtiles
  plantiles export --format mbtiles --layer mining_blocks --bbox 112.6,36.2,112.9,36.4 --zoom 6-16 -o blocks.mbtiles
  plantiles export --format site -o map
  plantiles export --format site --to s3://maps/plan --address https://maps.example.org/plan

A file that is there already is replaced when the new one is whole. An archive of tiles whose run was killed goes on from
PATH.work when it is started again.")]
    Export(export::ExportArgs),
    /// Ask a running server for tiles, so that they are in its cache
    #[command(after_help = "Example: plantiles seed --url http://127.0.0.1:8080 --zoom 5-10")]
    Seed(seed::SeedArgs),
    /// List the revisions: editions of the plan that are kept by name
    #[command(after_help = "Examples:\n  plantiles revisions\n  plantiles revisions remove 2023")]
    Revisions(revisions::RevisionsArgs),
    /// Judge a proposed right by the rules of the plan
    #[command(after_help = "Examples:
  plantiles review corners.txt --kind mining --application new --mineral coal
  plantiles review block.geojson --kind exploration --mineral 煤 --answer degree=详查 --format html -o report.html

The exit code says whether it could be judged, not the verdict. docs/review.md lists rules, answers and forms.")]
    Review(review::ReviewArgs),
    /// Print a map of the plan on A3, as PDF or PNG
    #[command(after_help = "Examples:
  plantiles sheet --style mining-map --format pdf -o mining-map.pdf
  plantiles sheet --style plan --bbox 112.7,36.2,112.9,36.35 --scale 50000 --format png --dpi 150 -o part.png
  plantiles sheet --style general-map --revision 2023 --lang en --format pdf -o general-map.pdf")]
    Sheet(sheet::SheetArgs),
    /// Make, list and revoke the keys of those who may see more than the public
    #[command(after_help = "Examples:
  plantiles key create --role office --days 365 --note \"planning section\"
  plantiles key list
  plantiles key revoke 1a2b3c4d

Servers take keys, and give them up, within a second. docs/operations.md says how keys are used.")]
    Key(key::KeyArgs),
    /// Print an address that can be handed on: a file or tiles, with the role of a key, for some time
    #[command(after_help = "Examples:
  plantiles link /downloads/mining_rights.fgb --key 1a2b3c4d --expires 7d
  plantiles link '/tiles/mining_rights/{z}/{x}/{y}.mvt' --key 1a2b3c4d --expires 36h

It opens nothing else, and ends when its key is revoked.")]
    Link(link::LinkArgs),
    /// Validate the configuration, the published snapshots and the database, and print what is wrong
    #[command(after_help = "Example: plantiles check --config plantiles.toml")]
    Check,
    /// Ask the server of this machine whether it is ready; takes what `serve` takes
    #[command(after_help = "Example: plantiles health --listen 127.0.0.1:8080")]
    Health(serve::ServeArgs),
    /// Print the completions of a shell
    #[command(after_help = "Example: plantiles completions bash > /etc/bash_completion.d/plantiles")]
    Completions(papers::CompletionsArgs),
    /// Write the manual pages into a folder
    #[command(after_help = "Example: plantiles man /usr/local/share/man/man1")]
    Man(papers::ManArgs),
}

/// Arguments that make no sense together, whatever the data are.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct WrongUsage(String);

/// What is printed is read no further, as behind `| head`: nothing to complain of.
#[derive(Debug, thiserror::Error)]
#[error("standard output is closed")]
struct Unread;

/// What a shell tells of a program that a broken pipe has ended: 128 and the number of SIGPIPE.
const BROKEN_PIPE: u8 = 128 + 13;

/// Runs the program; an error is one line on standard error.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage; 141 done, but nobody read to the end what was printed.
pub fn main() -> ExitCode {
    match run(Cli::parse()).and_then(|()| said()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Unread>() => ExitCode::from(BROKEN_PIPE),
        Err(error) => {
            note!("plantiles: {}", chain(error.as_ref()));
            if error.is::<WrongUsage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// Whether all that the command had to say was taken.
fn said() -> anyhow::Result<()> {
    match say::unsaid() {
        None => Ok(()),
        Some(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Unread.into()),
        Some(error) => bail!("cannot write to standard output: {error}"),
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let mut config = cli.common.config()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    let command = cli.command.unwrap_or(Command::Serve(cli.serve));
    // A task among the runtime's own: what waits for the database stays on the thread that reads from it.
    let running = runtime.spawn(async move {
        match command {
            Command::Serve(args) => {
                args.apply(&mut config)?;
                serve::serve(config).await
            }
            Command::Init => database::init(&config).await,
            Command::Import(args) => database::import(&config, args).await,
            Command::Publish(args) => database::publish(&config, args).await,
            Command::Export(args) => export::export(&config, args).await,
            Command::Seed(args) => seed::seed(&config, args).await,
            Command::Revisions(args) => revisions::revisions(&config, args).await,
            Command::Review(args) => review::review(&config, args).await,
            Command::Sheet(args) => sheet::sheet(&config, args).await,
            Command::Key(args) => key::key(&config, args).await,
            Command::Link(args) => link::link(&config, args),
            Command::Check => check::check(&config).await,
            Command::Health(args) => {
                args.apply(&mut config)?;
                health::health(&config).await
            }
            Command::Completions(args) => papers::completions(args),
            Command::Man(args) => papers::man(args),
        }
    });
    match runtime.block_on(running) {
        Ok(done) => done,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

impl Common {
    /// The configuration: flags before environment before file.
    fn config(&self) -> anyhow::Result<Config> {
        let mut config = Config::load(self.config.as_deref())?;
        let from_environment = std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty());
        if let Some(url) = self.database_url.clone().or(from_environment) {
            config.database.url = Some(Secret::new(url));
        }
        if let Some(url) = &self.export_url {
            config.database.export_url = Some(Secret::new(url.clone()));
        }
        if let Some(state) = &self.state {
            config.state = Some(state.clone());
        }
        if let Some(store) = self.store.clone().filter(|url| !url.is_empty()) {
            config.store.url = Some(store);
        }
        Ok(config)
    }
}
