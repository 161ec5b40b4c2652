//! What a request for the items of a collection asks for.

use crate::{
    crs::Crs,
    features::{
        Condition, Query, SortKey,
        filter::{GEOMETRY, ID},
    },
    http::{
        Problem,
        media::{self, FLATGEOBUF, Form, GEOJSON, HTML},
        parameters::{
            Parameters,
            features::{area, crs, fields, moment},
            filter::filter,
            wrong,
        },
    },
    plan::{FieldType, Layer, UnknownField},
    snapshot::{SnapshotId, Value},
};
use axum::http::HeaderMap;

/// Items in a page that does not say how many, and at most.
pub const LIMIT: usize = 100;
pub const MOST_ITEMS: usize = 10_000;
/// A page for people is one that a browser shows at once.
const MOST_SHOWN: usize = 500;

/// Keys to sort by: each costs memory for every feature.
const MOST_KEYS: usize = 4;

/// The parameters beside the properties themselves.
pub const PARAMETERS: [&str; 13] = [
    "limit",
    "bbox",
    "bbox-crs",
    "datetime",
    "crs",
    "filter",
    "filter-lang",
    "filter-crs",
    "sortby",
    "properties",
    "cursor",
    "f",
    ID,
];

/// Where a page begins: in which snapshot, and where in it. So that pages fit together while the layer is
/// published anew, each belongs to the snapshot of the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub snapshot: SnapshotId,
    pub start: usize,
}

impl Cursor {
    pub fn of(parameters: &Parameters) -> Result<Option<Self>, Problem> {
        let read = |text: &str| {
            let (snapshot, start) = text.split_once('.')?;
            Some(Self { snapshot: snapshot.parse().ok()?, start: start.parse().ok()? })
        };
        let Some(text) = parameters.get("cursor") else { return Ok(None) };
        read(text).map(Some).ok_or_else(|| wrong("cursor", "it is taken from the link to a next page"))
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.snapshot, self.start)
    }
}

pub struct Wanted {
    pub query: Query,
    pub limit: usize,
    pub crs: Crs,
    /// Numbers of the fields that are sent.
    pub fields: Vec<usize>,
    pub form: Form,
    /// The parameters without `f` and `cursor`, the same for requests that ask for the same.
    pub canonical: Vec<(&'static str, String)>,
    /// Those that are the names of properties.
    pub properties: Vec<(String, String)>,
}

impl Wanted {
    /// Reads the parameters, for features of `layer`.
    ///
    /// # Errors
    /// 400 that names the parameter that is wrong.
    pub fn read(parameters: &Parameters, layer: &Layer, headers: &HeaderMap) -> Result<Self, Problem> {
        let names = layer.fields.iter().map(|field| field.name.as_str());
        parameters.check(&PARAMETERS.into_iter().chain(names).collect::<Vec<_>>())?;
        let form = media::choose(parameters.get("f"), headers, &[GEOJSON, HTML, FLATGEOBUF])?;
        let crs = crs(parameters, "crs")?;
        let filter = filter(parameters)?;
        let mut conditions = equalities(parameters, layer)?;
        if let Some(filter) = &filter {
            let condition = filter.condition(layer).map_err(|error| wrong("filter", &error.to_string()))?;
            conditions.push(condition);
        }
        let query = Query {
            area: area(parameters)?,
            moment: moment(parameters)?,
            conditions,
            sort: sort(parameters, layer)?,
        };
        let limit = limit(parameters)?;
        let canonical = PARAMETERS.iter().filter_map(|&name| {
            let given = parameters.get(name)?;
            match (name, &filter) {
                ("f" | "cursor" | "filter-lang" | "filter-crs", _) => None,
                ("filter", Some(filter)) => Some((name, filter.normal().to_owned())),
                ("limit", _) => Some((name, limit.to_string())),
                _ => Some((name, given.to_owned())),
            }
        });
        let properties = layer.fields.iter().filter(|field| !PARAMETERS.contains(&field.name.as_str()));
        let properties = properties
            .filter_map(|field| Some((field.name.clone(), parameters.get(&field.name)?.to_owned())));
        Ok(Self {
            query,
            crs,
            fields: fields(parameters, layer)?,
            form,
            canonical: canonical.collect(),
            properties: properties.collect(),
            limit: if form == HTML { limit.min(MOST_SHOWN) } else { limit },
        })
    }

