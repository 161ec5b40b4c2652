//! Which rows of a snapshot are asked for, and the page of them that is.

use super::{
    Area, Condition, Evaluator, Moment, Validity,
    order::{Order, Orders, SortKey},
};
use crate::snapshot::{Bounds, Row, Snapshot};

/// What is asked of a layer; by itself, all of it in file order.
#[derive(Debug, Default)]
pub struct Query {
    pub area: Option<Area>,
    pub moment: Option<Moment>,
    /// All of them must be true.
    pub conditions: Vec<Condition>,
    /// `None` for the order of the file.
    pub sort: Option<Vec<SortKey>>,
}

/// Some rows in the order that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// Positions in the snapshot.
    pub positions: Vec<u32>,
    /// Where the next page begins; `None` after the last row.
    pub next: Option<usize>,
    /// Rows in all pages, where that is cheaply known.
    pub matched: Option<usize>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it would have to relate {relations} pairs of geometries, at most {MOST_RELATIONS} are: narrow it down by a box"
)]
pub struct TooExpensive {
    relations: usize,
}

/// Relations of geometries that a query may take: about ten seconds of one processor.
const MOST_RELATIONS: usize = 500_000;

/// Rows that may be looked at in a little work, and how many of them one relation counts for.
const MOST_LOOKED_AT: usize = 20_000;
const RELATION_COST: usize = 20;

impl Query {
    /// The page that begins at `start`, 0 or the `next` of another page, with at most `limit` rows.
    ///
    /// # Errors
    /// When a condition is too much work for the layer, before any of it is done.
    pub fn page(
        &self,
        snapshot: &Snapshot,
        orders: &Orders,
        start: usize,
        limit: usize,
    ) -> Result<Page, TooExpensive> {
        self.check(snapshot)?;
        let rows = Rows { query: self, snapshot, order: self.order(snapshot, orders) };
        if self.takes_all() {
            return Ok(rows.slice(start, limit));
        }
        let test = Test::of(self, snapshot);
        let mut found = rows.from(start).filter(|(_, position, bounds)| test.holds(*position, bounds));
        let positions = found.by_ref().take(limit).map(|(_, position, _)| position).collect();
        let next = found.next().map(|(place, ..)| place);
        Ok(Page { positions, next, matched: rows.count(&test) })
    }

    /// Looks at the rows from position `start` on that may match, in file order: their positions, and whether they do.
    pub fn search<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        start: usize,
    ) -> impl Iterator<Item = (usize, bool)> + 'a {
        let test = Test::of(self, snapshot);
        let walk = snapshot.walk(self.boxes(snapshot), start);
        walk.map(move |(position, bounds)| (position, test.holds(position as u32, &bounds)))
    }

    /// How many rows may be looked at in a little work.
    pub fn looks_at_once(&self) -> usize {
        (MOST_LOOKED_AT / (1 + RELATION_COST * self.relations())).max(1)
    }

    /// Pairs of geometries that are related for one row.
    fn relations(&self) -> usize {
        self.conditions.iter().map(Condition::relations).sum()
    }

    fn order(&self, snapshot: &Snapshot, orders: &Orders) -> Option<Order> {
        self.sort.as_ref().map(|keys| orders.sorted(snapshot, keys))
    }

    /// Whether every row matches.
    pub fn takes_all(&self) -> bool {
        self.area.is_none() && self.moment.is_none() && self.conditions.is_empty()
    }

    /// Refuses what is too much work for `snapshot`, before any of it is done.
    pub fn check(&self, snapshot: &Snapshot) -> Result<(), TooExpensive> {
        check(self.relations(), snapshot, || self.boxes(snapshot))
    }

    /// Rows that match at most, told from their boxes alone.
    pub fn most_rows(&self, snapshot: &Snapshot) -> usize {
        match self.takes_all() {
            true => snapshot.feature_count(),
            false => snapshot.walk(self.boxes(snapshot), 0).count(),
        }
    }

    /// Boxes outside which no row matches.
    fn boxes(&self, snapshot: &Snapshot) -> Vec<Bounds> {
        let narrow = self.conditions.iter().filter_map(Condition::bounds).next();
        match (&self.area, narrow) {
            (Some(area), _) => area.cover().to_vec(),
            (None, Some(bounds)) => vec![bounds],
            (None, None) => snapshot.bounds.into_iter().collect(),
        }
    }
}

