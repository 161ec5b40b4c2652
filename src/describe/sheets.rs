//! `/sheets`: the maps of the plan, to print.

use super::connect::Language;
use crate::{
    config::PublicUrl,
    plan::Text,
    style::{Sheets, Subject},
};
use maud::{DOCTYPE, html};
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
        },
        "sheets": listed(sheets).into_iter().map(entry).collect::<Vec<_>>(),
    })
}

/// The page in one language; its links are relative.
pub fn sheets_page(sheets: &Sheets, language: Language) -> String {
    let say = |zh: &'static str, en: &'static str| language.pick([zh, en]);
    let (other, other_name) = match language {
        Language::Zh => (Language::En, "English"),
        Language::En => (Language::Zh, "中文"),
    };
    let lead = say(
        "A3图幅，按所在3°带高斯—克吕格投影绘制，比例尺取整。可用 bbox 和 scale 另选范围和比例尺。",
        "A3 sheets in the Gauss-Krüger zone that they lie in, at a round scale. bbox and scale choose another part.",
    );
    let example = "sheets/mining-map.pdf?bbox=112.7,36.2,112.9,36.35&scale=50000";
    let page = html! {
        (DOCTYPE)
        html lang=(language.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (say("图件", "Map sheets")) " · plantiles" }
                link rel="icon" href="assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="assets/connect.css";
            }
            body {
                header {
                    a href="./" { (say("地图", "Map")) }
                    h1 { (say("图件", "Map sheets")) }
                    a href={ "?lang=" (other.code()) } hreflang=(other.code()) { (other_name) }
                }
                main {
                    p { (language.of(sheets.title())) }
                    p { (lead) }
                    p { a href=(example) { code { (example) } } }
                    @for (subject, title) in listed(sheets) {
                        section id=(subject) {
                            h2 { (language.of(&title)) }
                            p {
                                a href={ "sheets/" (subject) ".pdf" } { "PDF" } " · "
                                a href={ "sheets/" (subject) ".png" } { (say("PNG，300 dpi", "PNG, 300 dpi")) } " · "
                                a href={ "sheets/" (subject) ".json" } { (say("说明", "Description")) }
                            }
                        }
                    }
                }
            }
        }
    };
    page.into_string()
}
