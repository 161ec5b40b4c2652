//! The page itself, which needs no script but for copying.

use super::{Client, Paste, clients::CLIENTS};
use crate::{
    catalog::{Catalog, PublishedLayer},
    config::PublicUrl,
    describe::page::{Language, Words, beside_map},
};
use maud::{Markup, html};

const TITLE: Words = ["连接", "Connect"];
const LEAD: Words = [
    "每种软件所需的地址。地址中的图层可换成页末列出的任一图层。",
    "The address for each program. The layer in an address may be any of those at the end of the page.",
];
const LAYERS: Words = ["图层", "Layers"];
const COPY: Words = ["复制", "Copy"];
const COPIED: Words = ["已复制", "Copied"];
const NOT_COPIED: Words = ["未能复制，请手动选取", "Could not copy; please select it by hand"];
const DOWNLOAD: Words = ["下载", "Download"];

/// The page in one language; what is copied from it is absolute.
pub fn page(catalog: &Catalog, base: &PublicUrl, language: Language) -> String {
    let layers = catalog.layers();
    let first = layers.first().map(|layer| layer.id().as_str()).unwrap_or_default();
    let say = |words| language.pick(words);
    let main = html! {
        p { (say(LEAD)) }
        nav { ul {
            @for client in CLIENTS { li { a href={ "#" (client.id) } { (say(client.title)) } } }
            li { a href="#layers" { (say(LAYERS)) } }
        } }
        @for client in CLIENTS { (section(client, base, first, language)) }
        section #layers {
            h2 { (say(LAYERS)) }
            @for layer in layers { (entry(layer, base, language)) }
        }
        p #announcement aria-live="polite" data-copied=(say(COPIED)) data-failed=(say(NOT_COPIED)) {}
    };
    beside_map(language, TITLE, Some("assets/connect.js"), main)
}

fn section(client: &Client, base: &PublicUrl, layer: &str, language: Language) -> Markup {
    let filled = |text: &str| text.replace("{base}", base.as_str()).replace("{layer}", layer);
    html! {
        section id=(client.id) {
            h2 { (language.pick(client.title)) }
            p { (language.pick(client.way)) }
            @for paste in client.pastes {
                @match paste {
                    Paste::Address(label, text) => (copyable(language.pick(*label), &filled(text), language)),
                    Paste::File(label, name, path) => (file(language.pick(*label), &filled(name), &filled(path), language)),
                }
            }
        }
    }
}

/// Text with a button that copies it.
fn copyable(label: &str, text: &str, language: Language) -> Markup {
    let copy = language.pick(COPY);
    html! {
        div.paste {
            span { (label) }
            pre { code { (text) } }
            button type="button" aria-label={ (copy) ": " (label) } { (copy) }
        }
    }
}

fn file(label: &str, name: &str, path: &str, language: Language) -> Markup {
    let what = language.pick(DOWNLOAD);
    let path = path.replace("{lang}", language.code());
    html! {
        div.paste {
            span { (label) }
            a href=(path) download=(name) aria-label={ (what) ": " (label) } { (name) }
        }
    }
}

/// A layer with its addresses.
fn entry(layer: &PublishedLayer, base: &PublicUrl, language: Language) -> Markup {
    let (id, base) = (layer.id(), base.as_str());
    html! {
        h3 { (language.of(&layer.snapshot.layer.title)) " " code { (id) } }
        (copyable("FlatGeobuf", &format!("{base}/downloads/{id}.fgb"), language))
        (copyable("TileJSON", &format!("{base}/tiles/{id}.json"), language))
        (file("QGIS", &format!("{id}.qlr"), &format!("connect/{id}.qlr?lang={{lang}}"), language))
    }
}
