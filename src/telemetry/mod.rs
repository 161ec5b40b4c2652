//! What the program tells of itself while it runs: logs on standard error and, where a collector is named, traces and
//! metrics by OTLP.

mod collector;
mod logs;
mod numbers;
mod settings;
mod spans;

pub use logs::init;
pub use settings::{Settings, SettingsError};
pub use spans::{Span, carried, note};

use collector::{Collector, CollectorError};
use numbers::Numbers;
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use std::{io, sync::Arc, thread, time::Duration};
use tokio::sync::oneshot;

/// How long the last spans and numbers may take on their way when the server stops.
const FAREWELL: Duration = Duration::from_secs(3);

/// What goes to a collector until it is finished.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    numbers: Option<Arc<Numbers>>,
    interval: Duration,
}

impl Telemetry {
    /// Begins to trace, for the whole process. A collector that cannot be reached is told in the log.
    ///
    /// # Errors
    /// When there are no authorities for an https URL.
    pub fn start(settings: Settings) -> Result<Self, CollectorError> {
        let Settings { traces, metrics, authorities, interval, service_name, sampler } = settings;
        let resource = resource(service_name);
        let collector = |target| Collector::new(target, &authorities);
        let traces = traces.map(collector).transpose()?;
        let traces = traces.map(|collector| spans::start(collector, resource.clone(), sampler));
        let numbers = metrics.map(collector).transpose()?;
        let numbers = numbers.map(|collector| Arc::new(Numbers::new(collector, &resource)));
        Ok(Self { traces, numbers, interval })
    }

    /// Sends the metrics that `text` gives, in the format of `/metrics`, now and then, on a thread of their own: while the
    /// collector keeps that waiting, nothing piles up.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn measure(&self, text: impl Fn() -> String + Send + 'static) -> io::Result<()> {
        let Some(numbers) = self.numbers.clone() else { return Ok(()) };
        let interval = self.interval;
        let measuring = move || {
            loop {
                thread::sleep(interval);
                numbers.send(&text());
            }
        };
        thread::Builder::new().name("metrics".into()).spawn(measuring).map(|_| ())
    }

    /// Sends what has not gone yet, and these last metrics, for some seconds at most.
    pub async fn finish(self, text: String) {
        let (done, farewell) = oneshot::channel();
        // Not one of the runtime's: while the collector holds it, the process can end.
        let sending = thread::Builder::new().name("farewell".into()).spawn(move || {
            if let Some(traces) = self.traces
                && let Err(error) = traces.shutdown_with_timeout(FAREWELL)
            {
                tracing::debug!(%error, "the last spans did not go out");
            }
            if let Some(numbers) = self.numbers {
                numbers.send(&text);
            }
            // Nobody may wait any more.
            let _late = done.send(());
        });
        if sending.is_ok() {
            let _in_time = tokio::time::timeout(FAREWELL, farewell).await;
        }
    }
}

/// Who tells: what `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say, then the configuration.
fn resource(service_name: String) -> Resource {
    let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let named = Resource::builder().build().get(&"service.name".into());
    let resource = Resource::builder().with_attribute(version);
    match named.filter(|name| !name.as_str().starts_with("unknown_service")) {
        Some(_) => resource.build(),
        None => resource.with_service_name(service_name).build(),
    }
}
