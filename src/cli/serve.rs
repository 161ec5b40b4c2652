//! `plantiles serve`

use super::{WrongUsage, store};
use crate::{
    access::tell_missing,
    audit::{Audit, Copyist},
    config::{self, Access, Config, Tls},
    follower::Follower,
    http::{self, App, Reception},
    publisher::Publisher,
    review::Rules,
    service::Service,
    sheet::Press,
    style::Sheets,
    telemetry::{self, Settings, Telemetry},
};
use anyhow::Context;
use clap::Args;
use std::{future::Future, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", env = "PLANTILES_LISTEN")]
    listen: Option<SocketAddr>,
    /// Certificate of the server and those behind it, PEM: connections are by TLS
    #[arg(long, value_name = "FILE", env = "PLANTILES_TLS_CERTIFICATE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Private key of the certificate, PEM
    #[arg(long, value_name = "FILE", env = "PLANTILES_TLS_KEY", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Show every layer to whoever reaches an address that is not this machine's own
    #[arg(long, env = "PLANTILES_OPEN", value_parser = clap::builder::FalseyValueParser::new())]
    open: bool,
}

impl ServeArgs {
    /// # Errors
    /// When others could reach the server and nobody has said what they may see.
    pub fn apply(self, config: &mut Config) -> Result<(), WrongUsage> {
        if let Some(listen) = self.listen {
            config.server.listen = listen;
        }
        if let (Some(certificate), Some(key)) = (self.tls_certificate, self.tls_key) {
            let hsts_seconds = config.server.tls.as_ref().map(|tls| tls.hsts_seconds);
            config.server.tls = Some(Tls::of(certificate, key, hsts_seconds));
        }
        config.server.open |= self.open;
        let config::Server { listen, open, .. } = config.server;
        let restricts = config.access.as_ref().is_some_and(Access::restricts);
        if listen.ip().to_canonical().is_loopback() || open || restricts {
            return Ok(());
        }
        Err(WrongUsage(format!(
            "{listen} can be reached by others: --open (`server.open`) lets them see every layer, `access.layer` in the \
             configuration says who sees which"
        )))
    }
}

/// Serves until SIGTERM or SIGINT.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    telemetry::init(config.log.format);
    let telemetry = telemetry(&config)?;
    let rules = Rules::load(config.review.rules.as_deref())?;
    let shutdown = shutdown_signal().context("cannot listen for signals")?;
    let store = store::open(&config)?;
    let bucket = store.bucket();
    let publisher = Publisher::new(&config, Arc::clone(&store))?;
    let (database, access) = (publisher.database().cloned(), config.access.as_ref());
    let service = Arc::new(Service::new(&config.tiles, store, database, Sheets::embedded()?, access)?);
    let audit = Audit::start(config.audit.as_ref(), service.metrics.audit.clone())?;
    let copyist = copyist(&config, &publisher, &audit)?;
    let publisher = publisher.recorded(audit.clone(), "server");
    let document = config.document()?;
    let press = Press::new().context("the font of sheets, styles/print, cannot be read")?;
    let tls = http::Tls::of(&config.server).context("server.tls")?.map(Arc::new);
    let address = config.server.listen;
    let scheme = config.server.scheme();
    let app = App::new(Arc::clone(&service), config.server, tls.clone(), document, rules, press)?;
    let app = app.audited(audit.clone());
    let reception = Arc::new(Reception::new(app, config.access.as_ref(), bucket)?);
    let listener = http::listen(address).with_context(|| format!("cannot listen on {address}"))?;
    tracing::info!("listening on {scheme}://{}", listener.local_addr()?);
    let poll = Duration::from_secs(config.database.poll_seconds.get());
    let looks = Duration::from_secs(config.store.poll_seconds.get().into());
    let mut publishing = tokio::spawn(Follower::new(publisher, Arc::clone(&service), poll, looks).follow());
    let mut background = reception.background();
    if config.tiles.warm_tiles > 0 {
        background.spawn(Arc::clone(&service).keep_warm());
    }
    if let Some(tls) = tls {
        background.spawn(tls.follow());
    }
    let measure = measure(&service);
    if let Some(telemetry) = &telemetry {
        telemetry.measure(measure.clone())?;
    }
    if let Some(access) = config.access {
        background.spawn(tell_missing(Arc::clone(&service), access));
    }
    if let Some(copyist) = copyist {
        background.spawn(copyist.follow());
    }
    let served = tokio::select! {
        served = http::serve(listener, reception, shutdown) => served.map_err(anyhow::Error::from),
        Ok(refused) = &mut publishing => Err(refused.into()),
    };
    // An export that is cut short leaves the last published state as it was.
    publishing.abort();
    if !publishing.is_finished() {
        // In the middle of a file it ends a moment later, and must not outlive the runtime.
        drop(publishing.await);
    }
    drop(background);
    service.write_heat();
    if let Err(error) = audit.finish().await {
        tracing::error!(%error, "audit records are lost");
    }
    if let Some(telemetry) = telemetry {
        telemetry.finish(measure()).await;
    }
    served?;
    tracing::info!("stopped");
    Ok(())
}

/// Traces and metrics for a collector, where one is named.
fn telemetry(config: &Config) -> anyhow::Result<Option<Telemetry>> {
    let settings = Settings::of(&config.telemetry, |name| std::env::var(name).ok()).context("telemetry")?;
    Ok(settings.map(Telemetry::start).transpose()?)
}

/// The metrics at any time.
fn measure(service: &Arc<Service>) -> impl Fn() -> String + Clone + Send + use<> {
    let service = Arc::clone(service);
    move || service.metrics_text()
}

/// Who copies audit records into a table, where the configuration says so.
fn copyist(config: &Config, publisher: &Publisher, audit: &Audit) -> anyhow::Result<Option<Copyist>> {
    let Some((config, table)) = config.audit.as_ref().and_then(|audit| Some((audit, audit.table.clone()?)))
    else {
        return Ok(None);
    };
    let database = publisher.database().context("audit.table: there is no database")?;
    Ok(Some(Copyist::new(config, table, database.clone(), audit.clone())))
}

fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: requests under way may finish");
    })
}
