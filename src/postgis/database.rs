//! The pool of connections.

use super::{DatabaseError, DatabaseUrl, RedactedUrl};
use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType,
    Timeouts,
};
use std::{sync::Arc, time::Duration};
use tokio_postgres::{Client, Config, Connection, NoTls, Socket, tls::NoTlsStream};

/// Exports of several layers at once gain nothing beyond this, and a server for a county shares its
/// database with the people who edit it.
const MOST_CONNECTIONS: usize = 4;
/// For a free connection of the pool: longer waits mean that something hangs.
const WAIT: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);
const SESSION: &str = include_str!("../../sql/query/session.sql");
/// A server that vanished without closing its connections is noticed after about a minute.
const SILENCE: Duration = Duration::from_secs(60);

/// The database of the plan. Cheap to clone; connects when it is first used.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    config: Arc<Config>,
    url: RedactedUrl,
}

impl Database {
    /// # Errors
    /// When called outside a Tokio runtime. An unreachable database is noticed later.
    pub fn new(url: &DatabaseUrl) -> Result<Self, DatabaseError> {
        let mut config = url.config();
        if config.get_application_name().is_none() {
            config.application_name("plantiles");
        }
        config.connect_timeout(CONNECT).keepalives_idle(SILENCE / 2).tcp_user_timeout(SILENCE);
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Verified };
        let pool = Pool::builder(Manager::from_config(config.clone(), NoTls, recycling))
            .max_size(MOST_CONNECTIONS)
            .timeouts(Timeouts { wait: Some(WAIT), create: Some(CONNECT * 2), recycle: Some(CONNECT) })
            .runtime(Runtime::Tokio1)
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(async move { client.batch_execute(SESSION).await.map_err(HookError::Backend) })
            }))
            .build()
            .map_err(DatabaseError::Pool)?;
        Ok(Self { pool, config: Arc::new(config), url: url.redacted() })
    }

    /// A connection, given back when it is dropped.
    pub async fn client(&self) -> Result<Object, DatabaseError> {
        let unreachable =
            |error| DatabaseError::Unreachable { url: self.url.clone(), source: Box::new(error) };
        self.pool.get().await.map_err(unreachable)
    }

    /// A connection beside the pool, for what lasts. It does nothing until it is polled.
    pub(super) async fn connect(&self) -> Result<(Client, Connection<Socket, NoTlsStream>), DatabaseError> {
        let connected = tokio::time::timeout(CONNECT * 2, self.config.connect(NoTls)).await;
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
