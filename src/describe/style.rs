//! MapLibre styles with absolute URLs.

use crate::config::PublicUrl;

/// Stands for the base URL in the files of `styles/`.
const BASE: &str = "{base}";

/// The style document `source` with its URLs made absolute.
///
/// A [`PublicUrl`] has no character that means anything in JSON, so replacing text is safe.
pub fn style(source: &str, base: &PublicUrl) -> String {
    source.replace(BASE, base.as_str())
}
