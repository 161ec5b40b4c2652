//! `plantiles review`: a proposed right against the rules of the plan.

use super::{database::crs, output, published::catalog, say::print, store};
use crate::{
    catalog::{Catalog, PLAN},
    config::Config,
    crs::Crs,
    describe::review as documents,
    review::{Given, Memory, Proposal, Review, Rules},
    service::Service,
    snapshot::Store,
    style::Sheets,
};
use clap::{Args, ValueEnum};
use std::{io::Write, path::PathBuf, sync::Arc};

#[derive(Debug, Args)]
pub struct ReviewArgs {
    /// Proposal: GeoJSON, WKT, a text of corner points, or another file that can be imported
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Kind of right: exploration (探矿权) or mining (采矿权)
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// What is applied for: new (新立), enlarge (改扩建), change (变更) or renewal (延续)
    #[arg(long, value_name = "WHAT")]
    application: Option<String>,
    /// Mineral, by the plan's word (煤) or its code (coal)
    #[arg(long, value_name = "MINERAL")]
    mineral: Option<String>,
    /// Another answer of the proposal, such as degree=详查; docs/review.md lists them. Repeatable
    #[arg(long = "answer", value_name = "ID=VALUE", value_parser = answer)]
    answers: Vec<(String, String)>,
    /// EPSG code of the coordinates, whatever the file says: 4490, 4491 to 4554, 4326 or 3857
    #[arg(long, value_name = "N", value_parser = crs)]
    srid: Option<Crs>,
    /// The first of two coordinates is the one to the north
    #[arg(long)]
    northing_first: bool,
    /// Form of the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// File to write the result into [default: standard output]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines to read
    Text,
    /// Everything, for programs
    Json,
    /// The proposal and its overlaps, for a map
    Geojson,
    /// A report to print on A4
    Html,
}

fn answer(text: &str) -> Result<(String, String), String> {
    let (id, value) = text.split_once('=').ok_or("not ID=VALUE")?;
    Ok((id.trim().to_owned(), value.trim().to_owned()))
}

impl ReviewArgs {
    fn given(&self) -> Given {
        let own = [("kind", &self.kind), ("application", &self.application), ("mineral", &self.mineral)];
        let own = own.into_iter().filter_map(|(id, value)| Some((id.to_owned(), value.clone()?.into())));
        let answers = self.answers.iter().map(|(id, value)| (id.clone(), value.clone().into()));
        Given { crs: self.srid, northing_first: self.northing_first, answers: own.chain(answers).collect() }
    }
}

/// Done when it could be judged, whatever the verdicts are.
pub async fn review(config: &Config, args: ReviewArgs) -> anyhow::Result<()> {
    let rules = Arc::new(Rules::load(config.review.rules.as_deref())?);
    let proposal = Proposal::read_file(&args.file, &args.given(), &rules)?;
    let store = store::pulled(config)?;
    let catalog = catalog(config, &store).await?;
    let review = Review::of(proposal, &rules, &catalog, &Memory::default())?;
    let text = match args.format {
        Format::Text => documents::text(&review),
        Format::Json => documents::json(&review).to_string() + "\n",
        Format::Geojson => documents::overlay(&review).to_string() + "\n",
        Format::Html => report(config, store, catalog, &review).await?,
    };
    match &args.output {
        None => print(text),
        Some(path) => {
            output::write(path, |file| {
                file.as_file().write_all(text.as_bytes())?;
                Ok(text.len() as u64)
            })?;
        }
    }
    Ok(())
}

async fn report(
    config: &Config,
    store: Arc<Store>,
    catalog: Catalog,
    review: &Review,
) -> anyhow::Result<String> {
    let service = Arc::new(Service::new(&config.tiles, store, None, Sheets::embedded()?, None)?);
    let tileset = catalog.tileset(PLAN)?;
    let (bounds, drawn) = (review.proposal.bounds(), documents::drawn(review));
    let map = service.print_map(&tileset, &bounds, documents::MAP_SIZE, drawn).await?;
    Ok(documents::page(review, Some(&map)))
}
