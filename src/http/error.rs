//! Every error answer: RFC 9457 problem details. Causes go to the log, never to the client.

use crate::{
    catalog::TilesetError,
    editions::{AtError, EditionError},
    workers::WorkError,
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::sync::Arc;

/// A problem as the client sees it.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    /// Names what is wrong and where.
    detail: String,
    more: More,
    retry_after_seconds: Option<u16>,
}

/// RFC 6750 §3.
const CHALLENGE: HeaderValue =
    HeaderValue::from_static("Bearer realm=\"plantiles\", error=\"invalid_token\"");

/// What is said beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum More {
    Nothing,
    /// URI of its kind, where a standard names one.
    Kind(&'static str),
    /// Methods of the resource, where another was used.
    Allowed(&'static str),
    /// How to say who asks.
    Challenge,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), more: More::Nothing, retry_after_seconds: None }
    }

    /// The same with the URI of its kind.
    pub fn of_kind(self, kind: &'static str) -> Self {
        Self { more: More::Kind(kind), ..self }
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 404 that says so of a name: `what` there is not. Names come from requests, so what is echoed stays short.
    pub fn no_such(what: &str, name: &str) -> Self {
        let name: String = name.chars().take(80).collect();
        Self::not_found(format!("{what} `{name}`"))
    }

    pub fn nothing_here() -> Self {
        Self::not_found("there is nothing at this path")
    }

    pub fn method_not_allowed() -> Self {
        Self::not_allowed("GET, HEAD, OPTIONS")
    }

    /// Of somebody whose key is not one.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self { more: More::Challenge, ..Self::new(StatusCode::UNAUTHORIZED, detail) }
    }

    /// Of somebody who is known and may nothing.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// With the methods that the resource has.
    pub fn not_allowed(allowed: &'static str) -> Self {
        let detail = format!("the methods of this resource are {allowed}");
        Self { more: More::Allowed(allowed), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, detail) }
    }

    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    pub fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time")
    }

    pub fn not_acceptable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE, detail)
    }

    pub fn precondition_failed() -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "the resource is not in the state that the request asks for",
        )
    }

    pub fn uri_too_long() -> Self {
        Self::new(StatusCode::URI_TOO_LONG, "the path and query are longer than 4096 bytes")
    }

    pub fn coded_body() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a body is taken as it is, without `Content-Encoding`")
    }

    /// What was asked for is understood and cannot be made.
    pub fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "an error of the server; its log says more")
    }

    /// So much has come from one caller that it has to wait so many seconds.
    pub fn too_many(detail: impl Into<String>, seconds: u64) -> Self {
        let retry_after_seconds = Some(seconds.try_into().unwrap_or(u16::MAX));
        Self { retry_after_seconds, ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail) }
    }

    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self { retry_after_seconds: Some(1), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }
}

impl From<TilesetError> for Problem {
    fn from(error: TilesetError) -> Self {
        match error {
            TilesetError::UnknownLayer(_) => Self::not_found(error.to_string()),
            TilesetError::RepeatedLayer(_) => Self::bad_request(error.to_string()),
        }
    }
}

impl From<AtError> for Problem {
    fn from(error: AtError) -> Self {
        Self::not_found(error.to_string())
    }
}

impl From<Arc<EditionError>> for Problem {
    fn from(error: Arc<EditionError>) -> Self {
        match &*error {
            EditionError::Nothing | EditionError::Stopped => Self::unavailable(error.to_string()),
            EditionError::NoRevision(_) | EditionError::NotKept(_) => Self::not_found(error.to_string()),
            EditionError::Damaged { .. } | EditionError::Unopened { .. } | EditionError::Incomparable(_) => {
                tracing::error!(%error, "an edition cannot be served");
                Self::internal()
            }
        }
    }
}

impl From<WorkError> for Problem {
    fn from(error: WorkError) -> Self {
        match error {
            WorkError::Overloaded => Self::unavailable(error.to_string()),
            WorkError::Aborted => Self::internal(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let kind = match self.more {
            More::Kind(kind) => kind,
            More::Nothing | More::Allowed(_) | More::Challenge => "about:blank",
        };
        let body = json!({
            "type": kind,
            "title": self.status.canonical_reason().unwrap_or("error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.more == More::Challenge {
            headers.insert(header::WWW_AUTHENTICATE, CHALLENGE);
        }
        if let More::Allowed(allowed) = self.more {
            headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
        }
        response
    }
}
