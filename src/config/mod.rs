//! The configuration: one TOML file, overridden by the environment, overridden by flags.
//!
//! Unknown keys are errors that name the key and its place. Secrets belong in the environment; the
//! database URL is redacted wherever the configuration is printed.

use crate::{
    document::{Document, DocumentError},
    grid::TileMatrixSets,
    plan::{LayerId, Rules},
};
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    num::{NonZeroU16, NonZeroU32, NonZeroU64, NonZeroUsize},
    path::{Path, PathBuf},
};

mod access;
mod audit;
mod limits;
mod origins;
mod public_url;
mod schema;
mod secret;
mod store;
mod telemetry;
mod tls;
mod tokens;

pub use access::{Access, Role};
pub use audit::{Audit, AuditTable};
pub use limits::Limits;
pub use origins::Origins;
pub use public_url::PublicUrl;
pub use schema::schema;
pub use secret::Secret;
pub use store::Store;
pub use telemetry::Telemetry;
pub use tls::Tls;
pub use tokens::{Jwks, Tokens};

/// The configuration of plantiles.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Directory of the published snapshots; the default is `plantiles-state`.
    pub state: Option<PathBuf>,
    /// What replicas share.
    pub store: Store,
    /// Who reaches the server, where, and how much they may ask for.
    pub server: Server,
    /// The system of record. Without a URL it is the bundled plan.
    pub database: Database,
    /// How tiles are cut and kept.
    pub tiles: Tiles,
    /// What is written on standard error.
    pub log: Log,
    /// Traces and metrics for a collector.
    pub telemetry: Telemetry,
    /// How files are read by `plantiles import`.
    pub import: Import,
    /// The plan as a document.
    pub plan: Plan,
    /// How proposed rights are judged.
    pub review: Review,
    /// Who may see which layers; without it, everybody all.
    pub access: Option<Access>,
    /// Where records of what was taken, changed and refused go; without it, nowhere.
    pub audit: Option<Audit>,
    /// Tables and views outside the schema `plan` that are served too.
    #[serde(rename = "layer")]
    pub layers: Vec<TableLayer>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port to listen on.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// TLS without a proxy in front; without this section connections are plain.
    pub tls: Option<Tls>,
    /// Whether everybody who reaches another address than this machine's own may see every layer. An address that others can
    /// reach is served only with this, or where `access.layer` restricts a layer.
    pub open: bool,
    /// The absolute URL under which clients reach the server; without it, the `Host` of the request.
    pub public_url: Option<PublicUrl>,
    /// Networks of proxies whose `Forwarded`, `X-Forwarded-*` and `traceparent` headers are believed. They have to set or
    /// remove each of them.
    #[schemars(with = "Vec<String>")]
    pub trusted_proxies: Vec<IpNet>,
    /// Sites whose pages may read what is answered (CORS), as browsers write them in `Origin`: `["*"]` is every site, and `[]` none
    /// but this one.
    #[schemars(default = "origins::every")]
    pub cors_origins: Origins,
    /// How much one caller may ask for: who has a key or a token, wherever they are, and of all others an address. What has no
    /// number has no limit.
    pub limits: Limits,
    /// Connections at the same time. When there are more, the one that has kept the server waiting for longest is closed.
    pub connections: NonZeroUsize,
    /// MiB of memory for the indexes of FlatGeobuf files that are written while they go out, at 50 bytes a row. What finds no
    /// room is answered 503.
    pub index_mib: NonZeroU32,
    /// Seconds in which a client must send its next request head, and take some of an answer that waits for it.
    pub patience_seconds: NonZeroU16,
    /// Seconds that requests under way may take to finish after SIGTERM.
    pub shutdown_grace_seconds: u64,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `postgresql://…`; without it the bundled plan is served. It may hold a password, so it is better in the environment, and
    /// it is never logged.
    pub url: Option<Secret>,
    /// A streaming standby of it, from which exports read.
    pub export_url: Option<Secret>,
    /// Seconds between two looks for changes that nobody announced: of views, and of tables without the triggers of
    /// `plan.follow_table`. A look takes at most a twentieth of the time.
    pub poll_seconds: NonZeroU64,
    /// Seconds that a statement on metadata may take. What takes longer is given up, told at `/readyz` and tried again.
    pub statement_seconds: NonZeroU16,
    /// Seconds that the export of one layer may take.
    pub export_seconds: NonZeroU16,
    /// Seconds to wait for a lock that somebody else holds.
    pub lock_seconds: NonZeroU16,
    /// Seconds to wait for a free connection.
    pub wait_seconds: NonZeroU16,
}

