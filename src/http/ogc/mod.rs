//! `/ogc`: OGC API, Common (OGC 19-072, 20-024), Features (OGC 17-069r4, 18-058r1, 19-079r2, 23-058r1) and Tiles (OGC
//! 20-057).

mod documents;
mod item;
mod items;
pub mod media;
mod processes;
mod styles;
mod tiles;
mod wanted;

use super::{
    App, Problem, base_url::base_url, connection::Peer, page::Policy, parameters::Parameters,
    respond::Representation,
};
use crate::{
    catalog::{Catalog, PublishedLayer},
    config::PublicUrl,
    plan::LayerId,
};
use axum::{
    Router,
    body::Bytes,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, request::Parts},
    response::Response,
    routing::get,
};
use media::{Form, HTML};
use std::sync::Arc;

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/ogc", get(documents::landing_page))
        // The path in the API document, under the server's URL.
        .route("/ogc/", get(documents::landing_page))
        .route("/ogc/style.css", get(documents::style))
        .merge(styles::routes())
        .merge(processes::routes())
        .route("/ogc/conformance", get(documents::conformance))
        .route("/ogc/collections", get(documents::collections))
        .route("/ogc/api", get(documents::api))
        .route("/ogc/collections/{collection}", get(documents::collection))
        .route("/ogc/collections/{collection}/queryables", get(documents::queryables))
        .route("/ogc/collections/{collection}/schema", get(documents::schema))
        .route("/ogc/collections/{collection}/items", get(items::items))
        .route("/ogc/collections/{collection}/items/{feature}", get(item::item))
        .merge(tiles::routes())
}

/// What a handler wants to know of a request.
pub struct Asked {
    pub app: Arc<App>,
    pub catalog: Arc<Catalog>,
    pub base: PublicUrl,
    pub headers: HeaderMap,
    pub parameters: Parameters,
}

impl FromRequestParts<Arc<App>> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        // Each connection puts it there.
        let Peer(peer) = parts.extensions.get::<Peer>().copied().ok_or_else(Problem::internal)?;
        Ok(Self {
            app: Arc::clone(app),
            catalog: app.catalog()?,
            base: base_url(&app.server, peer, &parts.headers),
            parameters: Parameters::of(&parts.uri)?,
            headers: parts.headers.clone(),
        })
    }
}

impl Asked {
    /// The form of a resource that has no parameter but `f`.
    pub fn form(&self, forms: &[Form]) -> Result<Form, Problem> {
        self.form_with(&["f"], forms)
    }

    /// The form of a resource that has these parameters.
    pub fn form_with(&self, parameters: &[&str], forms: &[Form]) -> Result<Form, Problem> {
        self.parameters.check(parameters)?;
        media::choose(self.parameters.get("f"), &self.headers, forms)
    }

    /// The layer that is the collection `id`.
    pub fn collection(&self, id: &str) -> Result<&Arc<PublishedLayer>, Problem> {
        let found = LayerId::new(id).ok().and_then(|id| self.catalog.layer(&id));
        let named: String = id.chars().take(80).collect();
        found.ok_or_else(|| Problem::not_found(format!("there is no collection `{named}`")))
    }

    /// 200 with a document, or what the preconditions say.
    pub fn answer(&self, text: impl Into<Bytes>, form: Form) -> Result<Response, Problem> {
        let mut document = Representation::text(text, content_type(form), &self.headers)?;
        document.vary = VARY;
        let mut response = document.answer(&self.headers)?;
        if form == HTML {
            Policy::Plain.guard(response.headers_mut());
        }
        Ok(response)
    }
}

/// `Vary` of what is negotiated and has absolute URLs in it.
pub const VARY: HeaderValue = HeaderValue::from_static(
    "accept, accept-encoding, host, forwarded, x-forwarded-host, x-forwarded-proto, x-forwarded-prefix",
);

pub fn content_type(form: Form) -> &'static str {
    if form == HTML { "text/html; charset=utf-8" } else { form.media_type }
}
