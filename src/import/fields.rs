//! Which field of the layer an attribute of a file goes to.

use super::{ReadError, ReadOptions};
use crate::plan::{Layer, SHORT_NAME};
use std::collections::HashMap;

/// Names that standards give to what the layers have: the mineral-plan database standard (DZ/T 0226, table KAICAQ of its
/// older edition; its other tables and its current edition are not public), and the plots of land reports.
const STANDARD_NAMES: [(&str, &str); 7] = [
    ("GHQBH", "code"),
    ("GHQMC", "name"),
    ("GHQMJ", "area_km2"),
    ("SZXZQ", "districts"),
    ("地块编号", "code"),
    ("地块名称", "name"),
    ("地块面积", "area_km2"),
];

/// Columns that GIS programs add by themselves and number or measure anew in every file.
const OF_SOFTWARE: [&str; 7] =
    ["fid", "objectid", "ogc_fid", "shape_leng", "shape_length", "shape_area", "shape_len"];

/// What `--map NAME=-` says: the attribute is left out.
const LEFT_OUT: &str = "-";

/// Where attributes go, asked by name; remembers what was taken and what was not.
pub struct Fields<'a> {
    layer: &'a Layer,
    options: &'a ReadOptions,
    /// What exports call the layer's fields where names are short.
    short: Vec<String>,
    /// All columns of a file that has them fixed.
    columns: Vec<String>,
    places: HashMap<String, Place>,
    left_out: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The layer's field at this position.
    Field(usize),
    Id,
    LeftOut,
    /// Nowhere, and why.
    Refused(String),
}

impl<'a> Fields<'a> {
    /// # Errors
    /// When the map names a field that the layer does not have.
    pub fn new(layer: &'a Layer, options: &'a ReadOptions) -> Result<Self, ReadError> {
        match options.map.iter().find(|(_, to)| !is_target(layer, to)) {
            Some((from, to)) => {
                Err(ReadError::Fields(format!("{from}={to}: layer {} has no field `{to}`", layer.id)))
            }
            None => Ok(Self {
                layer,
                options,
                short: layer.short_names(),
                columns: Vec::new(),
                places: HashMap::new(),
                left_out: Vec::new(),
            }),
        }
    }

    /// Where the attribute `name` goes.
    pub fn place(&mut self, name: &str) -> &Place {
        if !self.places.contains_key(name) {
            let place = self.decide(name);
            if place == Place::LeftOut {
                self.left_out.push(name.to_owned());
            }
            self.places.insert(name.to_owned(), place);
        }
        &self.places[name]
    }

    /// Decides on all columns of a file that has them fixed.
    ///
    /// # Errors
    /// Naming every column that has no field, or that shares one with another.
    pub fn columns<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) -> Result<(), ReadError> {
        let mut refused = Vec::new();
        self.columns = names.into_iter().map(str::to_owned).collect();
        for name in &self.columns.clone() {
            if self.places.contains_key(name) {
                return Err(ReadError::Fields(format!("two columns are named `{name}`")));
            }
            if let Place::Refused(reason) = self.place(name) {
                refused.push(reason.clone());
            }
        }
        if refused.is_empty() { Ok(()) } else { Err(ReadError::Fields(refused.join("; "))) }
    }

    /// Names of attributes that the file has and the layer does not get.
    ///
    /// # Errors
    /// When the map names an attribute that the file does not have.
    pub fn left_out(&self) -> Result<&[String], ReadError> {
        let absent = self.options.map.keys().find(|from| !self.places.keys().any(|name| is(name, from)));
        match absent {
            Some(name) => Err(ReadError::Fields(format!("the file has no field `{name}` to map"))),
            None => Ok(&self.left_out),
        }
    }

    fn decide(&self, name: &str) -> Place {
        let in_map = |(from, to): (&'a String, &'a String)| is(from, name).then_some(to.as_str());
        let usual = || self.options.usual_map.iter().find_map(in_map).filter(|to| is_target(self.layer, to));
        let mapped = self.options.map.iter().find_map(in_map).or_else(usual);
        let wanted = match mapped {
            Some(LEFT_OUT) => return Place::LeftOut,
            Some(to) => Some(to),
            None => self.field_named(name),
        };
        match wanted {
            Some("id") => self.if_free(name, Place::Id, "id"),
            Some(to) => match self.layer.field(to) {
                Some(position) => self.if_free(name, Place::Field(position), to),
                None => self.without_field(name),
            },
            None => self.without_field(name),
        }
    }

    /// The field that `name` stands for by itself: its own name, its Chinese title, a standard's name, what a DBF
    /// leaves of it, or what an export makes of it.
    fn field_named(&self, name: &str) -> Option<&str> {
        let fields = &self.layer.fields;
        let find = |wanted: &str| fields.iter().map(|field| &*field.name).find(|found| is(found, wanted));
        let by_title = || fields.iter().find(|field| field.title.zh == name).map(|field| &*field.name);
        let by_standard = || {
            let found = STANDARD_NAMES.iter().find(|(standard, _)| is(standard, name));
            found.and_then(|(_, field)| find(field))
        };
        let cut = || {
            let mut longer =
                fields.iter().filter(|field| is_cut(name, &field.name) || is_cut(name, &field.title.zh));
            longer.next().filter(|_| longer.next().is_none()).map(|field| &*field.name)
        };
        if is(name, "id") {
            return Some("id");
        }
        find(name).or_else(by_title).or_else(by_standard).or_else(cut).or_else(|| self.exported(name))
    }

    /// The field that an export calls `name`. Where others begin so too, the file has to have their columns as well: else it
    /// may be one of them.
    fn exported(&self, name: &str) -> Option<&str> {
        let own = self.short.iter().position(|short| is(short, name))?;
        let mut others = self
            .layer
            .fields
            .iter()
            .zip(&self.short)
            .enumerate()
            .filter(|(other, (field, _))| *other != own && is_cut(name, &field.name));
        let is_there = |short: &String| self.columns.iter().any(|column| is(column, short));
        others.all(|(_, (_, short))| is_there(short)).then(|| &*self.layer.fields[own].name)
    }

    fn without_field(&self, name: &str) -> Place {
        if self.options.ignore_fields || OF_SOFTWARE.iter().any(|column| is(column, name)) {
            return Place::LeftOut;
        }
        Place::Refused(format!(
            "layer {} has no field `{name}`: --map {name}=FIELD names one, --map {name}=- leaves it out, \
             --ignore-fields all such",
            self.layer.id
        ))
    }

    fn if_free(&self, name: &str, place: Place, field: &str) -> Place {
        match self.places.iter().find(|(_, taken)| **taken == place) {
            None => place,
            Some((other, _)) => Place::Refused(format!(
                "`{other}` and `{name}` both go to the field `{field}`: --map {name}=- leaves one out"
            )),
        }
    }
}

