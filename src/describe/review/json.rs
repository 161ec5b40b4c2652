//! The answer for programs.

use crate::review::{Finding, Judgement, Piece, Review, Rule, Verdict};
use geo::{Coord, Geometry, LineString, MapCoords, Polygon};
use serde_json::{Map, Value, json};

/// What is kept of degrees: a tenth of a millimetre.
const DEGREE_PARTS: f64 = 1e9;

/// The whole review. Areas are km² on the ellipsoid of CGCS2000, geometries GeoJSON with longitude before latitude.
pub fn json(review: &Review) -> Value {
    let counts = Verdict::ALL.map(|verdict| (verdict.name().to_owned(), json!(review.count(verdict))));
    let rules: Vec<Value> = review.judged().map(|(rule, judgement)| judged(rule, judgement)).collect();
    json!({
        "plan": review.rules.plan,
        "version": review.version.to_string(),
        "date": review.date.to_string(),
        "notices": review.notices,
        "proposal": proposal(review),
        "verdict": review.verdict().name(),
        "counts": Map::from_iter(counts),
        "precision_m": review.rules.precision,
        "rules": rules,
    })
}

fn proposal(review: &Review) -> Value {
    let proposal = &review.proposal;
    let attributes = proposal.answers.iter().map(|(id, answer)| (id.clone(), answer.json()));
    let bounds = proposal.bounds();
    json!({
        "attributes": attributes.collect::<Map<_, _>>(),
        "area_km2": rounded(review.area_km2),
        "corners": proposal.corner_count(),
        "srid": proposal.crs.epsg(),
        "zone": proposal.zone().map(|zone| zone.epsg()),
        "bbox": [bounds.min_x, bounds.min_y, bounds.max_x, bounds.max_y],
        "remarks": proposal.remarks,
        "geometry": geojson(&proposal.geometry.clone().into()),
    })
}

fn judged(rule: &Rule, judgement: &Judgement) -> Value {
    let quotes = rule.quotes.iter().map(|quote| json!({ "text": quote.text, "line": quote.line }));
    let mut judged = json!({
        "id": rule.id,
        "quotes": quotes.collect::<Vec<_>>(),
        "section": rule.section,
        "strength": rule.strength.name(),
        "applies": judgement.applies,
        "verdict": judgement.verdict.name(),
        "reasons": judgement.reasons,
        "features": judgement.findings.iter().map(found).collect::<Vec<_>>(),
    });
    if let Some(remainder) = &judgement.remainder {
        judged["remainder"] = piece(remainder);
    }
    judged
}

fn found(finding: &Finding) -> Value {
    let feature = &finding.feature;
    let mut found = json!({
        "layer": feature.layer.as_str(),
        "layer_title": feature.layer_title,
        "id": feature.id,
        "code": feature.code,
        "name": feature.name,
        "is_sliver": finding.is_sliver,
    });
    if let Some(Value::Object(overlap)) = finding.overlap.as_ref().map(piece) {
        for (name, value) in overlap {
            found[name] = value;
        }
    }
    for (name, value) in [("length_km", finding.length_km), ("distance_m", finding.distance_m)] {
        if let Some(value) = value {
            found[name] = json!(value);
        }
    }
    found
}

fn piece(piece: &Piece) -> Value {
    json!({
        "area_km2": rounded(piece.area_km2),
        "share": rounded(piece.share),
        "geometry": geojson(&piece.geometry),
    })
}

/// The proposal and all overlaps as a GeoJSON FeatureCollection, for a map.
pub fn overlay(review: &Review) -> Value {
    let own = json!({
        "type": "Feature",
        "geometry": geojson(&review.proposal.geometry.clone().into()),
        "properties": { "role": "proposal", "verdict": review.verdict().name(), "area_km2": rounded(review.area_km2) },
    });
    let found = review.judged().flat_map(|(rule, judgement)| {
        let overlaps = judgement.findings.iter().filter_map(move |finding| {
            let overlap = finding.overlap.as_ref()?;
            let feature = &finding.feature;
            Some(json!({
                "type": "Feature",
                "geometry": geojson(&overlap.geometry),
                "properties": {
                    "role": "overlap", "rule": rule.id, "verdict": judgement.verdict.name(), "section": rule.section,
                    "layer": feature.layer.as_str(), "id": feature.id, "code": feature.code, "name": feature.name,
                    "area_km2": rounded(overlap.area_km2), "share": rounded(overlap.share),
                    "is_sliver": finding.is_sliver,
                },
            }))
        });
        let remainder = judgement.remainder.iter().map(move |remainder| {
            json!({
                "type": "Feature",
                "geometry": geojson(&remainder.geometry),
                "properties": {
                    "role": "remainder", "rule": rule.id, "verdict": judgement.verdict.name(), "section": rule.section,
                    "area_km2": rounded(remainder.area_km2), "share": rounded(remainder.share),
                },
            })
        });
        overlaps.chain(remainder)
    });
    let features: Vec<Value> = std::iter::once(own).chain(found).collect();
    json!({ "type": "FeatureCollection", "features": features, "notices": review.notices })
}

/// Without digits that mean nothing: a thousandth of a square metre.
fn rounded(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}

fn geojson(geometry: &Geometry) -> Value {
    let geometry = geometry.map_coords(|Coord { x, y }| Coord {
        x: (x * DEGREE_PARTS).round() / DEGREE_PARTS,
        y: (y * DEGREE_PARTS).round() / DEGREE_PARTS,
    });
    let path = |path: &LineString| path.0.iter().map(|at| json!([at.x, at.y])).collect::<Vec<_>>();
    let polygon = |polygon: &Polygon| crate::review::rings(polygon).map(path).collect::<Vec<_>>();
    match &geometry {
        Geometry::MultiPolygon(polygons) => {
            json!({ "type": "MultiPolygon", "coordinates": polygons.iter().map(polygon).collect::<Vec<_>>() })
        }
        Geometry::MultiLineString(lines) => {
            json!({ "type": "MultiLineString", "coordinates": lines.iter().map(path).collect::<Vec<_>>() })
        }
        Geometry::Point(point) => json!({ "type": "Point", "coordinates": [point.x(), point.y()] }),
        // The layers hold nothing else.
        _ => Value::Null,
    }
}