impl Default for Database {
    fn default() -> Self {
        let seconds = |seconds: u16| NonZeroU16::MIN.saturating_add(seconds - 1);
        Self {
            url: None,
            export_url: None,
            poll_seconds: NonZeroU64::MIN.saturating_add(29),
            statement_seconds: seconds(30),
            export_seconds: seconds(15 * 60),
            lock_seconds: seconds(10),
            wait_seconds: seconds(10),
        }
    }
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tiles {
    /// MiB of memory for ready tiles, keys and empty tiles included; 0 turns the cache off.
    pub cache_mib: u64,
    /// Hottest tiles that are cut again after a restart; with 0 nobody counts which they are.
    pub warm_tiles: usize,
    /// Threads that cut tiles at the same time, behind those that answer requests; the default is the number of cores.
    pub threads: Option<NonZeroUsize>,
    /// Tiles that may wait for such a thread; the next one is answered 503.
    pub queue: usize,
    /// Most kB (1000 bytes) of a tile before compression: past it the smallest features are left out. More stalls phones.
    pub max_tile_kb: NonZeroU32,
    /// MiB of memory that preparing a layer for tiles may take, at 40 bytes a vertex: a layer that needs more is not published.
    /// The default is half of the machine's, whatever a container allows.
    pub prepare_mib: Option<NonZeroU32>,
    /// How layers are drawn, by id, where it is to be otherwise. A part of the version of the tiles.
    #[serde(rename = "layer")]
    pub rules: BTreeMap<LayerId, Rules>,
    /// Grids beside WebMercatorQuad, WorldCRS84Quad and Tianditu's c and w.
    #[serde(rename = "grid")]
    pub matrix_sets: TileMatrixSets,
}

#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Import {
    /// Attributes of files and the fields that they go to: a field, `id`, or `-` for nowhere.
    pub map: BTreeMap<String, String>,
}

#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// The document for `/plan`: a file made like data/tunliu/document.json, or `bundled` for that very one, which it is without
    /// a database and a bucket. With one of them there is none unless it is named.
    pub document: Option<PathBuf>,
}

#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Review {
    /// File of the rules by which proposals are reviewed, in place of those of the bundled plan: docs/review.md.
    pub rules: Option<PathBuf>,
}

#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Lines of text, or of JSON. What is logged is said by `RUST_LOG`.
    pub format: LogFormat,
}

#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// One table or view with a unique `bigint` id and one geometry column, in any SRID.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableLayer {
    /// The layer's name in URLs.
    pub id: LayerId,
    /// Schema of the table.
    pub schema: String,
    /// The table or view. Its comment, and those of its columns, are titles.
    pub table: String,
    /// Column with the unique id.
    pub id_column: String,
    /// Column with the geometry.
    pub geometry_column: String,
}

/// Debian's authorities, who vouch for servers of https URLs.
fn authorities_of_the_system() -> PathBuf {
    "/etc/ssl/certs/ca-certificates.crt".into()
}

/// The processors that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            tls: None,
            open: false,
            public_url: None,
            trusted_proxies: Vec::new(),
            cors_origins: Origins::Every,
            limits: Limits::default(),
            connections: NonZeroUsize::MIN.saturating_add(4095),
            index_mib: NonZeroU32::MIN.saturating_add(255),
            patience_seconds: NonZeroU16::MIN.saturating_add(59),
            shutdown_grace_seconds: 30,
        }
    }
}

impl Server {
    /// How it is asked: by https where it has a certificate.
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Whether an address is that of a proxy whose word is believed.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// The URL of the address that it listens on, for a request that names no usable host.
    pub fn own_url(&self) -> PublicUrl {
        PublicUrl::listening_on(self.scheme(), self.listen)
    }
}

/// What a phone takes in without a stutter.
const DEFAULT_TILE_KB: NonZeroU32 = NonZeroU32::MIN.saturating_add(499);

impl Tiles {
    /// Most MiB that preparing a layer may take.
    pub fn most_memory(&self) -> u64 {
        let half = || {
            let machine = rustix::system::sysinfo();
            (machine.totalram as u64 * u64::from(machine.mem_unit) / 2) >> 20
        };
        self.prepare_mib.map_or_else(half, |most| most.get().into())
    }

    /// Most bytes of a tile before compression.
    pub fn max_tile(&self) -> usize {
        self.max_tile_kb.get() as usize * 1000
    }
}

