//! OGC API – Processes (OGC 18-062r2): the review of a proposal as a process.

use super::link::{GEOJSON, HTML, JSON, link, self_and_page};
use crate::{
    config::PublicUrl,
    review::{Attribute, Kind, MOST_CORNERS, Rules},
};
use serde_json::{Map, Value, json};

/// The one process that there is.
pub const REVIEW: &str = "review";

/// Relations of links (OGC 18-062r2, §7.2 and §7.11).
pub const PROCESSES: &str = "http://www.opengis.net/def/rel/ogc/1.0/processes";
const EXECUTE: &str = "http://www.opengis.net/def/rel/ogc/1.0/execute";

/// `/ogc/processes`
pub fn processes(rules: &Rules, base: &PublicUrl) -> Value {
    let href = format!("{}/ogc/processes", base.as_str());
    json!({
        "processes": [summary(rules, base)],
        "links": self_and_page("处理 Processes", &href),
    })
}

fn summary(rules: &Rules, base: &PublicUrl) -> Value {
    let href = format!("{}/ogc/processes/{REVIEW}", base.as_str());
    let mut links = self_and_page("矿业权审查 Review of a proposed right", &href);
    links.push(link(EXECUTE, JSON, "执行 Execute", &format!("{href}/execution")));
    json!({
        "id": REVIEW,
        "title": "矿业权审查 Review of a proposed right",
        "description": format!("按规划规则审查拟设矿业权：{}。 Judges a proposed right by the rules of the plan: {}.", rules.plan.zh, rules.plan.en),
        "version": env!("CARGO_PKG_VERSION"),
        "jobControlOptions": ["sync-execute"],
        "outputTransmission": ["value"],
        "links": links,
    })
}

/// `/ogc/processes/review`
pub fn process(rules: &Rules, base: &PublicUrl) -> Value {
    let mut process = summary(rules, base);
    let text = |media_type: &str| json!({ "type": "string", "contentMediaType": media_type });
    let object = |media_type: &str| json!({ "type": "object", "contentMediaType": media_type });
    let mut inputs = Map::new();
    inputs.insert("proposal".into(), json!({
        "title": "申请范围 Extent of the proposal",
        "description": format!(
            "GeoJSON、WKT 或拐点坐标，最多 {MOST_CORNERS} 个拐点。 GeoJSON, WKT, or a list of corner points in any zone of CGCS2000, of at most {MOST_CORNERS} corners."
        ),
        "schema": { "oneOf": [object(GEOJSON), text("text/plain")] },
    }));
    inputs.insert("srid".into(), json!({
        "title": "坐标系 EPSG code of the coordinates",
        "description": "4490、4491–4554、4326 或 3857，缺省时按文本所述。 What the text says is used without it.",
        "minOccurs": 0, "schema": { "type": "integer" },
    }));
    inputs.insert(
        "northing_first".into(),
        json!({
            "title": "先北后东 North before east",
            "description": "坐标先北后东。 The first of two coordinates is the one to the north.",
            "minOccurs": 0, "schema": { "type": "boolean", "default": false },
        }),
    );
    inputs.extend(rules.asked().map(|asked| (asked.id.clone(), input(asked))));
    process["inputs"] = Value::Object(inputs);
    process["outputs"] = json!({ "review": {
        "title": "审查结果 Result",
        "description": "各规则的结论、有关要素和重叠部分，或叠加图层，或可打印的报告。 The verdict of each rule with features and overlaps, an overlay for a map, or a report to print.",
        "schema": { "oneOf": [object(JSON), object(GEOJSON), text(HTML)] },
    } });
    process
}

fn input(asked: &Attribute) -> Value {
    let mut schema = match asked.kind {
        Kind::Number => json!({ "type": "number" }),
        Kind::Truth => json!({ "type": "boolean" }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::Choice | Kind::Choices | Kind::Text => json!({ "type": "string" }),
    };
    let ids: Vec<&str> = asked.choices.iter().map(|choice| choice.id.as_str()).collect();
    let words: Vec<String> =
        asked.choices.iter().map(|choice| format!("{} {}", choice.id, choice.zh)).collect();
    if !asked.open && !ids.is_empty() {
        schema["enum"] = json!(ids);
    }
    let title = super::title(&asked.title);
    let description = if words.is_empty() { title.clone() } else { format!("{title}: {}", words.join(", ")) };
    let most = if asked.kind == Kind::Choices { ids.len() } else { 1 };
    json!({ "title": title, "description": description, "minOccurs": 0, "maxOccurs": most, "schema": schema })
}
