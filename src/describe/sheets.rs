//! `/sheets`: the maps of the plan, to print.

use super::page::{Language, beside_map};
use crate::{
    config::PublicUrl,
    plan::Text,
    style::{Sheets, Subject},
};
use maud::html;
use serde_json::{Value, json};

/// The sheets that are listed: the maps of the plan, then all of it on one.
fn listed(sheets: &Sheets) -> Vec<(Subject, Text)> {
    let maps = sheets.maps().iter().map(|map| (Subject::Map(map.id.clone()), map.title.clone()));
    let all = Text { zh: "全部图层".to_owned(), en: "All layers".to_owned() };
    maps.chain([(Subject::Plan, all)]).collect()
}

/// All sheets with the addresses of their files.
pub fn sheets(sheets: &Sheets, base: &PublicUrl) -> Value {
    let base = base.as_str();
    let entry = |(subject, title): (Subject, Text)| {
        json!({
            "id": subject.to_string(),
            "title": title,
            "pdf": format!("{base}/sheets/{subject}.pdf"),
            "png": format!("{base}/sheets/{subject}.png"),
            "description": format!("{base}/sheets/{subject}.json"),
            "style": format!("{base}/styles/{subject}-print.json"),
        })
    };
    json!({
        "title": sheets.title(),
        "paper": "A3",
        "parameters": {
            "bbox": "min longitude, min latitude, max longitude, max latitude, degrees of EPSG:4490",
            "scale": "denominator, 500 to 2000000",
            "dpi": "dots to the inch of a PNG, 50 to 300",
            "lang": "zh, or en for title, legend and notes in English",
        },
        "sheets": listed(sheets).into_iter().map(entry).collect::<Vec<_>>(),
    })
}

/// The page in one language; its links are relative.
pub fn sheets_page(sheets: &Sheets, language: Language) -> String {
    let say = |zh: &'static str, en: &'static str| language.pick([zh, en]);
    let lead = say(
        "A3图幅，按所在3°带高斯—克吕格投影绘制，比例尺取整。可用 bbox 和 scale 另选范围和比例尺，lang=en 为英文图例和说明。",
        "A3 sheets in the Gauss-Krüger zone that they lie in, at a round scale. bbox and scale choose another part. \
         Title, legend and notes are in English; names on the map are those of the plan.",
    );
    let example = "sheets/mining-map.pdf?bbox=112.7,36.2,112.9,36.35&scale=50000";
    // The sheets themselves are Chinese unless asked for otherwise.
    let query = say("", "?lang=en");
    let main = html! {
        p { (language.of(sheets.title())) }
        p { (lead) }
        p { a href=(example) { code { (example) } } }
        @for (subject, title) in listed(sheets) {
            section id=(subject) {
                h2 { (language.of(&title)) }
                p {
                    a href={ "sheets/" (subject) ".pdf" (query) } { "PDF" } " · "
                    a href={ "sheets/" (subject) ".png" (query) } { (say("PNG，300 dpi", "PNG, 300 dpi")) } " · "
                    a href={ "sheets/" (subject) ".json" } { (say("说明", "Description")) }
                }
            }
        }
    };
    beside_map(language, ["图件", "Map sheets"], None, main)
}
