//! `/connect`: for each client the address to paste, and files that QGIS opens by themselves.
//!
//! Absolute URLs throughout: QGIS drops the port of relative ones.

mod clients;
mod page;
mod qlr;
mod tile_look;

pub use page::page;
pub use qlr::{features_qlr, plan_qlr};

use super::page::Words;

/// A program and what to paste into it.
struct Client {
    /// Its place on the page, `#id`.
    id: &'static str,
    title: Words,
    /// Where in the program.
    way: Words,
    pastes: &'static [Paste],
}

/// Something to paste or open.
enum Paste {
    /// An address, or code or a command with addresses in it. `{base}` stands for the base URL, `{layer}` for the id
    /// of a layer: on the page the first of the plan.
    Address(Words, &'static str),
    /// A file to download: its name and its path, in which `{lang}` stands for the page's language and `{layer}` as above.
    File(Words, &'static str, &'static str),
}
