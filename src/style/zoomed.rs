//! Paint values that may change with zoom.

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// A number, constant or interpolated over zoom between stops.
#[derive(Debug, Clone, PartialEq)]
pub struct Zoomed {
    /// Base of the exponential curve; 1 is linear.
    pub base: f32,
    /// Zooms and values, zooms ascending; never empty.
    pub stops: Vec<(f32, f32)>,
}

impl Zoomed {
    pub fn constant(value: f32) -> Self {
        Self { base: 1.0, stops: vec![(0.0, value)] }
    }

    /// The value at `zoom`: that of the first or last stop outside them.
    pub fn at(&self, zoom: f32) -> f32 {
        let next = self.stops.partition_point(|(z, _)| *z <= zoom);
        match (next.checked_sub(1).map(|i| self.stops[i]), self.stops.get(next)) {
            (Some((z0, v0)), Some(&(z1, v1))) => v0 + (v1 - v0) * self.share(zoom - z0, z1 - z0),
            (Some((_, only)), None) | (None, Some(&(_, only))) => only,
            (None, None) => 0.0,
        }
    }

    /// How far along `whole` the curve is at `part` of it (MapLibre style specification, `interpolate`).
    fn share(&self, part: f32, whole: f32) -> f32 {
        if self.base == 1.0 {
            part / whole
        } else {
            (self.base.powf(part) - 1.0) / (self.base.powf(whole) - 1.0)
        }
    }

    fn parse(value: &Value) -> Option<Self> {
        let number = |value: &Value| Some(value.as_f64()? as f32);
        if let Some(value) = number(value) {
            return Some(Self::constant(value));
        }
        let [name, curve, input, stops @ ..] = value.as_array()?.as_slice() else { return None };
        let base = match curve.as_array()?.as_slice() {
            [linear] if linear == "linear" => 1.0,
            [exponential, base] if exponential == "exponential" => number(base)?,
            _ => return None,
        };
        let stops: Vec<_> = stops
            .chunks(2)
            .map(|stop| Some((number(&stop[0])?, number(stop.get(1)?)?)))
            .collect::<Option<_>>()?;
        let ascending = stops.is_sorted_by(|a, b| a.0 < b.0);
        let over_zoom = name == "interpolate" && *input == serde_json::json!(["zoom"]);
        (over_zoom && ascending && !stops.is_empty()).then_some(Self { base, stops })
    }
}

impl<'de> Deserialize<'de> for Zoomed {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(input)?;
        Self::parse(&value).ok_or_else(|| {
            de::Error::custom(format!("{value} is neither a number nor one interpolated over zoom"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn zoomed(value: Value) -> Result<Zoomed, serde_json::Error> {
        serde_json::from_value(value)
    }

    #[test]
    fn values_between_stops_follow_the_curve() {
        let linear = zoomed(json!(["interpolate", ["linear"], ["zoom"], 8, 1, 12, 3, 14, 2])).unwrap();
        for (zoom, value) in [(0.0, 1.0), (8.0, 1.0), (10.0, 2.0), (12.0, 3.0), (13.0, 2.5), (20.0, 2.0)] {
            assert_eq!(linear.at(zoom), value, "{zoom}");
        }
        let exponential = zoomed(json!(["interpolate", ["exponential", 2], ["zoom"], 0, 0, 2, 3])).unwrap();
        assert_eq!(exponential.at(1.0), 1.0);
        assert_eq!(zoomed(json!(0.5)).unwrap().at(7.0), 0.5);
    }

    #[test]
    fn other_expressions_are_refused() {
        for other in [
            json!(["get", "width"]),
            json!("1"),
            json!(["interpolate", ["linear"], ["get", "a"], 1, 2]),
            json!(["interpolate", ["linear"], ["zoom"]]),
            json!(["interpolate", ["linear"], ["zoom"], 9, 1, 8, 2]),
            json!(["interpolate", ["linear"], ["zoom"], 8]),
        ] {
            assert!(zoomed(other.clone()).is_err(), "{other}");
        }
    }
}