impl Default for Tiles {
    fn default() -> Self {
        Self {
            cache_mib: 256,
            warm_tiles: 0,
            threads: None,
            queue: 1024,
            max_tile_kb: DEFAULT_TILE_KB,
            prepare_mib: None,
            rules: BTreeMap::new(),
            matrix_sets: TileMatrixSets::default(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {path}: {cause}")]
    Unreadable { path: PathBuf, cause: std::io::Error },
    #[error("{path}: {cause}")]
    Invalid { path: PathBuf, cause: String },
    #[error("plan.document {path}: {cause}")]
    Document { path: PathBuf, cause: DocumentError },
}

/// The name of the document in the program.
const BUNDLED: &str = "bundled";

/// The file that is read when no other is named, if it exists.
const DEFAULT_FILE: &str = "plantiles.toml";

impl Config {
    /// Reads `path`, or `plantiles.toml` of the working directory if there is one.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let (path, required) = match path {
            Some(path) => (path, true),
            None => (Path::new(DEFAULT_FILE), false),
        };
        match std::fs::read_to_string(path) {
            Ok(text) => {
                Self::parse(&text).map_err(|cause| ConfigError::Invalid { path: path.to_owned(), cause })
            }
            Err(cause) if !required && cause.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(cause) => Err(ConfigError::Unreadable { path: path.to_owned(), cause }),
        }
    }

    /// The configuration in `text`; the error is one line that says where it stands.
    fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let Some(before) = error.span().and_then(|span| text.get(..span.start)) else {
                return error.message().to_owned();
            };
            // The key is in front of the value that is wrong; the value itself may be a secret.
            let key =
                before.rsplit('\n').next().and_then(|line| line.split_once('=')).map(|(key, _)| key.trim());
            let key = key.map(|key| format!("{key}: ")).unwrap_or_default();
            format!("line {}: {key}{}", before.matches('\n').count() + 1, error.message())
        })?;
        config.server.limits.check(config.access.as_ref())?;
        Ok(config)
    }

    /// The document of the plan that is served; `None` where a database or a bucket holds a plan whose document is not named.
    pub fn document(&self) -> Result<Option<Document>, ConfigError> {
        let path = match (&self.plan.document, self.database.url.is_some() || self.store.url.is_some()) {
            (Some(path), _) => path.as_path(),
            (None, false) => Path::new(BUNDLED),
            (None, true) => return Ok(None),
        };
        let read = if path == Path::new(BUNDLED) { Document::bundled() } else { Document::read(path) };
        read.map(Some).map_err(|cause| ConfigError::Document { path: path.to_owned(), cause })
    }

    pub fn state_dir(&self) -> &Path {
        self.state.as_deref().unwrap_or(Path::new("plantiles-state"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = Config::parse("[server]\nlisten = \"127.0.0.1:1\"\nlissten = 1\n").unwrap_err();
        assert!(error.starts_with("line 3:") && error.contains("lissten"), "{error}");
        let error = Config::parse("[servr]\n").unwrap_err();
        assert!(error.contains("servr"), "{error}");
    }

    #[test]
    fn limits_are_of_roles_that_there_are() {
        let access = "[access]\nkeys = \"k\"\nroles = [\"office\"]\n";
        let limits = |role: &str| format!("{access}[server.limits.role.{role}]\ndownloads = 2\n");
        let config = Config::parse(&limits("office")).unwrap();
        assert_eq!(config.server.limits.role.values().next().unwrap().downloads, NonZeroU32::new(2));
        assert!(Config::parse(&limits("ofice")).unwrap_err().contains("no role `ofice`"));
        assert!(Config::parse(&limits("office.role.office")).unwrap_err().contains("no roles in a role"));
    }

    #[test]
    fn the_database_url_is_not_printed() {
        let config = Config::parse("[database]\nurl = \"postgres://u:hidden@h/d\"\n").unwrap();
        assert!(!format!("{config:?}").contains("hidden"));
    }

    #[test]
    fn rules_are_read_by_layer_and_told_when_they_are_wrong() {
        let given = "[tiles]\nmax_tile_kb = 300\n[tiles.layer.mining_blocks]\nminzoom = 8\ntiny = \"drop\"\n\
                     attributes = { code = 10, note = false }\nlabels = []\n";
        let tiles = Config::parse(given).unwrap().tiles;
        assert_eq!(tiles.max_tile(), 300_000);
        let rules = &tiles.rules[&LayerId::new("mining_blocks").unwrap()];
        assert_eq!(rules.minzoom.map(u8::from), Some(8));
        assert!(rules.carries("code", 10) && !rules.carries("code", 9) && !rules.carries("note", 18));
        assert!(rules.carries("name", 0) && !rules.labels("name"));
        for (wrong, named) in [
            ("minzoom = 19", "minzoom: zooms are 0 to 18"),
            ("minzoom = -1", "zooms are 0 to 18"),
            ("attributes = { code = 40 }", "a zoom from 0 to 18, or false for no zoom"),
            ("tolerance = 65.0", "a tolerance is 0 to 64 units"),
            ("tiny = \"circle\"", "unknown variant `circle`"),
            ("colour = \"red\"", "unknown field `colour`"),
        ] {
            let error = Config::parse(&format!("[tiles.layer.mining_blocks]\n{wrong}\n")).unwrap_err();
            assert!(error.starts_with("line 2: ") && error.contains(named), "{wrong}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
        assert_eq!(Config::default().tiles.max_tile(), 500_000);
        assert!(Config::parse("[tiles]\nmax_tile_kb = 0\n").is_err());
    }

    #[test]
    fn a_public_url_is_absolute_and_plain() {
        for bad in ["maps.example.org", "ftp://a", "https://a/?q", "https://a b"] {
            let error = Config::parse(&format!("[server]\npublic_url = \"{bad}\"")).unwrap_err();
            assert!(error.starts_with("line 2: public_url: not an absolute"), "{bad}: {error}");
        }
        let config = Config::parse("[server]\npublic_url = \"https://maps.example.org/plan/\"").unwrap();
        assert_eq!(config.server.public_url.unwrap().as_str(), "https://maps.example.org/plan");
    }
}
