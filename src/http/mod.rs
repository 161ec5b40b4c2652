//! HTTP: every route, and what all answers have in common.

mod answer;
mod arcgis;
mod asked;
mod assets;
mod audited;
mod base_url;
mod body;
mod caller;
mod conditional;
mod connect;
mod connection;
mod cors;
mod credentials;
mod disposition;
mod documents;
mod downloads;
mod error;
mod event_loops;
mod events;
mod health;
mod indexes;
mod limits;
mod media;
mod negotiate;
mod ogc;
mod paced;
mod parameters;
mod patience;
mod pieces;
mod places;
mod plan;
mod policy;
mod range;
mod reception;
mod respond;
mod review;
mod revisions;
mod routes;
mod search;
mod segments;
mod serve;
mod sheets;
mod socket;
mod standing;
mod statistics;
mod styles;
mod tiles;
mod tls;
mod traced;
mod wmts;

pub use assets::{VIEWER, content_type};
pub use reception::Reception;
pub use serve::{listen, serve};
pub use tls::{Tls, TlsError};

use crate::{
    access::{Seen, Sight},
    audit::Audit,
    catalog::Catalog,
    config,
    containers::Containers,
    document::Document,
    grid::QuadGrid,
    plan::LayerId,
    review::{Memory, Rules},
    service::Service,
    sheet::Press,
};
use assets::Assets;
use axum::{Router, routing::get};
use error::Problem;
use events::Streams;
use indexes::Indexes;
use limits::Limits;
use routes::Routes;
use segments::Segments;
use std::{io, sync::Arc};

/// What every handler shares: the server as callers with one sight see it.
pub struct App {
    pub service: Arc<Seen>,
    pub server: Arc<config::Server>,
    /// Of the plan that is served, where there is one.
    pub document: Option<Arc<Document>>,
    pub containers: Arc<Containers>,
    /// By which proposals are reviewed.
    pub rules: Arc<Rules>,
    /// What reviews keep for one another.
    reviews: Arc<Memory>,
    /// Where connections are encrypted.
    tls: Option<Arc<Tls>>,
    /// Where any are set.
    limits: Option<Arc<Limits>>,
    /// What is taken and refused is recorded.
    audit: Audit,
    assets: Arc<Assets>,
    indexes: Arc<Indexes>,
    streams: Arc<Streams>,
    sheets: Arc<sheets::Sheets>,
}

impl App {
    /// For those who see everything.
    ///
    /// # Errors
    /// When the system gives no threads for the work.
    pub fn new(
        service: Arc<Service>,
        server: config::Server,
        tls: Option<Arc<Tls>>,
        document: Option<Document>,
        rules: Rules,
        press: Press,
    ) -> io::Result<Self> {
        let service = Arc::new(Seen::new(service, Sight::default()));
        let streams = Arc::new(Streams::new(server.connections.get()));
        let indexes = Arc::new(Indexes::new(server.index_mib));
        let base = server.public_url.clone().unwrap_or_else(|| server.own_url());
        let reviews = Arc::new(Memory::new(Arc::clone(&service.orders)));
        let document = document.map(Arc::new);
        let containers = Arc::new(Containers::new(Arc::clone(&service), base, document.clone())?);
        let limits = Limits::new(&server.limits).map(Arc::new);
        Ok(Self {
            service,
            server: Arc::new(server),
            document,
            containers,
            rules: Arc::new(rules),
            reviews,
            tls,
            limits,
            audit: Audit::default(),
            assets: Arc::new(Assets::embedded()),
            indexes,
            streams,
            sheets: Arc::new(sheets::Sheets::new(press)?),
        })
    }

    /// The same, which records what is taken and refused.
    pub fn audited(self, audit: Audit) -> Self {
        Self { audit, ..self }
    }

    /// The same for those of one of `sights`, so many in all.
    fn by(&self, sight: &Sight, sights: usize) -> Self {
        // The text has the rows and columns of a layer in words of its own.
        let sees_all = |layer: &LayerId| sight.sees_all_of(layer);
        let sees = |layer: &LayerId, columns: &[&str]| sight.sees_columns(layer, columns);
        let service = Arc::new(self.service.by(sight.clone()));
        let document = self.document.as_ref().map(|document| Arc::new(document.with(sees_all)));
        let containers = self.containers.by(Arc::clone(&service), document.clone(), sights);
        Self {
            service,
            server: Arc::clone(&self.server),
            document,
            containers: Arc::new(containers),
            rules: Arc::new(self.rules.with(sees)),
            reviews: Arc::clone(&self.reviews),
            tls: self.tls.clone(),
            limits: self.limits.clone(),
            audit: self.audit.clone(),
            assets: Arc::clone(&self.assets),
            indexes: Arc::clone(&self.indexes),
            streams: Arc::clone(&self.streams),
            sheets: Arc::clone(&self.sheets),
        }
    }

    /// What is served now.
    fn catalog(&self) -> Result<Arc<Catalog>, Problem> {
        self.service.catalog().ok_or_else(unpublished)
    }

    /// The same on another grid; the first to ask waits until it is prepared.
    async fn catalog_on(&self, grid: &QuadGrid) -> Result<Arc<Catalog>, Problem> {
        let catalog = self.service.catalog_on(grid).await;
        catalog?.ok_or_else(unpublished)
    }
}

fn unpublished() -> Problem {
    Problem::unavailable("nothing is published yet")
}

/// The first segment of each route, by which requests are counted.
const PLACES: &[&str] = &[
    "",
    "connect",
    "events",
    "review",
    "assets",
    "layers.json",
    "revisions",
    "search",
    "tiles",
    "downloads",
    "styles",
    "sheets",
    "sheets.json",
    "sprites",
    "fonts",
    "ogc",
    "arcgis",
    "wmts",
    "statistics",
    "plan",
    "healthz",
    "readyz",
    "metrics",
];

/// Every route of the server; [`answer`] is what is around it.
fn routes() -> Routes {
    Routes::new()
        .route("/", get(assets::viewer))
        .route("/assets/{*file}", get(assets::viewer_file))
        .merge(connect::routes())
        .route("/layers.json", get(documents::catalog))
        .route("/search", get(search::search))
        .route("/{document}", get(documents::of_edition))
        .merge(revisions::routes())
        .merge(review::routes())
        .merge(tiles::routes())
        .merge(downloads::routes())
        .merge(styles::routes())
        .merge(sheets::routes())
        .route("/sprites/{*file}", get(assets::sprite))
        .route("/fonts/{stack}/{range}", get(assets::glyphs))
        .merge(ogc::routes())
        .merge(arcgis::routes())
        .merge(wmts::routes())
        .merge(statistics::routes())
        .merge(plan::routes())
        .route("/events", get(events::events))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
}

/// The paths of all routes, `{…}` for what varies.
pub fn paths() -> Vec<String> {
    routes().paths()
}

fn router(app: Arc<App>) -> Router {
    routes()
        .router()
        .fallback(async || Problem::nothing_here())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .with_state(app)
}
