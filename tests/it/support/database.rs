//! A PostGIS database of its own for each test.

use plantiles::{
    bundle,
    plan::LayerId,
    postgis::{Database, LayerTable, Limits, layer_tables, migrate},
};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_postgres::{Client, NoTls};

/// An empty database, dropped with this value.
///
/// It is made on the server of `PLANTILES_TEST_DATABASE_URL`, a `postgresql://…/database` of a user who may
/// create databases and the extension postgis.
pub struct TestDatabase {
    server: String,
    name: String,
}

impl TestDatabase {
    /// # Panics
    /// Without the variable: a test that needs PostGIS fails where there is none, it is never skipped.
    pub async fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("PLANTILES_TEST_DATABASE_URL").expect(
            "this test needs PostGIS: set PLANTILES_TEST_DATABASE_URL to the URL of a database server \
             where databases may be created, or use tests/run, which starts one",
        );
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("plantiles_test_{}_{number}", std::process::id());
        // An earlier process with this id may have been killed.
        execute(&server, &format!("drop database if exists {name} with (force)")).await;
        execute(&server, &format!("create database {name}")).await;
        Self { server, name }
    }

    /// A database with the schema of this program and the described layers, without rows.
    pub async fn migrated() -> Self {
        let database = Self::new().await;
        migrate(&database.pool(), &bundle::layers().unwrap()).await.unwrap();
        database
    }

    pub fn url(&self) -> String {
        let (url, options) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let (server, _) = url.rsplit_once('/').expect("the test URL has a database");
        format!("{server}/{}?{options}", self.name)
    }

    pub fn pool(&self) -> Database {
        Database::new(&self.url().parse().unwrap(), Limits::default()).unwrap()
    }

    /// A connection beside the program's own.
    pub async fn client(&self) -> Client {
        connect(&self.url()).await
    }

    /// Runs statements as someone at `psql` would.
    pub async fn execute(&self, statements: &str) {
        execute(&self.url(), statements).await;
    }

    /// The message of the error that a statement must end in.
    pub async fn refusal(&self, statement: &str) -> String {
        let error = self.client().await.batch_execute(statement).await.expect_err(statement);
        error.as_db_error().expect("an error of the database").message().to_owned()
    }

    pub async fn count(&self, table: &str) -> i64 {
        let row = self.client().await.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap();
        row.get(0)
    }

    /// A layer as the database describes it.
    pub async fn layer_table(&self, id: &str) -> LayerTable {
        let client = self.pool().client().await.unwrap();
        let tables = layer_tables(&client).await.unwrap();
        let id = LayerId::new(id).unwrap();
        tables.into_iter().find(|table| table.layer.id == id).unwrap()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // The test's runtime is busy with this very drop.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(execute(&server, &format!("drop database if exists {name} with (force)")));
        });
        if dropped.join().is_err() && !std::thread::panicking() {
            panic!("the test database {} could not be dropped", self.name);
        }
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the test database answers");
    // Ends with an error when the database is dropped under it, which is no concern of the test.
    tokio::spawn(async move { drop(connection.await) });
    client
}

async fn execute(url: &str, statements: &str) {
    connect(url).await.batch_execute(statements).await.expect(statements);
}