impl Condition {
    /// Refuses what is too much work for the rows of `snapshot`.
    pub fn check_cost(&self, snapshot: &Snapshot) -> Result<(), TooExpensive> {
        check(self.relations(), snapshot, || self.bounds().or(snapshot.bounds).into_iter().collect())
    }
}

/// Refuses more relations than may be taken, so many for each row that meets one of the boxes: the others are told
/// from the index alone.
fn check(
    relations: usize,
    snapshot: &Snapshot,
    boxes: impl FnOnce() -> Vec<Bounds>,
) -> Result<(), TooExpensive> {
    let most = MOST_RELATIONS.checked_div(relations).unwrap_or(usize::MAX);
    if snapshot.feature_count() <= most {
        return Ok(());
    }
    let rows = snapshot.walk(boxes(), 0).count();
    if rows > most { Err(TooExpensive { relations: rows * relations }) } else { Ok(()) }
}

/// The rows of a snapshot that may match, in the order that is asked for.
struct Rows<'a> {
    query: &'a Query,
    snapshot: &'a Snapshot,
    order: Option<Order>,
}

/// Its place in the order, its position in the file and its box.
type Candidate = (usize, u32, Bounds);

impl<'a> Rows<'a> {
    /// A page of all rows.
    fn slice(&self, start: usize, limit: usize) -> Page {
        let count = self.snapshot.feature_count();
        let end = start.saturating_add(limit).min(count);
        let places = start.min(end)..end;
        let positions = match &self.order {
            Some(order) => order[places].to_vec(),
            None => places.map(|place| place as u32).collect(),
        };
        Page { positions, next: (end < count).then_some(end), matched: Some(count) }
    }

    fn from(&self, start: usize) -> Box<dyn Iterator<Item = Candidate> + '_> {
        let (snapshot, boxes) = (self.snapshot, self.query.boxes(self.snapshot));
        let Some(order) = &self.order else {
            let walk = snapshot.walk(boxes, start);
            return Box::new(walk.map(|(position, bounds)| (position, position as u32, bounds)));
        };
        let places = order.iter().enumerate().skip(start);
        let placed =
            places.map(|(place, &position)| (place, position, snapshot.feature_bounds(position as usize)));
        Box::new(placed.filter(move |(.., bounds)| boxes.iter().any(|wanted| wanted.meets(bounds))))
    }

    /// How many match, unless that is more than a little work.
    fn count(&self, test: &Test) -> Option<usize> {
        let most = self.query.looks_at_once();
        let mut count = 0;
        // The order does not matter here, and the index knows the way.
        let candidates = self.snapshot.walk(self.query.boxes(self.snapshot), 0);
        for (looked_at, (position, bounds)) in candidates.enumerate() {
            if looked_at == most {
                return None;
            }
            count += usize::from(test.holds(position as u32, &bounds));
        }
        Some(count)
    }
}

/// What decides a row.
struct Test<'a> {
    snapshot: &'a Snapshot,
    area: Option<&'a Area>,
    moment: Option<(Validity, Moment)>,
    evaluators: Vec<Evaluator<'a>>,
}

impl<'a> Test<'a> {
    fn of(query: &'a Query, snapshot: &'a Snapshot) -> Self {
        Self {
            snapshot,
            area: query.area.as_ref(),
            moment: query.moment.map(|moment| (Validity::of(&snapshot.layer), moment)),
            evaluators: query.conditions.iter().map(Evaluator::new).collect(),
        }
    }

    fn holds(&self, position: u32, bounds: &Bounds) -> bool {
        let row: Row = self.snapshot.row(position as usize);
        // The cheapest first.
        self.moment.is_none_or(|(validity, moment)| validity.meets(&row, moment))
            && self.evaluators.iter().all(|evaluator| evaluator.matches(&row, bounds))
            && self.area.is_none_or(|area| area.meets(&row, bounds))
    }
}
