//! Metrics by OTLP: those of `/metrics`, read from its text, so that both have the same names and numbers.

use super::collector::Collector;
use opentelemetry_proto::{
    tonic::{
        collector::metrics::v1::ExportMetricsServiceRequest,
        common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value},
        metrics::v1::{
            AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
            ResourceMetrics, ScopeMetrics, Sum, metric::Data, number_data_point,
        },
    },
    transform::common::tonic::ResourceAttributesWithSchema,
};
use opentelemetry_sdk::Resource;
use std::time::{SystemTime, UNIX_EPOCH};

pub struct Numbers {
    collector: Collector,
    resource: ResourceAttributesWithSchema,
    /// When counting began, in nanoseconds since 1970.
    start: u64,
}

impl Numbers {
    pub fn new(collector: Collector, resource: &Resource) -> Self {
        Self { collector, resource: resource.into(), start: now() }
    }

    /// Sends what `text` says, which is in OpenMetrics' format. It takes its time.
    pub fn send(&self, text: &str) {
        let scope = InstrumentationScope { name: "plantiles".into(), ..Default::default() };
        let metrics = read(text, self.start, now());
        let scope_metrics = vec![ScopeMetrics { scope: Some(scope), metrics, ..Default::default() }];
        let resource = opentelemetry_proto::tonic::resource::v1::Resource {
            attributes: self.resource.attributes.0.clone(),
            ..Default::default()
        };
        let resource_metrics =
            vec![ResourceMetrics { resource: Some(resource), scope_metrics, ..Default::default() }];
        // Told in the log, and the next has it all.
        let _taken = self.collector.send(&ExportMetricsServiceRequest { resource_metrics });
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_nanos().try_into().unwrap_or(u64::MAX)
}

/// One line of a value.
struct Sample<'a> {
    name: &'a str,
    labels: Vec<(&'a str, &'a str)>,
    value: f64,
}

/// The metrics of a text as this program writes it: help, type and samples of each, one after another.
fn read(text: &str, start: u64, time: u64) -> Vec<Metric> {
    let mut metrics: Vec<Metric> = vec![];
    for line in text.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            let (name, description) = (name.to_owned(), help.to_owned());
            metrics.push(Metric { name, description, ..Default::default() });
        } else if let Some((_, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            if let Some(metric) = metrics.last_mut() {
                metric.data = Some(empty(kind));
            }
        } else if let (Some(metric), Some(sample)) = (metrics.last_mut(), sample(line)) {
            add(metric, sample, start, time);
        }
    }
    metrics
}

fn empty(kind: &str) -> Data {
    let aggregation_temporality = AggregationTemporality::Cumulative.into();
    match kind {
        "counter" => Data::Sum(Sum { data_points: vec![], aggregation_temporality, is_monotonic: true }),
        "histogram" => Data::Histogram(Histogram { data_points: vec![], aggregation_temporality }),
        _ => Data::Gauge(Gauge::default()),
    }
}

fn sample(line: &str) -> Option<Sample<'_>> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    Some(Sample { name, labels: labels_of(labels), value: value.parse().ok()? })
}

/// `name="value",…}`. Values are ids and the like: nothing in them is escaped.
fn labels_of(text: &str) -> Vec<(&str, &str)> {
    let pairs = text.trim_end_matches('}').split(',').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name, value.trim_matches('"'))).collect()
}

fn add(metric: &mut Metric, sample: Sample, start_time_unix_nano: u64, time_unix_nano: u64) {
    let part = sample.name.strip_prefix(&*metric.name).unwrap_or_default();
    let mut labels = sample.labels;
    let bound = labels.iter().position(|(name, _)| *name == "le").map(|at| labels.remove(at).1);
    let attributes = labels.into_iter().map(|(name, value)| attribute(name, value)).collect();
    let number = |attributes| NumberDataPoint {
        attributes,
        start_time_unix_nano,
        time_unix_nano,
        value: Some(number_data_point::Value::AsDouble(sample.value)),
        ..Default::default()
    };
    match metric.data.get_or_insert_with(|| empty("gauge")) {
        Data::Sum(sum) => sum.data_points.push(number(attributes)),
        Data::Gauge(gauge) => {
            gauge.data_points.push(NumberDataPoint { start_time_unix_nano: 0, ..number(attributes) });
        }
        Data::Histogram(histogram) => {
            let points = &mut histogram.data_points;
            let at = points.iter().position(|point| point.attributes == attributes).unwrap_or_else(|| {
                points.push(HistogramDataPoint {
                    attributes,
                    start_time_unix_nano,
                    time_unix_nano,
                    ..Default::default()
                });
                points.len() - 1
            });
            measure(&mut points[at], part, bound, sample.value);
        }
        Data::ExponentialHistogram(_) | Data::Summary(_) => {}
    }
}

/// Takes one line of a histogram. Buckets come by rising bound, each with those below it in it; in OTLP each stands alone.
fn measure(point: &mut HistogramDataPoint, part: &str, bound: Option<&str>, value: f64) {
    match (part, bound) {
        ("_sum", _) => point.sum = Some(value),
        ("_count", _) => point.count = value as u64,
        ("_bucket", Some(bound)) => {
            let below: u64 = point.bucket_counts.iter().sum();
            point.bucket_counts.push((value as u64).saturating_sub(below));
            if let Some(bound) = bound.parse().ok().filter(|bound: &f64| bound.is_finite()) {
                point.explicit_bounds.push(bound);
            }
        }
        _ => {}
    }
}

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{LayerLabel, Metrics, RequestLabels};

    fn of(metrics: &[Metric], name: &str) -> Data {
        let metric = metrics.iter().find(|metric| metric.name == name);
        metric.unwrap_or_else(|| panic!("no {name}")).data.clone().unwrap()
    }

    #[test]
    fn every_metric_is_there_as_it_is_in_the_text() {
        let metrics = Metrics::default();
        let labels = RequestLabels { place: "tiles", method: "GET", status: 200 };
        metrics.requests.get_or_create(&labels).inc_by(7);
        for seconds in [0.0002, 0.0002, 0.2, 60.0] {
            metrics.request_seconds.observe(seconds);
        }
        let layer = LayerLabel { layer: "mining_blocks".into() };
        metrics.layer_features.get_or_create(&layer).set(-3);
        let text = metrics.encode();
        let read = read(&text, 1, 2);
        assert_eq!(read.len(), text.matches("# TYPE ").count());
        let Data::Sum(requests) = of(&read, "plantiles_http_requests") else { panic!() };
        let point = &requests.data_points[0];
        assert_eq!(point.value, Some(number_data_point::Value::AsDouble(7.0)));
        assert_eq!((point.start_time_unix_nano, point.time_unix_nano), (1, 2));
        assert_eq!(point.attributes.len(), 3);
        assert!(point.attributes.contains(&attribute("place", "tiles")));
        let Data::Histogram(seconds) = of(&read, "plantiles_http_request_seconds") else { panic!() };
        let point = &seconds.data_points[0];
        assert_eq!((point.count, point.sum), (4, Some(60.2004)));
        assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
        assert_eq!(point.bucket_counts.iter().sum::<u64>(), 4);
        assert_eq!((point.bucket_counts[1], point.bucket_counts.last()), (2, Some(&1)));
        let Data::Gauge(features) = of(&read, "plantiles_layer_features") else { panic!() };
        let point = &features.data_points[0];
        assert_eq!(point.attributes, [attribute("layer", &layer.layer)]);
        assert_eq!(point.value, Some(number_data_point::Value::AsDouble(-3.0)));
    }
}
