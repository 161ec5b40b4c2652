//! What most handlers want to know of a request, and how they answer it.

use super::{
    App, Problem,
    base_url::base_url,
    connection::Peer,
    media::{self, Form, HTML},
    parameters::Parameters,
    policy::Policy,
    respond::{Representation, VARY_FORM},
};
use crate::{catalog::Catalog, config::PublicUrl};
use axum::{
    body::Bytes,
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
    response::Response,
};
use std::sync::Arc;

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
        let Peer(peer) = parts.extensions.get::<Peer>().cloned().ok_or_else(Problem::internal)?;
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

    /// 200 with a document, or what the preconditions say.
    pub fn answer(&self, text: impl Into<Bytes>, form: Form) -> Result<Response, Problem> {
        answer(text, form, &self.headers)
    }
}

/// 200 with a document in the form that was chosen, or what the preconditions say.
pub fn answer(text: impl Into<Bytes>, form: Form, headers: &HeaderMap) -> Result<Response, Problem> {
    let mut document = Representation::text(text, form.content_type(), headers)?;
    document.vary = VARY_FORM;
    let mut response = document.answer(headers)?;
    if form == HTML {
        Policy::Plain.guard(response.headers_mut());
    }
    Ok(response)
}
