//! `/ogc/collections/{collection}/items`: the features, page by page (OGC 17-069r4, §7.15).

use super::wanted::{Cursor, Wanted};
use crate::{
    catalog::PublishedLayer,
    config::PublicUrl,
    describe::ogc::{self, Items},
    encoding,
    export::{FlatGeobuf, GeoJson, Rows},
    features::{Page, TooExpensive},
    http::{
        Problem, Segments,
        asked::Asked,
        audited::Handed,
        body::{self, Made},
        indexes::Indexes,
        media::{FLATGEOBUF, Form, GEOJSON, HTML},
        negotiate,
        parameters::wrong,
        policy::Policy,
        respond::{REVALIDATE, VARY_FORM, acceptable, etag, insert, unchanged},
    },
    plan::LayerId,
    snapshot::{Snapshot, SnapshotId},
};
use axum::{
    http::{HeaderName, header},
    response::Response,
};
use std::sync::Arc;

const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");
const NUMBER_MATCHED: HeaderName = HeaderName::from_static("ogc-numbermatched");
const NUMBER_RETURNED: HeaderName = HeaderName::from_static("ogc-numberreturned");

/// Part of every entity tag of features: to be changed whenever the same query on the same snapshot may be answered
/// by other bytes.
const FORMAT: u32 = 2;

pub async fn items(asked: Asked, Segments(id): Segments<String>) -> Result<Response, Problem> {
    let layer = asked.collection(&id)?;
    let cursor = Cursor::of(&asked.parameters)?;
    let snapshot = snapshot(&asked, layer, cursor).await?;
    let wanted = Wanted::read(&asked.parameters, &snapshot.layer, &asked.headers)?;
    let encoding = acceptable(negotiate::accepted(&asked.headers))?;
    let cursor = cursor.unwrap_or(Cursor { snapshot: snapshot.id, start: 0 });
    let href = format!("{}/ogc/collections/{}/items", asked.base.as_str(), layer.id());
    let tag = etag(&tag(&snapshot, &href, &wanted, cursor), encoding);
    if let Some(unchanged) = unchanged(&tag, &asked.headers, REVALIDATE, VARY_FORM)? {
        return Ok(unchanged);
    }
    let (form, crs) = (wanted.form, wanted.crs);
    let handed = Handed::download(Some(layer.id()), None, &snapshot.id);
    let task = Task { snapshot, wanted, cursor, href, base: asked.base.clone() };
    let (orders, indexes) = (Arc::clone(&asked.app.service.orders), asked.app.indexes.clone());
    let work = move || {
        let page = task.wanted.query.page(&task.snapshot, &orders, task.cursor.start, task.wanted.limit)?;
        Ok::<_, TooExpensive>(task.make(page, encoding, &indexes))
    };
    let done = asked.app.service.work(work).await?;
    let (made, facts) = done.map_err(|error| wrong("filter", &error.to_string()))??;
    let mut response = body::response(made, Arc::clone(&asked.app.service));
    let headers = response.headers_mut();
    insert(headers, header::ETAG, &tag)?;
    insert(headers, header::CONTENT_TYPE, form.content_type())?;
    headers.insert(header::CACHE_CONTROL, REVALIDATE);
    headers.insert(header::VARY, VARY_FORM);
    if let Some(token) = encoding.token() {
        insert(headers, header::CONTENT_ENCODING, token)?;
    }
    insert(headers, CONTENT_CRS, &format!("<{crs}>"))?;
    insert(headers, NUMBER_RETURNED, &facts.returned.to_string())?;
    if let Some(matched) = facts.matched {
        insert(headers, NUMBER_MATCHED, &matched.to_string())?;
    }
    if let Some(next) = facts.next {
        insert(headers, header::LINK, &format!("<{next}>; rel=\"next\"; type=\"{}\"", form.media_type))?;
    }
    if form == HTML {
        Policy::Plain.guard(headers);
    }
    Ok(handed.with(response))
}

/// The snapshot that a page is of: the current one, or that of the page before.
async fn snapshot(
    asked: &Asked,
    layer: &PublishedLayer,
    cursor: Option<Cursor>,
) -> Result<Arc<Snapshot>, Problem> {
    let Some(cursor) = cursor.filter(|cursor| cursor.snapshot != layer.snapshot.id) else {
        return Ok(Arc::clone(&layer.snapshot));
    };
    let id: &LayerId = layer.id();
    let kept = asked.app.service.snapshot(id, cursor.snapshot).await.map_err(|error| {
        tracing::error!(%error, "a kept snapshot cannot be read");
        Problem::internal()
    })?;
    let gone =
        || wrong("cursor", "the version that it belongs to is not kept any more: begin again without it");
    kept.map(|dated| Arc::clone(&dated.snapshot)).ok_or_else(gone)
}

/// What an answer depends on: its bytes are a function of it.
fn tag(snapshot: &Snapshot, href: &str, wanted: &Wanted, cursor: Cursor) -> SnapshotId {
    let media_type = wanted.form.media_type;
    let query = wanted.link_query(wanted.form, Some(cursor));
    SnapshotId::of(format!("{FORMAT} {} {media_type} {href}?{query}", snapshot.id).as_bytes())
}

/// A page to be made on a worker.
struct Task {
    snapshot: Arc<Snapshot>,
    wanted: Wanted,
    cursor: Cursor,
    href: String,
    base: PublicUrl,
}

/// What the headers say of a page.
struct Facts {
    returned: usize,
    matched: Option<usize>,
    next: Option<String>,
}

impl Task {
    fn make(
        self,
        page: Page,
        encoding: encoding::Encoding,
        indexes: &Indexes,
    ) -> Result<(Made, Facts), Problem> {
        let next = page.next.map(|start| Cursor { start, ..self.cursor });
        let link = |form: Form, cursor| format!("{}?{}", self.href, self.wanted.link_query(form, cursor));
        let here = (self.cursor.start > 0).then_some(self.cursor);
        let form = self.wanted.form;
        let described = Items {
            returned: page.positions.len(),
            matched: page.matched,
            this: link(form, here),
            forms: [GEOJSON, HTML, FLATGEOBUF]
                .into_iter()
                .filter(|other| *other != form)
                .map(|other| (other.media_type, link(other, here)))
                .collect(),
            next: next.map(|next| link(form, Some(next))),
        };
        let facts =
            Facts { returned: described.returned, matched: described.matched, next: described.next.clone() };
        let made = match form {
            HTML => {
                let Self { snapshot, wanted, base, .. } = &self;
                let text =
                    ogc::html::items(snapshot, &page.positions, wanted.crs, &wanted.fields, &described, base);
                Made::whole(text.into_bytes(), encoding)
            }
            FLATGEOBUF => {
                let Self { snapshot, wanted, .. } = self;
                let count = page.positions.len();
                let rows = Rows::listed(snapshot, page.positions);
                let file = FlatGeobuf::new(rows, wanted.crs, wanted.fields);
                Made::begin(indexes.hold(count, Box::new(file))?, encoding)?
            }
            _ => {
                let Self { snapshot, wanted, .. } = self;
                let rows = Rows::listed(snapshot, page.positions);
                let form = GeoJson::in_order_of_axes(wanted.crs, wanted.fields);
                Made::begin(Box::new(form.collection(rows, "", &ogc::items_members(&described))), encoding)?
            }
        };
        Ok((made, facts))
    }
}
