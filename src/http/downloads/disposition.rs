//! What a download is called where it is saved (RFC 6266).

use crate::{catalog::PLAN, plan::Layer};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The value of `Content-Disposition`: `{layer}@{version}.{suffix}`, and for who reads RFC 8187 the same with the
/// layer's title.
pub fn disposition(layer: &Layer, version: &str, suffix: &str) -> String {
    named(&layer.title.zh, layer.id.as_str(), version, suffix)
}

/// The same of the whole plan.
pub fn plan_disposition(version: &str, suffix: &str) -> String {
    named("矿产资源规划", PLAN, version, suffix)
}

fn named(title: &str, id: &str, version: &str, suffix: &str) -> String {
    // What no file system takes.
    let unsafe_in_names = |c: char| c.is_control() || r#"/\:*?"<>|"#.contains(c);
    let title = title.replace(unsafe_in_names, "_");
    let titled = format!("{title}@{version}.{suffix}");
    format!(
        "attachment; filename=\"{id}@{version}.{suffix}\"; filename*=UTF-8''{}",
        utf8_percent_encode(&titled, NON_ALPHANUMERIC)
    )
}
