//! The engine's way to the database, which it may not leave in disorder.
//!
//! When it stops, the engine aborts its tasks, also one that is just beginning a transaction. The
//! connection then goes back to the pool with the transaction open
//! (<https://github.com/transact-rs/sqlx/issues/4393>), and whoever gets it next works in a
//! transaction that nobody ends: its locks stay, its rows are lost. So a task that nobody aborts
//! begins the transaction, and ends it when it is not wanted any more.

use std::any::Any;

use graphile_worker::sqlx::SqlxDatabase;
use graphile_worker::{
    BoxFuture, Database, DatabaseDriver, DbError, DbExecutor, DbParams, DbRow, DbTransaction,
    NotificationStream,
};
use sqlx::PgPool;

/// The pool, as the engine uses it.
pub fn to(pool: &PgPool) -> Database {
    Database::new(Orderly(SqlxDatabase::new(pool.clone())))
}

#[derive(Debug)]
struct Orderly(SqlxDatabase);

impl DatabaseDriver for Orderly {
    fn as_any(&self) -> &dyn Any {
        self.0.as_any()
    }

    fn begin<'a>(&'a self) -> BoxFuture<'a, Result<DbTransaction, DbError>> {
        Box::pin(async move {
            let database = self.0.clone();
            let begun = tokio::spawn(async move { database.begin().await });
            begun.await.map_err(|error| DbError::new(error.to_string()))?
        })
    }

    fn listen<'a>(
        &'a self,
        channel: &'a str,
    ) -> BoxFuture<'a, Result<Option<NotificationStream>, DbError>> {
        self.0.listen(channel)
    }
}

impl DbExecutor for Orderly {
    fn execute<'a>(
        &'a self,
        sql: &'a str,
        params: DbParams,
    ) -> BoxFuture<'a, Result<u64, DbError>> {
        self.0.execute(sql, params)
    }

    fn fetch_all<'a>(
        &'a self,
        sql: &'a str,
        params: DbParams,
    ) -> BoxFuture<'a, Result<Vec<DbRow>, DbError>> {
        self.0.fetch_all(sql, params)
    }
}
