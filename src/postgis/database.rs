//! The pool of connections.

use super::{DatabaseError, DatabaseUrl, RedactedUrl, template::fill};
use crate::{config, telemetry::Span};
use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType,
    Timeouts,
};
use std::{future::Future, pin::pin, sync::Arc, time::Duration};
use tokio_postgres::{Client, Config, Connection, NoTls, Socket, tls::NoTlsStream};

/// Exports of several layers at once gain nothing beyond this, and a server for a county shares its
/// database with the people who edit it.
const MOST_CONNECTIONS: usize = 4;
/// For a connection to be made, to each host that the URL names, and for the server to take it.
const CONNECT: Duration = Duration::from_secs(3);
const WELCOME: Duration = Duration::from_secs(5);
/// For a connection to show that it is still good.
const VERIFY: Duration = Duration::from_secs(2);
const SESSION: &str = include_str!("../../sql/query/session.sql");
/// A server that vanished without closing its connections is noticed after so long, or a little more.
const SILENCE: Duration = Duration::from_secs(10);

/// Time past a limit that the database itself keeps: whoever is silent for longer has stopped, or is cut off.
const GRACE: Duration = Duration::from_secs(5);

/// How long the database may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For statements on metadata.
    statement: Duration,
    /// For the export of one layer.
    export: Duration,
    /// For a lock that somebody else holds.
    lock: Duration,
    /// For a free connection of the pool: longer waits mean that something hangs.
    wait: Duration,
}

impl From<&config::Database> for Limits {
    fn from(config: &config::Database) -> Self {
        Self {
            statement: Duration::from_secs(config.statement_seconds.get().into()),
            export: Duration::from_secs(config.export_seconds.get().into()),
            lock: Duration::from_secs(config.lock_seconds.get().into()),
            wait: Duration::from_secs(config.wait_seconds.get().into()),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        (&config::Database::default()).into()
    }
}

impl Limits {
    pub(super) fn session(&self) -> String {
        let [statement, export, lock] =
            [self.statement, self.export, self.lock].map(|limit| limit.as_millis().to_string());
        fill(SESSION, &[("statement", &statement), ("export", &export), ("lock", &lock)])
    }

    /// What the database answers to statements on metadata.
    ///
    /// # Errors
    /// [`DatabaseError::Silent`] when that takes longer than the database should let it.
    pub async fn statements<T>(&self, answer: impl Future<Output = T>) -> Result<T, DatabaseError> {
        within("postgresql statements", self.statement, answer).await
    }

    /// The same of the export of one layer.
    pub async fn export<T>(&self, answer: impl Future<Output = T>) -> Result<T, DatabaseError> {
        within("postgresql export", self.export, answer).await
    }
}

/// How long a connection may take: hosts are tried one after the other, until one is as the URL wants it.
fn connecting(config: &Config) -> Duration {
    let hosts = config.get_hosts().len().max(config.get_hostaddrs().len());
    WELCOME + CONNECT * u32::try_from(hosts).unwrap_or(1)
}

/// `name` is that of its span.
async fn within<T>(
    name: &'static str,
    limit: Duration,
    answer: impl Future<Output = T>,
) -> Result<T, DatabaseError> {
    let span = Span::call(name);
    span.note("db.system.name", || "postgresql");
    let silent = |_| DatabaseError::Silent { seconds: (limit + GRACE).as_secs() };
    let answered = span.during(pin!(tokio::time::timeout(limit + GRACE, answer))).await;
    answered.inspect_err(|_| span.fail()).map_err(silent)
}

/// The database of the plan. Cheap to clone; connects when it is first used.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    config: Arc<Config>,
    url: RedactedUrl,
    limits: Limits,
}

impl Database {
    /// # Errors
    /// When called outside a Tokio runtime. An unreachable database is noticed later.
    pub fn new(url: &DatabaseUrl, limits: Limits) -> Result<Self, DatabaseError> {
        let mut config = url.config();
        if config.get_application_name().is_none() {
            config.application_name("plantiles");
        }
        config.connect_timeout(CONNECT).keepalives_idle(SILENCE / 2).tcp_user_timeout(SILENCE);
        let connect = connecting(&config);
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Verified };
        let pool = Pool::builder(Manager::from_config(config.clone(), NoTls, recycling))
            .max_size(MOST_CONNECTIONS)
            .timeouts(Timeouts { wait: Some(limits.wait), create: Some(connect), recycle: Some(VERIFY) })
            .runtime(Runtime::Tokio1)
            .post_create(Hook::async_fn(move |client, _| {
                let session = limits.session();
                Box::pin(async move { client.batch_execute(&session).await.map_err(HookError::Backend) })
            }))
            .build()
            .map_err(DatabaseError::Pool)?;
        Ok(Self { pool, config: Arc::new(config), url: url.redacted(), limits })
    }

    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// A connection, given back when it is dropped.
    pub async fn client(&self) -> Result<Object, DatabaseError> {
        let unreachable =
            |error| DatabaseError::Unreachable { url: self.url.clone(), source: Box::new(error) };
        self.pool.get().await.map_err(unreachable)
    }

    /// A connection beside the pool, for what lasts. It does nothing until it is polled.
    pub(super) async fn connect(&self) -> Result<(Client, Connection<Socket, NoTlsStream>), DatabaseError> {
        let connected = tokio::time::timeout(connecting(&self.config), self.config.connect(NoTls)).await;
        let unreachable =
            |error| DatabaseError::Unreachable { url: self.url.clone(), source: Box::new(error) };
        match connected {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(unreachable(PoolError::Backend(error))),
            Err(_) => Err(unreachable(PoolError::Timeout(TimeoutType::Create))),
        }
    }

    /// Numbers of connections for the metrics.
    pub fn status(&self) -> deadpool_postgres::Status {
        self.pool.status()
    }
}
