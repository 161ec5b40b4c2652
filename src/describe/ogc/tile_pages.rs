//! Tilesets and tile matrix sets as pages.

use super::{html::page, tile_matrix_sets::href, tiles::Selected};
use crate::{
    config::PublicUrl,
    grid::{TileMatrixSet, TileMatrixSets},
};
use maud::{Markup, html};

const SETS: (&str, &str) = ("tileMatrixSets", "瓦片矩阵集 Tile matrix sets");

pub fn tile_matrix_sets(sets: &TileMatrixSets, base: &PublicUrl) -> String {
    page(base, &[], SETS.1, list(sets, |set| format!("{}?f=html", href(set, base))))
}

fn list(sets: &TileMatrixSets, href: impl Fn(&TileMatrixSet) -> String) -> Markup {
    html! {
        div.wide { table {
            tr { th { "标识 Id" } th { "名称 Title" } th { "坐标系 CRS" } th { "级别 Levels" } }
            @for set in sets.iter() {
                tr {
                    td { a href=(href(set)) { code { (set.id) } } }
                    td { (set.title) }
                    td { code { (set.crs) } }
                    td.number { (set.levels[0]) "–" (set.levels[1]) }
                }
            }
        } }
    }
}

pub fn tile_matrix_set(set: &TileMatrixSet, base: &PublicUrl) -> String {
    let content = html! {
        p { (set.title) ", " code { (set.crs) } }
        div.wide { table {
            tr { th { "级别 Level" } th { "比例尺分母 Scale denominator" } th { "像元 Cell size" } th { "列 Columns" } th { "行 Rows" } }
            @for level in set.levels() {
                tr {
                    td.number { (level) }
                    td.number { (set.scale_denominator(level)) }
                    td.number { (set.cell_size(level)) }
                    td.number { (set.matrix_at(level)[0]) }
                    td.number { (set.matrix_at(level)[1]) }
                }
            }
        } }
        p { a href={ (href(set, base)) "?f=json" } { "JSON" } }
    };
    page(base, &[SETS], &set.id, content)
}

pub fn tilesets(selected: &Selected, sets: &TileMatrixSets, base: &PublicUrl) -> String {
    let tiles = selected.tiles(base);
    page(
        base,
        &[],
        &format!("瓦片集 Tilesets · {}", selected.title()),
        list(sets, |set| format!("{tiles}/{}{}", set.id, selected.query_in("html"))),
    )
}

pub fn tileset(selected: &Selected, set: &TileMatrixSet, base: &PublicUrl) -> String {
    let href = format!("{}/{}", selected.tiles(base), set.id);
    let content = html! {
        table {
            tr { th { "瓦片 Tiles" } td { code { (href) "/{tileMatrix}/{tileRow}/{tileCol}" (selected.query()) } } }
            tr { th { "坐标系 CRS" } td { code { (set.crs) } } }
            tr { th { "级别 Levels" } td { (set.levels[0]) "–" (set.levels[1]) } }
            @if let Some(b) = selected.tileset.bounds() {
                tr { th { "范围 Extent" } td { (b.min_x) ", " (b.min_y) " – " (b.max_x) ", " (b.max_y) } }
            }
        }
        ul { @for layer in &selected.tileset.layers { @for (id, columns) in layer.tiles.mvt_layers() {
            li { code { (id) } ": " (columns.join(", ")) }
        } } }
        ul {
            li { a href={ (href) (selected.query_in("json")) } { "JSON" } }
            li { a href={ (href) (selected.query_in("tilejson")) } { "TileJSON" } }
        }
    };
    page(base, &[("tiles", "瓦片集 Tilesets")], &format!("{} · {}", selected.title(), set.id), content)
}
