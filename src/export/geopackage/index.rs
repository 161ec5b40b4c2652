//! The spatial index of a table: SQLite's R-tree, written as a whole.
//!
//! Rows come in Hilbert order, so neighbours fill a node and nodes fill their parents. The nodes go straight into the
//! tables in which the module keeps them (<https://www.sqlite.org/rtree.html>, "Shadow Tables"): to insert row after row
//! takes as long as all the rest of the file.

use crate::snapshot::Bounds;
use rusqlite::{Transaction, params};

/// Cells of a node that the module makes in a database of 4,096-byte pages, and bytes of it.
const CELLS: usize = 51;
const NODE: usize = 4 + CELLS * 24;
/// The root.
const ROOT: i64 = 1;

/// A box and what is in it: a row, or a node.
#[derive(Clone, Copy)]
pub struct Cell {
    id: i64,
    /// min x, max x, min y, max y, rounded outwards.
    edges: [f32; 4],
}

impl Cell {
    /// The cell of the row `id`.
    pub fn new(id: i64, bounds: &Bounds) -> Self {
        let Bounds { min_x, min_y, max_x, max_y } = *bounds;
        Self { id, edges: [down(min_x), up(max_x), down(min_y), up(max_y)] }
    }

    fn around(id: i64, cells: &[Self]) -> Self {
        let widest = |i: usize, wider: fn(f32, f32) -> f32| {
            cells.iter().map(|cell| cell.edges[i]).reduce(wider).unwrap_or_default()
        };
        let edges = [widest(0, f32::min), widest(1, f32::max), widest(2, f32::min), widest(3, f32::max)];
        Self { id, edges }
    }
}

fn down(edge: f64) -> f32 {
    let rounded = edge as f32;
    if f64::from(rounded) > edge { rounded.next_down() } else { rounded }
}

fn up(edge: f64) -> f32 {
    let rounded = edge as f32;
    if f64::from(rounded) < edge { rounded.next_up() } else { rounded }
}

/// Fills the R-tree `name`, which has just been made, with `cells`, one for each row.
pub fn fill(transaction: &Transaction, name: &str, cells: Vec<Cell>) -> rusqlite::Result<()> {
    if cells.is_empty() {
        return Ok(());
    }
    transaction.execute(&format!("DELETE FROM \"{name}_node\""), [])?;
    let insert =
        |table: &str| transaction.prepare(&format!("INSERT INTO \"{name}_{table}\" VALUES (?1, ?2)"));
    let (mut insert_node, mut insert_parent, mut insert_row) =
        (insert("node")?, insert("parent")?, insert("rowid")?);
    // Nodes of each level from the leaves up, and the number of its first: the root is 1, those below follow.
    let mut counts = vec![cells.len().div_ceil(CELLS)];
    while let Some(&count) = counts.last().filter(|count| **count > 1) {
        counts.push(count.div_ceil(CELLS));
    }
    let first = |level: usize| ROOT + counts[level + 1..].iter().sum::<usize>() as i64;

    let mut rows: Vec<(i64, i64)> =
        cells.iter().enumerate().map(|(n, cell)| (cell.id, first(0) + (n / CELLS) as i64)).collect();
    rows.sort_unstable();
    for (row, node) in rows {
        insert_row.execute(params![row, node])?;
    }
    let mut level_cells = cells;
    for level in 0..counts.len() {
        // The depth of the tree stands in its root.
        let depth = if level + 1 == counts.len() { level as u16 } else { 0 };
        let mut above = Vec::with_capacity(counts[level]);
        for (n, cells) in level_cells.chunks(CELLS).enumerate() {
            let number = first(level) + n as i64;
            insert_node.execute(params![number, node(depth, cells)])?;
            if level + 1 < counts.len() {
                insert_parent.execute(params![number, first(level + 1) + (n / CELLS) as i64])?;
            }
            above.push(Cell::around(number, cells));
        }
        level_cells = above;
    }
    Ok(())
}

/// All numbers are big-endian.
fn node(depth: u16, cells: &[Cell]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(NODE);
    bytes.extend(depth.to_be_bytes());
    bytes.extend((cells.len() as u16).to_be_bytes());
    for cell in cells {
        bytes.extend(cell.id.to_be_bytes());
        cell.edges.iter().for_each(|edge| bytes.extend(edge.to_be_bytes()));
    }
    bytes.resize(NODE, 0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn sqlite_takes_the_tree_for_one_of_its_own() {
        for count in [0, 1, 50, 51, 52, 2601, 2602, 140_000] {
            let mut database = Connection::open_in_memory().unwrap();
            let transaction = database.transaction().unwrap();
            transaction.execute("CREATE VIRTUAL TABLE t USING rtree(id, x0, x1, y0, y1)", []).unwrap();
            let cells = (0..count).map(|n| {
                let (x, y) = (f64::from(n % 400) / 3.0, f64::from(n / 400) / 7.0);
                Cell::new(i64::from(n) * 3, &Bounds { min_x: x, min_y: y, max_x: x + 0.1, max_y: y + 0.1 })
            });
            fill(&transaction, "t", cells.collect()).unwrap();
            let sound: String =
                transaction.query_row("SELECT rtreecheck('t')", [], |row| row.get(0)).unwrap();
            assert_eq!(sound, "ok", "{count}");
            let all: i32 = transaction.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
            assert_eq!(all, count);
            let near = "SELECT count(*) FROM t WHERE x0 <= 0.34 AND x1 >= 0.3333333333333333 AND y0 <= 0.0";
            let found: i32 = transaction.query_row(near, [], |row| row.get(0)).unwrap();
            assert_eq!(found, i32::from(count > 1), "{count}");
            // It goes on as one: rows come and go.
            transaction.execute("INSERT INTO t VALUES (1, 5, 6, 5, 6)", []).unwrap();
            transaction.execute("DELETE FROM t WHERE id < 300", []).unwrap();
            let sound: String =
                transaction.query_row("SELECT rtreecheck('t')", [], |row| row.get(0)).unwrap();
            assert_eq!(sound, "ok", "{count}");
        }
    }
}
