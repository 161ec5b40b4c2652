//! What a download is called where it is saved (RFC 6266).

use crate::plan::Layer;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The value of `Content-Disposition`: `{layer}@{version}.{suffix}`, and for who reads RFC 8187 the same with the
/// layer's title.
pub fn disposition(layer: &Layer, version: &str, suffix: &str) -> String {
    // What no file system takes.
    let unsafe_in_names = |c: char| c.is_control() || r#"/\:*?"<>|"#.contains(c);
    let title = layer.title.zh.replace(unsafe_in_names, "_");
    let titled = format!("{title}@{version}.{suffix}");
    format!(
        "attachment; filename=\"{}@{version}.{suffix}\"; filename*=UTF-8''{}",
        layer.id,
        utf8_percent_encode(&titled, NON_ALPHANUMERIC)
    )
}
