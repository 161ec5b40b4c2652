//! `plantiles sheet`: a map of the plan, to print.

use super::{WrongUsage, archives::bounds, output, published, say::say, store};
use crate::{
    catalog::Catalog,
    config::Config,
    describe::Language,
    editions::{Edition, Editions},
    extracts::Extracts,
    sheet::{self, DPI, Form, Press, SCALE, Sheet},
    snapshot::{Bounds, RevisionName},
    style::{Sheets, StyleId, Subject, Theme},
};
use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum, builder::RangedI64ValueParser, value_parser};
use std::{io::Write, ops::RangeInclusive, path::PathBuf, sync::Arc};
use tokio::task::block_in_place;

#[derive(Debug, Args)]
pub struct SheetArgs {
    /// Map: general-map, exploration-map, mining-map, restoration-map; `plan` for all layers, or one layer's id
    #[arg(long, value_name = "ID", value_parser = subject)]
    style: Subject,
    /// Format of the file
    #[arg(long, value_enum)]
    format: Format,
    /// What the sheet has to show, degrees: longitude before latitude [default: the district]
    #[arg(long, value_name = "W,S,E,N", value_parser = bounds, allow_hyphen_values = true)]
    bbox: Option<Bounds>,
    /// Denominator of the scale [default: of the largest round one with room for all]
    #[arg(long, value_name = "N", value_parser = within(SCALE))]
    scale: Option<u32>,
    /// Dots to the inch of a PNG, 50 to 300 [default: 300]
    #[arg(long, value_name = "N", value_parser = within(DPI))]
    dpi: Option<u32>,
    /// Language of title, legend and notes, zh or en; names on the map are those of the plan
    #[arg(long, value_name = "LANG", value_parser = language, default_value = "zh")]
    lang: Language,
    /// Edition of the plan [default: what is published]
    #[arg(long, value_name = "NAME")]
    revision: Option<RevisionName>,
    /// File to write; one that is there is replaced when the new one is whole
    #[arg(short, long, value_name = "PATH")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Vectors, and text that can be searched
    Pdf,
    /// A picture, RGB
    Png,
}

fn subject(id: &str) -> Result<Subject, &'static str> {
    Subject::parse(id).ok_or("not the id of a map or a layer")
}

fn within(range: RangeInclusive<u32>) -> RangedI64ValueParser<u32> {
    value_parser!(u32).range(i64::from(*range.start())..=i64::from(*range.end()))
}

fn language(code: &str) -> Result<Language, &'static str> {
    Language::parse(code).ok_or("it is zh or en")
}

impl SheetArgs {
    fn form(&self) -> Result<Form, WrongUsage> {
        match (self.format, self.dpi) {
            (Format::Pdf, None) => Ok(Form::Pdf),
            (Format::Pdf, Some(_)) => Err(WrongUsage("--dpi is for PNG".into())),
            (Format::Png, dpi) => Ok(Form::Png(dpi.unwrap_or(*DPI.end()))),
        }
    }
}

pub async fn sheet(config: &Config, args: SheetArgs) -> anyhow::Result<()> {
    let form = args.form()?;
    let (sheets, press) = (Sheets::embedded()?, Press::new().context("the font of sheets cannot be read")?);
    let catalog = catalog(config, args.revision).await?;
    let id = StyleId { subject: args.style, theme: Theme::Print };
    let style =
        sheets.style(id.clone(), &catalog).with_context(|| unknown(&id.subject, &sheets, &catalog))?;
    let view = sheet::view(&style, &sheets, &catalog, args.bbox, args.scale)?;
    let sheet = Sheet { style: &style, sheets: &sheets, catalog: &catalog, view, language: args.lang };
    let bytes = block_in_place(|| press.print(&sheet, form))?;
    let length = output::write(&args.output, |file| {
        file.as_file().write_all(&bytes)?;
        Ok(bytes.len() as u64)
    })?;
    say!("{}: {length} bytes", args.output.display());
    Ok(())
}

/// What is published, or a revision.
async fn catalog(config: &Config, revision: Option<RevisionName>) -> anyhow::Result<Arc<Catalog>> {
    let store = store::pulled(config)?;
    let Some(name) = revision else { return Ok(Arc::new(published::catalog(config, &store).await?)) };
    let named = store.revisions()?.named;
    let extracts = Extracts::new(Arc::clone(&store), config.tiles.rules.clone(), None);
    let editions = Editions::new(store, config.tiles.clone(), Arc::new(extracts));
    editions.set_named(named).await;
    let opened = editions.catalog(&Edition::Named(name), vec![]).await;
    opened.map_err(|error| anyhow!("{error}"))
}

fn unknown(subject: &Subject, sheets: &Sheets, catalog: &Catalog) -> String {
    let maps = sheets.maps().iter().map(|map| map.id.to_string());
    let layers = catalog.layers().iter().map(|layer| layer.id().to_string());
    let known: Vec<String> = std::iter::once(Subject::Plan.to_string()).chain(maps).chain(layers).collect();
    format!("there is no map or layer `{subject}`; there are {}", known.join(", "))
}
