//! What is sent where: the environment variables of the OpenTelemetry standard before the configuration.

use crate::config::{self, PublicUrl, Secret};
use percent_encoding::percent_decode_str;
use std::{path::PathBuf, time::Duration};

/// Of an export, unless `OTEL_EXPORTER_OTLP_TIMEOUT` says otherwise; the standard's own.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct Settings {
    pub traces: Option<Target>,
    pub metrics: Option<Target>,
    pub authorities: PathBuf,
    pub service_name: String,
    /// From one sending of metrics to the next.
    pub interval: Duration,
    pub sampler: Sampler,
}

/// Who decides what is traced, where no trusted proxy has.
#[derive(Debug)]
pub enum Sampler {
    /// `OTEL_TRACES_SAMPLER`, which the SDK reads.
    Environment,
    /// This share of requests.
    Share(f64),
}

#[derive(Debug)]
pub struct Target {
    pub url: PublicUrl,
    pub headers: Vec<(String, Secret)>,
    /// How long one sending may take.
    pub patience: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{0}: `{1}` is not an http or https URL of host, port and path alone")]
    Url(String, String),
    #[error("{0}: only http/protobuf is spoken")]
    Protocol(String),
    #[error("{0}: not a number of milliseconds")]
    Milliseconds(String),
    /// Its value may be a secret.
    #[error("{0}: not a list of name=value")]
    Headers(String),
}

impl Settings {
    /// `None` where nothing is sent: no endpoint is named, or `OTEL_SDK_DISABLED` is true.
    ///
    /// # Errors
    /// For a variable that cannot be read.
    pub fn of(
        config: &config::Telemetry,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, SettingsError> {
        let variables = Variables(&|name| variable(name).filter(|value| !value.is_empty()));
        if variables.get("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let traces = variables.target(config, "TRACES")?;
        let metrics = variables.target(config, "METRICS")?;
        if traces.is_none() && metrics.is_none() {
            return Ok(None);
        }
        let sampler = match variables.get("OTEL_TRACES_SAMPLER") {
            Some(_) => Sampler::Environment,
            None => Sampler::Share(config.sampling),
        };
        let interval = variables.milliseconds("OTEL_METRIC_EXPORT_INTERVAL".into())?;
        let authorities = variables.get("OTEL_EXPORTER_OTLP_CERTIFICATE").map(PathBuf::from);
        Ok(Some(Self {
            traces,
            metrics,
            authorities: authorities.unwrap_or_else(|| config.authorities.clone()),
            service_name: config.service_name.clone(),
            interval: interval.unwrap_or(Duration::from_secs(config.metrics_seconds.get().into())),
            sampler,
        }))
    }
}

/// The environment; a variable without a value is as if it were not there, as the standard has it.
struct Variables<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name)
    }

    /// `OTEL_EXPORTER_OTLP_{signal}_{what}`, or that of all signals, with its name.
    fn of(&self, signal: &str, what: &str) -> Option<(String, String)> {
        let names = [format!("OTEL_EXPORTER_OTLP_{signal}_{what}"), format!("OTEL_EXPORTER_OTLP_{what}")];
        names.into_iter().find_map(|name| self.get(&name).map(|value| (name, value)))
    }

    /// Where a signal goes.
    fn target(&self, config: &config::Telemetry, signal: &str) -> Result<Option<Target>, SettingsError> {
        if self.get(&format!("OTEL_{signal}_EXPORTER")).is_some_and(|exporter| exporter == "none") {
            return Ok(None);
        }
        let Some(url) = self.url(config, signal)? else { return Ok(None) };
        if let Some((name, _)) = self.of(signal, "PROTOCOL").filter(|(_, spoken)| spoken != "http/protobuf") {
            return Err(SettingsError::Protocol(name));
        }
        let headers = match self.of(signal, "HEADERS") {
            Some((name, list)) => headers(&list).ok_or(SettingsError::Headers(name))?,
            None => config.headers.clone().into_iter().collect(),
        };
        let patience = self.of(signal, "TIMEOUT").map(|(name, _)| self.milliseconds(name)).transpose()?;
        Ok(Some(Target { url, headers, patience: patience.flatten().unwrap_or(PATIENCE) }))
    }

    fn url(&self, config: &config::Telemetry, signal: &str) -> Result<Option<PublicUrl>, SettingsError> {
        let read = |(name, url): (String, String)| {
            PublicUrl::try_from(url.clone()).map_err(|_| SettingsError::Url(name, url))
        };
        let own = format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT");
        if let Some(url) = self.get(&own) {
            // As it stands, without a path of ours.
            return read((own, url)).map(Some);
        }
        let general = "OTEL_EXPORTER_OTLP_ENDPOINT".to_owned();
        let general = self.get(&general).map(|url| read((general, url))).transpose()?;
        let base = general.or_else(|| config.endpoint.clone());
        let path = signal.to_ascii_lowercase();
        Ok(base.map(|base| base.under(&format!("/v1/{path}"))))
    }

    fn milliseconds(&self, name: String) -> Result<Option<Duration>, SettingsError> {
        let Some(value) = self.get(&name) else { return Ok(None) };
        match value.parse::<u32>() {
            Ok(milliseconds) if milliseconds > 0 => Ok(Some(Duration::from_millis(milliseconds.into()))),
            _ => Err(SettingsError::Milliseconds(name)),
        }
    }
}

