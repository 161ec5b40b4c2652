//! `export`: what is published, as files for others.

use super::{
    WrongUsage,
    archives::{self, Place, Tiles, Zooms, bounds},
    output,
    progress::Progress,
    published::published,
    say::say,
    store,
};
use crate::{
    archive,
    bucket::Location,
    catalog::{Catalog, PublishedLayer},
    config::{Config, PublicUrl},
    containers,
    crs::Crs,
    export::{self, Container, Format, Request},
    features::{Area, Filter, Query, filter::Language},
    plan::LayerId,
    publisher::{Publisher, served_grid},
    snapshot::Snapshot,
    style::Sheets,
};
use anyhow::Context;
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use std::{
    fmt::Display,
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Bytes after which it is said how far the file is.
const SAID: u64 = 32 << 20;

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Format of the file; a Shapefile is a .shp.zip
    #[arg(long, value_parser = form())]
    format: Form,
    /// Layer to export; of tiles repeatable [default of tiles: the whole plan]
    #[arg(long, value_name = "ID", value_parser = LayerId::new,
        required_if_eq_any(Form::files().map(|(name, _)| ("format", name))))]
    layer: Vec<LayerId>,
    /// Only features, or tiles, that meet the box, in the order of the axes of --bbox-crs
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true)]
    bbox: Option<String>,
    /// First and last zoom of tiles [default: 0-14; maps draw the last one larger beyond it]
    #[arg(long, value_name = "A-B")]
    zoom: Option<Zooms>,
    /// CRS of the box [default: longitude, latitude]
    #[arg(long, value_name = "CRS", value_parser = crs, requires = "bbox")]
    bbox_crs: Option<Crs>,
    /// Only features for which this is true, CQL2 text
    #[arg(long, value_name = "CQL2")]
    filter: Option<String>,
    /// CRS of the coordinates: 4490, 4491 to 4554, 4326 or 3857 [default: 4490, of GeoJSON the longitude and latitude
    /// of RFC 7946]
    #[arg(long, value_name = "CRS", value_parser = crs)]
    crs: Option<Crs>,
    /// Only these properties
    #[arg(long, value_name = "NAME,NAME")]
    properties: Option<String>,
    /// CSV for spreadsheet programs: with a byte order mark, and no text that they would run as a formula
    #[arg(long)]
    bom: bool,
    /// File to write; one that is there is replaced when the new one is whole. Of a site, a folder that is not there yet
    #[arg(short, long, value_name = "PATH", required_unless_present = "to")]
    output: Option<PathBuf>,
    /// Bucket that a site is sent into: s3://bucket/prefix, gs://, az:// or file:///folder; credentials from the environment
    #[arg(long, value_name = "URL", conflicts_with = "output")]
    to: Option<String>,
    /// Address that a site will have, for other programs that read its styles and TileJSON [default: relative to its page]
    #[arg(long, value_name = "URL", value_parser = address)]
    address: Option<PublicUrl>,
}

/// Formats by how they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileFormat {
    InPieces(Format),
    Whole(Container),
}

impl FileFormat {
    /// In which coordinates a file is unless others are asked for.
    fn crs(self) -> Crs {
        match self {
            Self::InPieces(format) => format.crs(),
            Self::Whole(_) => Crs::Cgcs2000,
        }
    }
}

/// What `--format` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A layer or a part of it.
    File(FileFormat),
    Tiles(archive::Format),
    /// The map as a folder of files.
    Site,
}

impl Form {
    fn all() -> impl Iterator<Item = (&'static str, Self)> {
        let tiles = [
            ("pmtiles", Self::Tiles(archive::Format::PmTiles)),
            ("mbtiles", Self::Tiles(archive::Format::MbTiles)),
            ("site", Self::Site),
        ];
        Self::files().chain(tiles)
    }

    /// A Shapefile is called without the archive around it.
    fn files() -> impl Iterator<Item = (&'static str, Self)> {
        let in_pieces = Format::ALL.into_iter().map(|format| (format.suffix(), FileFormat::InPieces(format)));
        let whole = [("gpkg", Container::GeoPackage), ("shp", Container::Shapefile)];
        let whole = whole.into_iter().map(|(name, container)| (name, FileFormat::Whole(container)));
        in_pieces.chain(whole).map(|(name, format)| (name, Self::File(format)))
    }
}

fn form() -> impl TypedValueParser<Value = Form> {
    PossibleValuesParser::new(Form::all().map(|(name, _)| name))
        .try_map(|name| Form::all().find(|form| form.0 == name).map(|form| form.1).ok_or("no format"))
}

fn crs(text: &str) -> Result<Crs, &'static str> {
    Crs::parse(text)
        .ok_or("not known: CGCS2000 (4490, 4491 to 4554), WGS 84 (4326) and Web Mercator (3857) are")
}

fn address(text: &str) -> Result<PublicUrl, String> {
    PublicUrl::try_from(text.to_owned()).map_err(|error| error.to_string())
}

pub async fn export(config: &Config, args: ExportArgs) -> anyhow::Result<()> {
    args.check()?;
    match (args.format, args.place()?) {
        (Form::File(format), Place::Folder(path)) => file(config, args, format, &path).await,
        (Form::Tiles(format), Place::Folder(path)) => {
            archives::export(config, args.tiles()?, format, &path).await
        }
        (Form::Site, place) => archives::site(config, args.tiles()?, args.address.as_ref(), &place).await,
        (_, Place::Bucket(_)) => Err(WrongUsage("--to is for a site".into()).into()),
    }
}

