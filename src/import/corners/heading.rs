//! What the heading of a list of corner points says of all of them.

use super::coordinate::{NUMBERED, Place};
use crate::crs::{Crs, Zone};

#[derive(Default)]
pub struct Heading {
    /// 带号, by its number.
    zone: Option<Zone>,
}

/// Keys of a land report that say nothing that is needed here.
const UNUSED: [&str; 7] =
    ["格式版本号", "数据产生单位", "数据产生日期", "几度分带", "投影类型", "精度", "转换参数"];

impl Heading {
    /// Takes `键=值`; false for a key that is not one of a heading.
    ///
    /// # Errors
    /// When it says a coordinate system, unit or zone that is not read.
    pub fn hear(&mut self, key: &str, value: &str) -> Result<bool, String> {
        match key {
            "坐标系" | "坐标系统" => {
                let is_other = ["54", "80", "北京", "西安"].iter().any(|old| value.contains(old));
                if is_other && !value.contains("2000") {
                    return Err(format!(
                        "the coordinate system `{value}` is not imported: transform it to CGCS2000 first"
                    ));
                }
            }
            "带号" if !value.is_empty() => {
                let zone = value.parse().ok().and_then(Zone::of_number);
                self.zone = Some(zone.ok_or_else(|| {
                    format!("`{value}` is no zone: 13 to 23 of 6° and 25 to 45 of 3° are those of China")
                })?);
            }
            "带号" => {}
            "计量单位" if ["", "米", "m", "度"].contains(&value) => {}
            "计量单位" => return Err(format!("the unit `{value}` is not read: metres are")),
            key if UNUSED.contains(&key) => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The system that a place is in; `None` for an easting of no zone.
    ///
    /// # Errors
    /// When its zone is none of China, or not that of the heading.
    pub fn coordinate_system(&self, place: &Place) -> Result<Option<Crs>, String> {
        let easting = match place {
            Place::Degrees(_) => return Ok(Some(Crs::Cgcs2000)),
            Place::Plane([easting, _]) => *easting,
        };
        if easting < NUMBERED {
            return Ok(self.zone.map(|zone| Crs::GaussKruger(zone.without_number())));
        }
        let number = (easting / 1e6) as u32;
        let zone = Zone::of_number(number).ok_or_else(|| {
            format!("the easting {easting} begins with {number}, which is no zone of China")
        })?;
        match self.zone.and_then(Zone::number) {
            Some(said) if said != number => {
                Err(format!("the easting {easting} is in zone {number}, the heading says 带号={said}"))
            }
            _ => Ok(Some(Crs::GaussKruger(zone))),
        }
    }
}
