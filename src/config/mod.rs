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
use serde::Deserialize;
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
mod secret;
mod tls;
mod tokens;

pub use access::{Access, Role};
pub use audit::{Audit, AuditTable};
pub use limits::Limits;
pub use origins::Origins;
pub use public_url::PublicUrl;
pub use secret::Secret;
pub use tls::Tls;
pub use tokens::{Jwks, Tokens};

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Directory of the published snapshots.
    pub state: Option<PathBuf>,
    pub server: Server,
    pub database: Database,
    pub tiles: Tiles,
    pub log: Log,
    pub import: Import,
    pub plan: Plan,
    pub review: Review,
    /// Who may see which layers; without it, everybody all.
    pub access: Option<Access>,
    /// Where records of what was taken, changed and refused go; without it, nowhere.
    pub audit: Option<Audit>,
    /// Tables and views outside the schema `plan` that are served too.
    #[serde(rename = "layer")]
    pub layers: Vec<TableLayer>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    pub listen: SocketAddr,
    /// Connections are encrypted; without it they are plain.
    pub tls: Option<Tls>,
    /// Whether everybody who reaches another address than this machine's own may see every layer.
    pub open: bool,
    /// The absolute URL under which clients reach the server; without it, the `Host` of the request.
    pub public_url: Option<PublicUrl>,
    /// Addresses whose `Forwarded` and `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Sites whose pages may read what is answered.
    pub cors_origins: Origins,
    /// How much one caller may ask for.
    pub limits: Limits,
    /// Connections at the same time; further ones wait to be accepted.
    pub connections: NonZeroUsize,
    /// MiB of memory for the indexes of FlatGeobuf files that are written while they go out.
    pub index_mib: NonZeroU32,
    /// Seconds in which a client must send its next request head, and take some of an answer that waits for it.
    pub patience_seconds: NonZeroU16,
    /// Seconds that requests under way may take to finish after SIGTERM.
    pub shutdown_grace_seconds: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    pub url: Option<Secret>,
    /// Seconds between two looks for changes that nobody announced.
    pub poll_seconds: NonZeroU64,
    /// Seconds that a statement on metadata may take.
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
            poll_seconds: NonZeroU64::MIN.saturating_add(29),
            statement_seconds: seconds(30),
            export_seconds: seconds(15 * 60),
            lock_seconds: seconds(10),
            wait_seconds: seconds(10),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tiles {
    /// Memory for ready tiles, in MiB; 0 turns the cache off.
    pub cache_mib: u64,
    /// Threads that cut tiles at the same time; the default is the number of cores.
    pub threads: Option<NonZeroUsize>,
    /// Tiles that may wait for such a thread; the next one is answered 503.
    pub queue: usize,
    /// Most kB (1000 bytes) of a tile before compression: past it the least important features are left out.
    pub max_tile_kb: NonZeroU32,
    /// MiB of memory that preparing a layer for tiles may take; the default is half of the machine's.
    pub prepare_mib: Option<NonZeroU32>,
    /// How layers are drawn, by id, where it is to be otherwise.
    #[serde(rename = "layer")]
    pub rules: BTreeMap<LayerId, Rules>,
    /// The tile matrix sets that every server has and those of the configuration.
    #[serde(rename = "grid")]
    pub matrix_sets: TileMatrixSets,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Import {
    /// Attributes of files and the fields they go to: a field, `id`, or `-` for nowhere.
    pub map: BTreeMap<String, String>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// The plan as a document: `bundled`, or a file. Without a database it is the bundled one.
    pub document: Option<PathBuf>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Review {
    /// File of the rules by which proposals are reviewed, in place of those of the bundled plan.
    pub rules: Option<PathBuf>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// One table or view with a unique `bigint` id and one geometry column, in any SRID.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableLayer {
    pub id: LayerId,
    pub schema: String,
    pub table: String,
    pub id_column: String,
    pub geometry_column: String,
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

    /// The document of the plan that is served; `None` where a database holds a plan whose document is not named.
    pub fn document(&self) -> Result<Option<Document>, ConfigError> {
        let path = match (&self.plan.document, &self.database.url) {
            (Some(path), _) => path.as_path(),
            (None, None) => Path::new(BUNDLED),
            (None, Some(_)) => return Ok(None),
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
