//! `plantiles serve`

use crate::{
    config::{Config, Tls},
    follower::Follower,
    http::{self, App},
    publisher::Publisher,
    review::Rules,
    service::Service,
    sheet::Press,
    snapshot::Store,
    style::Sheets,
    telemetry,
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
}

impl ServeArgs {
    pub fn apply(self, config: &mut Config) {
        if let Some(listen) = self.listen {
            config.server.listen = listen;
        }
        if let (Some(certificate), Some(key)) = (self.tls_certificate, self.tls_key) {
            let hsts_seconds = config.server.tls.as_ref().map(|tls| tls.hsts_seconds);
            config.server.tls = Some(Tls::of(certificate, key, hsts_seconds));
        }
    }
}

/// Serves until SIGTERM or SIGINT.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    telemetry::init(config.log.format);
    let rules = Rules::load(config.review.rules.as_deref())?;
    let shutdown = shutdown_signal().context("cannot listen for signals")?;
    let store = Arc::new(Store::open(config.state_dir())?);
    let publisher = Publisher::new(&config, Arc::clone(&store))?;
    let service =
        Arc::new(Service::new(&config.tiles, store, publisher.database().cloned(), Sheets::embedded()?)?);
    let document = config.document()?;
    let press = Press::new().context("the font of sheets, styles/print, cannot be read")?;
    let tls = http::Tls::of(&config.server).context("server.tls")?.map(Arc::new);
    let address = config.server.listen;
    let listener = http::listen(address).with_context(|| format!("cannot listen on {address}"))?;
    tracing::info!("listening on {}://{}", config.server.scheme(), listener.local_addr()?);
    let poll = Duration::from_secs(config.database.poll_seconds.get());
    let mut publishing = tokio::spawn(Follower::new(publisher, Arc::clone(&service), poll).follow());
    let app = Arc::new(App::new(service, config.server, tls.clone(), document, rules, press)?);
    let making = tokio::spawn(Arc::clone(&app.containers).follow());
    let renewing = tls.map(|tls| tokio::spawn(tls.follow()));
    let served = tokio::select! {
        served = http::serve(listener, app, shutdown) => served.map_err(anyhow::Error::from),
        Ok(refused) = &mut publishing => Err(refused.into()),
    };
    // An export that is cut short leaves the last published state as it was.
    publishing.abort();
    making.abort();
    if let Some(renewing) = renewing {
        renewing.abort();
    }
    served?;
    tracing::info!("stopped");
    Ok(())
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
