//! The private Postgres, as the processes that use it see it.

use std::path::Path;

use countersign::database::embedded::{self, Embedded, Options};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

fn options(data: &Path) -> Options {
    Options { data: data.to_owned(), ..Options::default() }
}

async fn start(data: &Path) -> Embedded {
    embedded::start_or_join(&options(data)).await.unwrap()
}

async fn say(url: &str, sql: &'static str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
}

async fn ask(url: &str, sql: &'static str) -> sqlx::Result<String> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query_scalar(sql).fetch_one(&mut connection).await
}

#[tokio::test]
async fn what_was_written_is_there_after_a_stop() {
    let data = TempDir::new().unwrap();
    let server = start(data.path()).await;
    assert!(!server.joined());
    say(server.url(), "CREATE TABLE kept AS SELECT 'yes' AS answer").await;
    let url = server.url().to_owned();
    server.stop().await;
    assert!(PgConnection::connect(&url).await.is_err(), "stopped is stopped");

    let server = start(data.path()).await;
    assert_eq!(server.url(), url, "the address stays");
    assert_eq!(ask(server.url(), "SELECT answer FROM kept").await.unwrap(), "yes");
    assert_eq!(ask(server.url(), "SHOW fsync").await.unwrap(), "on");
    server.stop().await;
}
