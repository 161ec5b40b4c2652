//! In which form a resource is sent: by `f=`, else by `Accept` (RFC 9110 §12.5.1).

use super::Problem;
use axum::http::{HeaderMap, header};

/// A form of a resource: its name in `f=` and its media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    pub name: &'static str,
    pub media_type: &'static str,
}

impl Form {
    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        if self == HTML { "text/html; charset=utf-8" } else { self.media_type }
    }
}

pub const JSON: Form = Form { name: "json", media_type: "application/json" };
pub const GEOJSON: Form = Form { name: "json", media_type: "application/geo+json" };
pub const SCHEMA: Form = Form { name: "json", media_type: "application/schema+json" };
pub const OPENAPI: Form = Form { name: "json", media_type: "application/vnd.oai.openapi+json;version=3.0" };
pub const CSV: Form = Form { name: "csv", media_type: crate::export::Format::Csv.media_type() };
pub const HTML: Form = Form { name: "html", media_type: "text/html" };
pub const FLATGEOBUF: Form = Form { name: "fgb", media_type: "application/flatgeobuf" };

/// The one of `forms` that the client asks for, the first among equals; the first too when it takes none of them,
/// since programs ask for media types that come near.
pub fn choose(f: Option<&str>, headers: &HeaderMap, forms: &[Form]) -> Result<Form, Problem> {
    if let Some(name) = f {
        let found = forms.iter().find(|form| form.name == name).copied();
        let names: Vec<_> = forms.iter().map(|form| form.name).collect();
        return found.ok_or_else(|| {
            Problem::bad_request(format!("parameter `f`: here it is {}", names.join(" or ")))
        });
    }
    let accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let members: Vec<(&str, f32)> = accept.flat_map(|value| value.split(',')).filter_map(member).collect();
    let mut best = (forms[0], 0.0);
    for &form in forms {
        let quality = quality(form, &members);
        if quality > best.1 {
            best = (form, quality);
        }
    }
    Ok(best.0)
}

/// A media range without its parameters, and its quality.
fn member(text: &str) -> Option<(&str, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().filter(|range| !range.is_empty())?;
    let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    Some((range, quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0))))
}

/// The quality of the most specific range that the form is in.
fn quality(form: Form, members: &[(&str, f32)]) -> f32 {
    let media_type = form.media_type.split(';').next().unwrap_or_default();
    let specificity = |range: &str| match range.strip_suffix("/*") {
        Some("*") => Some(0),
        Some(kind) => media_type.strip_prefix(kind).is_some_and(|rest| rest.starts_with('/')).then_some(1),
        None => range.eq_ignore_ascii_case(media_type).then_some(2),
    };
    let fitting = members.iter().filter_map(|(range, quality)| Some((specificity(range)?, *quality)));
    fitting.max_by_key(|(specificity, _)| *specificity).map_or(0.0, |(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_form_that_is_asked_for() {
        let forms = [GEOJSON, HTML, FLATGEOBUF];
        let chosen = |f: Option<&str>, accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            choose(f, &headers, &forms).map(|form| form.media_type).ok()
        };
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (accept, expected) in [
            ("", GEOJSON),
            ("*/*", GEOJSON),
            (browser, HTML),
            ("application/geo+json, text/html;q=0.5", GEOJSON),
            ("application/flatgeobuf", FLATGEOBUF),
            ("text/*", HTML),
            ("application/geo+json;q=0.1, */*", HTML),
            ("application/json", GEOJSON),
            ("image/png", GEOJSON),
        ] {
            assert_eq!(chosen(None, accept), Some(expected.media_type), "{accept}");
        }
        assert_eq!(chosen(Some("fgb"), browser), Some(FLATGEOBUF.media_type));
        assert_eq!(chosen(Some("xml"), browser), None);
    }
}
