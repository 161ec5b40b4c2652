//! `/statistics`: an answer as JSON, as CSV and as a page.

use super::ogc::{html::page, title};
use crate::{
    config::PublicUrl,
    export::csv,
    plan::{Layer, Text},
    snapshot::Value,
    statistics::{Group, Key, Question, Statistics, Sum, Tally},
};
use maud::{Markup, html};
use serde_json::{Map, Value as Json, json};

/// A question, its answer and where it is.
pub struct Answered<'a> {
    pub question: &'a Question,
    pub statistics: &'a Statistics,
    /// The filter in its normal form.
    pub filter: Option<&'a str>,
    pub base: &'a PublicUrl,
    /// The name of each form, its media type and its URL; the first is that of the document itself.
    pub forms: &'a [(&'static str, &'static str, String)],
}

pub const TITLE: &str = "查询统计 Statistics";

/// How features without a value are called.
pub const UNSTATED: [&str; 2] = ["未注明", "not stated"];

impl Answered<'_> {
    pub fn json(&self) -> String {
        let Self { question, statistics: Statistics { groups, total }, .. } = self;
        let layers = question.parts.iter().map(|(snapshot, _)| {
            let layer = &snapshot.layer;
            json!({ "id": layer.id, "title": layer.title, "snapshot": snapshot.id.to_string(), "features": snapshot.feature_count() })
        });
        let links = self.forms.iter().enumerate().map(|(i, (_, media_type, href))| {
            json!({ "rel": if i == 0 { "self" } else { "alternate" }, "type": media_type, "href": href })
        });
        let mut document = json!({
            "title": TITLE,
            "layers": layers.collect::<Vec<_>>(),
            "group_by": question.keys.iter().map(Key::name).collect::<Vec<_>>(),
            "groups": groups.iter().map(|group| self.group(group)).collect::<Vec<_>>(),
            "total": self.tally(total, None),
            "links": links.collect::<Vec<_>>(),
        });
        if let Some(filter) = self.filter {
            document["filter"] = json!(filter);
        }
        document.to_string()
    }

    fn group(&self, group: &Group) -> Json {
        let keys = self.question.keys.iter().map(Key::name).zip(&group.values);
        let key: Map<String, Json> = keys.map(|(name, value)| (name.to_owned(), plain(value))).collect();
        let mut document = json!({ "key": key, "label": self.labels(group) });
        if let (Json::Object(document), Json::Object(numbers)) =
            (&mut document, self.tally(&group.tally, Some(&self.statistics.total)))
        {
            document.extend(numbers);
        }
        document
    }

    /// The numbers of a group, with their shares of the total; of the total without.
    fn tally(&self, tally: &Tally, total: Option<&Tally>) -> Json {
        let sum = |sum: &Sum, of: Option<&Sum>| {
            let mut document = json!({ "sum": sum.value(), "features": sum.features });
            if let Some(of) = of {
                document["share"] = json!(sum.share(of));
            }
            document
        };
        let sums = self
            .question
            .sums
            .iter()
            .enumerate()
            .map(|(i, name)| (name.clone(), sum(&tally.sums[i], total.map(|total| &total.sums[i]))));
        let mut document = json!({
            "features": tally.features,
            "area_stated_km2": sum(&tally.stated, total.map(|total| &total.stated)),
            "area_drawn_km2": sum(&tally.drawn, total.map(|total| &total.drawn)),
            "sums": sums.collect::<Map<_, _>>(),
        });
        if let Some(total) = total {
            document["share"] = json!(tally.share(total));
        }
        document
    }

    /// What a group is called, one text for each key.
    fn labels(&self, group: &Group) -> Vec<Text> {
        let label = |(key, value): (&Key, &Value)| match (key, value) {
            (_, Value::Null) => UNSTATED.map(str::to_owned),
            (Key::Layer, Value::Text(id)) => self.layer(id).map_or_else(
                || [id.to_string(), id.to_string()],
                |layer| [layer.title.zh.clone(), layer.title.en.clone()],
            ),
            (_, value) => [text(value), text(value)],
        };
        let labels = self.question.keys.iter().zip(&group.values).map(label);
        labels.map(|[zh, en]| Text { zh, en }).collect()
    }

    fn layer(&self, id: &str) -> Option<&Layer> {
        let mut layers = self.question.parts.iter().map(|(snapshot, _)| &*snapshot.layer);
        layers.find(|layer| layer.id.as_str() == id)
    }

    /// One row for each group, columns as [`Self::columns`] names them; a group of features without a value is called
    /// 未注明. `spreadsheet` begins it with a byte order mark, by which spreadsheet programs tell UTF-8.
    pub fn csv(&self, spreadsheet: bool) -> Vec<u8> {
        let groups = self.statistics.groups.iter().map(|group| {
            let keys = group.values.iter().map(self::label);
            keys.chain(self.numbers(&group.tally)).collect()
        });
        csv::table(std::iter::once(self.columns()).chain(groups), spreadsheet)
    }

    fn columns(&self) -> Vec<String> {
        let keys = self.question.keys.iter().map(|key| key.name().to_owned());
        let of = |name: &str| [name.to_owned(), format!("{name}_features"), format!("{name}_share")];
        let numbers = ["features".to_owned(), "share".to_owned()];
        let sums = ["area_stated_km2", "area_drawn_km2"].into_iter().flat_map(of);
        let own = self.question.sums.iter().flat_map(|name| of(&format!("sum_{name}")));
        keys.chain(numbers).chain(sums).chain(own).collect()
    }

    fn numbers(&self, tally: &Tally) -> Vec<String> {
        let total = &self.statistics.total;
        let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
        let of =
            |(sum, of): (&Sum, &Sum)| [number(sum.value()), sum.features.to_string(), number(sum.share(of))];
        let areas = [(&tally.stated, &total.stated), (&tally.drawn, &total.drawn)];
        let sums = areas.into_iter().chain(tally.sums.iter().zip(&total.sums));
        [tally.features.to_string(), number(tally.share(total))]
            .into_iter()
            .chain(sums.flat_map(of))
            .collect()
    }

    pub fn html(&self) -> String {
        let Self { question, statistics: Statistics { groups, total }, .. } = self;
        let links = self.forms.iter().skip(1);
        let content = html! {
            p { "要素数、规划面积（规划所载）、图上面积（CGCS2000 椭球面）；括号内为有数值的要素数。"
                br; span.en { "Features, area as stated by the plan, area as drawn (on the CGCS2000 ellipsoid); in brackets the features that have one." } }
            @if let Some(filter) = self.filter { p { "过滤条件 Filter: " code { (filter) } } }
            div.wide { table {
                tr {
                    @for key in &question.keys { th { (self.heading(key)) } }
                    th { "要素 Features" } th { "占比 Share" }
                    th { "规划面积 Stated (km²)" } th { "图上面积 Drawn (km²)" }
                    @for name in &question.sums { th { (self.property(name)) } }
                }
                @for group in groups {
                    tr {
                        @for label in self.labels(group) {
                            td { (label.zh) @if label.en != label.zh { " " span.en { (label.en) } } }
                        }
                        td.number { (group.tally.features) }
                        td { @if let Some(share) = group.tally.share(total) { meter value=(share) title=(share) {} } }
                        (sums(&group.tally))
                    }
                }
                tr {
                    @for i in 0..question.keys.len() { th { @if i == 0 { "合计 Total" } } }
                    th.number { (total.features) } th {} (sums(total))
                }
            } }
            ul { @for (name, _, href) in links { li { a href=(href) { (name.to_uppercase()) } } } }
        };
        page(self.base, &[], TITLE, content)
    }

    fn heading(&self, key: &Key) -> String {
        match key {
            Key::Layer => "图层 Layer".to_owned(),
            Key::Property(name) => self.property(name),
        }
    }

    /// The title of a property in the first layer that has it.
    fn property(&self, name: &str) -> String {
        let mut fields = self.question.parts.iter().flat_map(|(snapshot, _)| &snapshot.layer.fields);
        fields.find(|field| field.name == name).map_or_else(|| name.to_owned(), |field| title(&field.title))
    }
}

fn sums(tally: &Tally) -> Markup {
    html! {
        @for sum in [&tally.stated, &tally.drawn].into_iter().chain(&tally.sums) {
            td.number { @if let Some(value) = sum.value() { (value) " (" (sum.features) ")" } }
        }
    }
}

fn plain(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Integer(number) => json!(number),
        Value::Real(number) => json!(number),
        Value::Boolean(truth) => json!(truth),
        Value::Text(text) => json!(text),
        Value::Date(date) => json!(date.to_string()),
    }
}

fn text(value: &Value) -> String {
    match plain(value) {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

fn label(value: &Value) -> String {
    match value {
        Value::Null => UNSTATED[0].to_owned(),
        value => text(value),
    }
}