    /// The query of a link to the same in another form, or to another page.
    pub fn link_query(&self, form: Form, cursor: Option<Cursor>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("f", form.name);
        query.extend_pairs(self.canonical.iter().map(|(name, value)| (*name, value)));
        query.extend_pairs(&self.properties);
        if let Some(cursor) = cursor {
            query.append_pair("cursor", &cursor.to_string());
        }
        query.finish()
    }
}

fn limit(parameters: &Parameters) -> Result<usize, Problem> {
    let Some(text) = parameters.get("limit") else { return Ok(LIMIT) };
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    // More than the most is no error (OGC 17-069r4, `/req/core/fc-limit-response-1`).
    let limit = if digits { text.parse().unwrap_or(usize::MAX) } else { 0 };
    if limit == 0 { Err(wrong("limit", "it is a whole number from 1")) } else { Ok(limit.min(MOST_ITEMS)) }
}

/// Parameters that are the name of a property ask for features with that value.
fn equalities(parameters: &Parameters, layer: &Layer) -> Result<Vec<Condition>, Problem> {
    let mut conditions = vec![];
    if let Some(text) = parameters.get(ID) {
        let id = text.parse().map_err(|_| wrong(ID, "it is a whole number"))?;
        conditions.push(Condition::equals(None, Value::Integer(id)));
    }
    for (number, field) in layer.fields.iter().enumerate() {
        let given = parameters.get(&field.name).filter(|_| !PARAMETERS.contains(&field.name.as_str()));
        let Some(text) = given else { continue };
        let value = match field.kind {
            FieldType::Text => Some(Value::Text(text.to_owned().into())),
            FieldType::Integer => text.parse().ok().map(Value::Integer),
            FieldType::Real => text.parse().ok().filter(|real: &f64| real.is_finite()).map(Value::Real),
            FieldType::Boolean => text.parse().ok().map(Value::Boolean),
            FieldType::Date => text.parse().ok().map(Value::Date),
        };
        let expected = match field.kind {
            FieldType::Integer => "a whole number",
            FieldType::Real => "a number",
            FieldType::Boolean => "true or false",
            FieldType::Text | FieldType::Date => "a date, YYYY-MM-DD",
        };
        let value = value.ok_or_else(|| wrong(&field.name, &format!("the property is {expected}")))?;
        conditions.push(Condition::equals(Some(number), value));
    }
    Ok(conditions)
}

fn sort(parameters: &Parameters, layer: &Layer) -> Result<Option<Vec<SortKey>>, Problem> {
    let Some(text) = parameters.get("sortby") else { return Ok(None) };
    let key = |name: &str| {
        // In a query a plus sign is a space.
        let descending = name.starts_with('-');
        let name = name.trim_start_matches(['+', '-', ' ']);
        let field = match (name, layer.field(name)) {
            (ID, _) => None,
            (_, Some(field)) => Some(field),
            _ if name == GEOMETRY => return Err(wrong("sortby", "geometries have no order")),
            _ => return Err(wrong("sortby", &UnknownField::new(name).to_string())),
        };
        Ok(SortKey { field, descending })
    };
    let keys: Vec<SortKey> = text.split(',').map(key).collect::<Result<_, _>>()?;
    if keys.len() > MOST_KEYS {
        return Err(wrong("sortby", &format!("it has at most {MOST_KEYS} properties")));
    }
    Ok(Some(keys))
}
