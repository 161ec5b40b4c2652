//! `/ogc/collections/{collection}/items/{feature}`: one feature (OGC 17-069r4, §7.16).

use crate::{
    describe::ogc,
    encoding::compress,
    export::GeoJson,
    http::{
        Problem, Segments,
        asked::Asked,
        media::{self, GEOJSON, HTML},
        negotiate,
        parameters::features::crs,
        policy::Policy,
        respond::{REVALIDATE, VARY_FORM, acceptable, etag, insert, unchanged},
    },
    snapshot::SnapshotId,
};
use axum::{
    body::Body,
    http::{HeaderName, header},
    response::Response,
};
use std::sync::Arc;

pub async fn item(
    asked: Asked,
    Segments((collection, feature)): Segments<(String, String)>,
) -> Result<Response, Problem> {
    let layer = asked.collection(&collection)?;
    asked.parameters.check(&["crs", "f"])?;
    let form = media::choose(asked.parameters.get("f"), &asked.headers, &[GEOJSON, HTML])?;
    let crs = crs(&asked.parameters, "crs")?;
    let unknown = || Problem::not_found("there is no such feature in the collection");
    let plain = feature.bytes().all(|b| b.is_ascii_digit());
    let id: i64 = feature.parse().ok().filter(|_| plain).ok_or_else(unknown)?;
    let (snapshot, orders) = (Arc::clone(&layer.snapshot), Arc::clone(&asked.app.service.orders));
    let base = asked.base.clone();
    let work = move || {
        let position = orders.find(&snapshot, id)?;
        let row = snapshot.row(position);
        let fields: Vec<usize> = (0..snapshot.layer.fields.len()).collect();
        Some(match form {
            HTML => ogc::html::item(&snapshot, &row, crs, &base).into_bytes(),
            _ => {
                let mut text = vec![];
                let members = ogc::item_members(&snapshot.layer, id, &base);
                GeoJson::in_order_of_axes(crs, fields).write(&row, &members, &mut text);
                text
            }
        })
    };
    let made = asked.app.service.work(work).await?;
    let made = made.ok_or_else(unknown)?;
    let encoding = acceptable(negotiate::accepted(&asked.headers))?;
    let tag = etag(&SnapshotId::of(&made), encoding);
    if let Some(unchanged) = unchanged(&tag, &asked.headers, REVALIDATE, VARY_FORM)? {
        return Ok(unchanged);
    }
    let mut response = Response::new(Body::from(compress(made.into(), encoding).0));
    let headers = response.headers_mut();
    insert(headers, header::ETAG, &tag)?;
    insert(headers, header::CONTENT_TYPE, form.content_type())?;
    insert(headers, HeaderName::from_static("content-crs"), &format!("<{crs}>"))?;
    headers.insert(header::CACHE_CONTROL, REVALIDATE);
    headers.insert(header::VARY, VARY_FORM);
    if let Some(token) = encoding.token() {
        insert(headers, header::CONTENT_ENCODING, token)?;
    }
    if form == HTML {
        Policy::Plain.guard(headers);
    }
    Ok(response)
}