/// Whether a map may name it.
fn is_target(layer: &Layer, name: &str) -> bool {
    name == LEFT_OUT || name == "id" || layer.fields.iter().any(|field| field.name == name)
}

fn is(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Whether `name` is what a DBF, in UTF-8 or in GBK, leaves of `full`.
fn is_cut(name: &str, full: &str) -> bool {
    let Some((start, rest)) = full.split_at_checked(name.len()) else { return false };
    let Some(next) = rest.chars().next() else { return false };
    let in_gbk = |c: char| if c.is_ascii() { 1 } else { 2 };
    let filled = |width: fn(char) -> usize| {
        let bytes: usize = name.chars().map(width).sum();
        bytes <= SHORT_NAME && bytes + width(next) > SHORT_NAME
    };
    is(start, name) && (filled(char::len_utf8) || filled(in_gbk))
}

/// The names as a list for people.
pub fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Field, FieldType, GeometryKind, Group, LayerId, Text};

    fn layer(names: &[&str]) -> Layer {
        let text = || Text { zh: String::new(), en: String::new() };
        let field = |name: &&str| Field { name: (*name).to_owned(), kind: FieldType::Text, title: text() };
        Layer {
            id: LayerId::new("squares").unwrap(),
            title: text(),
            group: Group::Planning,
            geometry: GeometryKind::Polygon,
            standard_code: None,
            source: String::new(),
            description: text(),
            minzoom: 0,
            disjoint: false,
            fields: names.iter().map(field).collect(),
        }
    }

    #[test]
    fn what_an_export_makes_of_a_name_is_known() {
        let layer = layer(&["valid_from", "valid_from_text", "geometry_status", "geometry_source"]);
        let options = ReadOptions::default();
        let places = |columns: &[&str]| {
            let mut fields = Fields::new(&layer, &options).unwrap();
            fields
                .columns(columns.iter().copied())
                .map(|()| columns.iter().map(|column| fields.places[*column].clone()).collect::<Vec<_>>())
        };
        assert_eq!(layer.short_names(), ["valid_from", "valid_fr_1", "geometry_s", "geometry_1"]);
        let all = places(&["id", "valid_from", "VALID_FR_1", "geometry_s", "geometry_1"]).unwrap();
        assert_eq!(all, [Place::Id, Place::Field(0), Place::Field(1), Place::Field(2), Place::Field(3)]);
        assert_eq!(places(&["geometry_1"]).unwrap(), [Place::Field(3)]);
        // Alone it may be what another program leaves of either.
        assert!(places(&["geometry_s"]).is_err());
        assert!(places(&["geometry_2"]).is_err());
    }

    #[test]
    fn what_a_dbf_leaves_of_a_name_is_known() {
        for (name, full) in [
            ("GEOMETRY_S", "geometry_status"),
            ("区块名", "区块名称"),
            ("规划勘查程", "规划勘查程度"),
            ("a区块名", "a区块名称"),
        ] {
            assert!(is_cut(name, full), "{name} {full}");
        }
        for (name, full) in [
            ("geometry", "geometry_status"),
            ("geometry_status", "geometry_status"),
            ("区块", "区块名称"),
            ("矿区名", "区块名称"),
            ("é", "e"),
        ] {
            assert!(!is_cut(name, full), "{name} {full}");
        }
    }
}
