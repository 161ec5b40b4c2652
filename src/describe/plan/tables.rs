//! The tables, made again from the layers, with the document's words and contradictions beside them.

use super::{TABLES, inconsistencies, part};
use crate::{
    config::PublicUrl,
    describe::ogc::title,
    document::{Cell, Document, Inconsistency, Reproduced, Row, Table},
};
use maud::{Markup, html};
use serde_json::{Value, json};

pub(super) fn href(table: &Table, base: &PublicUrl) -> String {
    format!("{}/plan/tables/{}", base.as_str(), table.id)
}

fn heading(table: &Table) -> String {
    format!("表{} {}", table.id, title(&table.title))
}

/// What is said of a table in the list of them and in itself.
fn described(document: &Document, table: &Table, base: &PublicUrl) -> Value {
    let mut described = json!({
        "id": table.id, "title": table.title, "section": table.section, "lines": table.lines,
        "inconsistencies": document.about(table).map(|found| &found.id).collect::<Vec<_>>(),
        "links": [
            { "rel": "self", "type": "application/json", "href": href(table, base) },
            { "rel": "alternate", "type": "text/csv", "href": format!("{}?f=csv", href(table, base)) },
            { "rel": "alternate", "type": "text/html", "href": format!("{}?f=html", href(table, base)) },
        ],
    });
    if let Some(lists) = &table.lists {
        described["layer"] = json!(lists.layer);
    }
    described
}

/// `/plan/tables`
pub fn tables(document: &Document, base: &PublicUrl) -> Value {
    let tables = document.tables.iter().map(|table| described(document, table, base));
    json!({ "title": document.title, "tables": tables.collect::<Vec<_>>() })
}

pub fn tables_page(document: &Document, base: &PublicUrl) -> String {
    let content = html! {
        div.wide { table {
            tr { th { "表 Table" } th { "章节 Section" } th { "图层 Layer" } th { "矛盾 Inconsistencies" } }
            @for table in &document.tables {
                tr {
                    td { a href={ (href(table, base)) "?f=html" } { (heading(table)) } }
                    td { (table.section) }
                    td { @if let Some(lists) = &table.lists { (layer_link(lists.layer.as_str(), base)) } }
                    td.number { (document.about(table).count()) }
                }
            }
        } }
        ul { li { a href={ (base.as_str()) "/plan/tables?f=json" } { "JSON" } } }
    };
    part(base, &[], TABLES.1, &content)
}

fn layer_link(id: &str, base: &PublicUrl) -> Markup {
    html! { a href={ (base.as_str()) "/ogc/collections/" (id) "?f=html" } { (id) } }
}

/// A table beside its layer.
pub struct Shown<'a> {
    pub document: &'a Document,
    pub table: &'a Table,
    pub reproduced: &'a Reproduced,
    pub base: &'a PublicUrl,
}

impl Shown<'_> {
    /// `/plan/tables/{id}`. A cell is `from` the data or, where no layer says it, the document; `printed` is there
    /// where the document has it otherwise.
    pub fn json(&self) -> Value {
        let Self { document, table, reproduced, base } = self;
        let mut shown = described(document, table, base);
        shown["header_rows"] = json!(table.header_rows);
        if let Some(lists) = &table.lists {
            shown["columns"] = json!(lists.columns);
        }
        let rows = reproduced.rows.iter().enumerate();
        shown["rows"] = rows.map(|(number, row)| self.row(number, row)).collect();
        shown["left_out"] = json!(reproduced.left_out);
        let cells = || reproduced.rows.iter().flat_map(|row| &row.cells);
        shown["from_data"] = json!(cells().filter(|cell| cell.found.is_some()).count());
        shown["differing"] = json!(cells().filter(|cell| cell.agrees() == Some(false)).count());
        shown
    }

    fn row(&self, number: usize, row: &Row) -> Value {
        let cells = row.cells.iter().enumerate();
        let mut described = json!({ "cells": cells.map(|(column, cell)| self.cell([number, column], cell)).collect::<Vec<_>>() });
        if let Some(feature) = row.feature {
            described["feature"] = json!(feature);
        }
        described
    }

    fn cell(&self, at: [usize; 2], cell: &Cell) -> Value {
        let from = if cell.found.is_some() { "data" } else { "document" };
        let mut described = json!({ "text": cell.text(), "from": from });
        if let Some(printed) = &cell.printed {
            described["line"] = json!(printed.line);
            if cell.agrees() == Some(false) {
                described["printed"] = json!(printed.text);
            }
        }
        let found: Vec<_> = self.about(at).map(|found| &found.id).collect();
        if !found.is_empty() {
            described["inconsistencies"] = json!(found);
        }
        described
    }

    /// The contradictions that concern a cell.
    fn about(&self, at: [usize; 2]) -> impl Iterator<Item = &Inconsistency> {
        let concerned = move |found: &&Inconsistency| {
            found.concerns.iter().any(|concern| concern.is_cell(self.table, at))
        };
        self.document.about(self.table).filter(concerned)
    }

    pub fn html(&self) -> String {
        let Self { document, table, reproduced, base } = self;
        let content = html! {
            p { (table.section) "，第 " (table.lines[0]) "–" (table.lines[1]) " 行 lines"
                @if let Some(lists) = &table.lists { "；图层 layer " (layer_link(lists.layer.as_str(), base)) }
            }
            p { "正体取自数据，斜体为规划原文；矛盾编号见表下。" br;
                span.en { "Upright from the data, italic as the document has it; numbers of inconsistencies are below." } }
            div.wide { table {
                @for (number, row) in reproduced.rows.iter().enumerate() {
                    tr { @for (column, cell) in row.cells.iter().enumerate() { (self.markup([number, column], cell)) } }
                }
            } }
            @if reproduced.left_out > 0 { p { "另有 " (reproduced.left_out) " 个要素未列出 more features are not shown" } }
            @for found in document.about(table) { (inconsistencies::entry(found, base)) }
            ul {
                li { a href={ (href(table, base)) "?f=json" } { "JSON" } }
                li { a href={ (href(table, base)) "?f=csv" } { "CSV" } " (" a href={ (href(table, base)) "?f=csv&bom=true" } { "Excel" } ")" }
            }
        };
        part(base, &[TABLES], &heading(table), &content)
    }

    fn markup(&self, at: [usize; 2], cell: &Cell) -> Markup {
        let content = html! {
            @if cell.found.is_some() || at[0] < self.table.header_rows { (cell.text()) } @else { i { (cell.text()) } }
            @if let (Some(false), Some(printed)) = (cell.agrees(), &cell.printed) { " " i { "（原文 printed: " (printed.text) "）" } }
            @for found in self.about(at) { " " sup { a href={ "#" (found.id) } { (found.id) } } }
        };
        if at[0] < self.table.header_rows {
            html! { th { (content) } }
        } else {
            html! { td { (content) } }
        }
    }
}