/// `name=value,name=value`, percent-encoded (W3C Baggage, without properties).
fn headers(list: &str) -> Option<Vec<(String, Secret)>> {
    let header = |pair: &str| {
        let (name, value) = pair.trim().split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        Some((name.trim().to_owned(), Secret::new(value)))
    };
    list.split(',').filter(|pair| !pair.trim().is_empty()).map(header).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn read(toml: &str, variables: &[(&str, &str)]) -> Result<Option<Settings>, String> {
        let variables: BTreeMap<_, _> = variables.iter().copied().collect();
        let config = toml::from_str(toml).unwrap();
        Settings::of(&config, |name| variables.get(name).map(ToString::to_string))
            .map_err(|error| error.to_string())
    }

    fn urls(settings: &Settings) -> [Option<&str>; 2] {
        [&settings.traces, &settings.metrics].map(|target| target.as_ref().map(|target| target.url.as_str()))
    }

    #[test]
    fn nothing_is_sent_unless_somebody_says_where() {
        assert!(read("", &[]).unwrap().is_none());
        assert!(read("", &[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]).unwrap().is_none());
        let named = "endpoint = \"http://127.0.0.1:4318/\"";
        assert!(read(named, &[("OTEL_SDK_DISABLED", "True")]).unwrap().is_none());
        let settings = read(named, &[]).unwrap().unwrap();
        assert_eq!(
            urls(&settings),
            [Some("http://127.0.0.1:4318/v1/traces"), Some("http://127.0.0.1:4318/v1/metrics")]
        );
        assert!(matches!(settings.sampler, Sampler::Share(share) if share == 0.01));
        assert_eq!(settings.interval, Duration::from_secs(60));
    }

    #[test]
    fn the_environment_is_read_as_the_standard_has_it() {
        let settings = read(
            "endpoint = \"http://file\"\nheaders = { a = \"file\" }",
            &[
                ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://all/x/"),
                ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://own/m"),
                ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hidden, b = 2"),
                ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "250"),
                ("OTEL_METRIC_EXPORT_INTERVAL", "1000"),
                ("OTEL_TRACES_SAMPLER", "always_on"),
            ],
        );
        let settings = settings.unwrap().unwrap();
        assert_eq!(urls(&settings), [Some("https://all/x/v1/traces"), Some("http://own/m")]);
        assert!(!format!("{settings:?}").contains("hidden"));
        let (traces, metrics) = (settings.traces.unwrap(), settings.metrics.unwrap());
        let headers: Vec<_> =
            traces.headers.iter().map(|(name, value)| (&name[..], value.reveal())).collect();
        assert_eq!(headers, [("authorization", "Bearer hidden"), ("b", "2")]);
        assert_eq!((traces.patience, metrics.patience), (Duration::from_millis(250), PATIENCE));
        assert_eq!(settings.interval, Duration::from_secs(1));
        assert!(matches!(settings.sampler, Sampler::Environment));
        let one = read("endpoint = \"http://file\"", &[("OTEL_TRACES_EXPORTER", "none")]).unwrap().unwrap();
        assert_eq!(urls(&one), [None, Some("http://file/v1/metrics")]);
    }

    #[test]
    fn what_cannot_be_read_is_named_without_its_secret() {
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "hidden"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "0"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"),
        ] {
            let error = read("endpoint = \"http://file\"", &[(name, value)]).unwrap_err();
            assert!(error.starts_with(name) && !error.contains("hidden"), "{error}");
        }
        assert!(toml::from_str::<config::Telemetry>("sampling = 1.5").is_err());
    }
}
