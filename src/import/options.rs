//! How files are to be read.

use super::text::Charset;
use crate::crs::Crs;
use std::collections::BTreeMap;

#[derive(Debug, Default, Clone)]
pub struct ReadOptions {
    /// The coordinate system, whatever the file says.
    pub crs: Option<Crs>,
    /// Whether the first of two coordinates is the one to the north.
    pub northing_first: bool,
    /// The table of a file that holds several.
    pub table: Option<String>,
    /// How text is encoded that does not say it itself.
    pub charset: Option<Charset>,
    /// Where attributes go that have no field of their name: a field, `id`, or `-` for nowhere.
    pub map: BTreeMap<String, String>,
    /// The same of a whole office: used where the file has the attribute and the layer the field.
    pub usual_map: BTreeMap<String, String>,
    /// Whether attributes without a field are left out, not refused.
    pub ignore_fields: bool,
    /// Whether invalid geometry is repaired.
    pub fix: bool,
}