async fn file(config: &Config, args: ExportArgs, format: FileFormat, path: &Path) -> anyhow::Result<()> {
    let area = args.area()?;
    let [layer] = &args.layer[..] else {
        return Err(WrongUsage("a file is of one layer".into()).into());
    };
    let store = store::pulled(config)?;
    let set = published(config, &store).await?;
    let version = set.version(layer).with_context(|| format!("there is no layer {layer}"))?;
    let snapshot = store.open_snapshot(layer, version.id)?;
    let request = args.request(Arc::clone(&snapshot), area, format)?;
    let bytes = match format {
        FileFormat::InPieces(format) => {
            output::write(path, |file| Ok(write_file(request, format, args.bom, file.as_file())?))
        }
        FileFormat::Whole(container) => {
            let tiles = Publisher::new(config, Arc::clone(&store))?.tiles(snapshot, None)?;
            let layer = Arc::new(PublishedLayer::after(None, tiles, version.published_at));
            let max_tile = config.tiles.max_tile();
            let catalog = Catalog::new(set.origin, &served_grid(), vec![Arc::clone(&layer)], max_tile);
            output::write(path, |file| {
                let sheets = Sheets::embedded()?;
                containers::write(&sheets, &catalog, &layer.dated(), container, request.select(), file)?;
                Ok(file.as_file().metadata()?.len())
            })
        }
    };
    say!("{}: {} bytes", path.display(), bytes?);
    Ok(())
}

impl ExportArgs {
    /// Refuses what the format has no use for.
    fn check(&self) -> Result<(), WrongUsage> {
        let is_csv = self.format == Form::File(FileFormat::InPieces(Format::Csv));
        let is_file = matches!(self.format, Form::File(_));
        let is_of_files = self.bbox_crs.is_some()
            || self.filter.is_some()
            || self.crs.is_some()
            || self.properties.is_some();
        let refused = if self.bom && !is_csv {
            "--bom is for CSV"
        } else if is_file && self.zoom.is_some() {
            "--zoom is for tiles"
        } else if self.format != Form::Site && self.address.is_some() {
            "--address is for a site"
        } else if !is_file && is_of_files {
            "--bbox-crs, --filter, --crs and --properties are for files of a layer"
        } else {
            return Ok(());
        };
        Err(WrongUsage(refused.into()))
    }

    fn place(&self) -> anyhow::Result<Place> {
        match (&self.to, &self.output) {
            (Some(url), _) => Ok(Place::Bucket(Location::open(url)?)),
            (None, Some(path)) => Ok(Place::Folder(path.clone())),
            (None, None) => Err(WrongUsage("--output is missing".into()).into()),
        }
    }

    fn tiles(&self) -> Result<Tiles, WrongUsage> {
        let bbox = self.bbox.as_deref().map(bounds).transpose().map_err(wrong_box)?;
        Ok(Tiles { layers: self.layer.clone(), bbox, zooms: self.zoom.clone() })
    }

    /// The box of a file.
    fn area(&self) -> Result<Option<Area>, WrongUsage> {
        let crs = self.bbox_crs.unwrap_or(Crs::Crs84);
        self.bbox.as_deref().map(|text| Area::parse(text, crs)).transpose().map_err(wrong_box)
    }

    fn request(
        &self,
        snapshot: Arc<Snapshot>,
        area: Option<Area>,
        format: FileFormat,
    ) -> anyhow::Result<Request> {
        let layer = &snapshot.layer;
        let filter = self.filter.as_ref().map(|text| {
            let filter = Filter::parse(text, Language::Text, Crs::Crs84)?;
            filter.condition(layer)
        });
        let filter = filter.transpose().context("--filter")?;
        let fields = match &self.properties {
            Some(names) => layer.fields_named(names).context("--properties")?,
            None => (0..layer.fields.len()).collect(),
        };
        let query = Query { area, conditions: filter.into_iter().collect(), ..Query::default() };
        Ok(Request { crs: self.crs.unwrap_or(format.crs()), snapshot, query, fields })
    }
}

fn wrong_box(reason: impl Display) -> WrongUsage {
    WrongUsage(format!("--bbox: {reason}"))
}

fn write_file(request: Request, format: Format, bom: bool, file: &File) -> io::Result<u64> {
    let mut out = BufWriter::new(file);
    let length = if format == Format::FlatGeobuf && request.is_whole() {
        out.write_all(request.snapshot.bytes())?;
        request.snapshot.bytes().len() as u64
    } else {
        write_pieces(request, format, bom, &mut out)?
    };
    out.flush()?;
    Ok(length)
}

fn write_pieces(request: Request, format: Format, bom: bool, out: &mut impl Write) -> io::Result<u64> {
    let layer = request.snapshot.layer.id.clone();
    let mut pieces = export::pieces(request, format, bom);
    let mut progress = Progress::default();
    let (mut length, mut said) = (0, 0);
    loop {
        let (piece, last) = pieces.piece().map_err(io::Error::other)?;
        out.write_all(&piece)?;
        length += piece.len() as u64;
        if last {
            return Ok(length);
        }
        if length / SAID > said {
            said = length / SAID;
            progress.say(&format!("{layer}: {} MB written", length / 1_000_000));
        }
    }
}
