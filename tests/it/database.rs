//! The database, as the processes that use it see it: opened, migrated, checked.

use std::time::Duration;

use countersign::clock::Clock;
use countersign::database::{self, Migrations, SERVICE_ROLE, Settings};
use jiff::SignedDuration;
use sqlx::{Connection, PgConnection};

use crate::harness::cluster::{self, OwnServer};

async fn say(url: &str, sql: &'static str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
}

#[tokio::test]
async fn replicas_that_migrate_at_once_take_turns() {
    let server = OwnServer::empty().await;
    let settings = Settings::new(server.url());

    let (a, b, c) = tokio::join!(
        database::migrate(&settings),
        database::migrate(&settings),
        database::migrate(&settings),
    );
    a.and(b).and(c).unwrap();

    let facts = database::check(&settings, &Clock::default()).await.unwrap();
    assert!(matches!(facts.migrations, Migrations::Current { .. }), "{facts:?}");
}

#[tokio::test]
async fn a_database_that_a_newer_version_migrated_is_left_alone() {
    let database = cluster::database().await;
    say(
        &database.url,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', true, '', 0)",
    )
    .await;

    let error = database::migrate(&database.settings()).await.unwrap_err().to_string();
    assert!(error.contains("newer version of countersign, with a migration 9999"), "{error}");

    let facts = database::check(&database.settings(), &Clock::default()).await.unwrap();
    assert_eq!(facts.migrations, Migrations::Newer { version: 9999 });
    assert_eq!(facts.problems()[0].remedy, "Run that version of countersign, or a later one.");
}

#[tokio::test]
async fn a_migration_that_was_changed_is_noticed() {
    let database = cluster::database().await;
    sqlx::query("UPDATE _sqlx_migrations SET checksum = 'other' WHERE version = 1")
        .execute(&database.pool().await)
        .await
        .unwrap();

    let error = database::migrate(&database.settings()).await.unwrap_err().to_string();
    assert!(error.contains("migration 1 was changed"), "{error}");
}

#[tokio::test]
async fn the_pool_acts_as_the_service_role() {
    let server = OwnServer::empty().await;
    let settings = Settings::new(server.url());
    say(server.url(), "CREATE ROLE countersign_service NOLOGIN").await;

    let pool = database::connect(&settings).await.unwrap();
    let role: String =
        sqlx::query_scalar("SELECT current_user::text").fetch_one(&pool).await.unwrap();
    assert_eq!(role, SERVICE_ROLE);
}

#[tokio::test]
async fn the_facts_tell_what_is_wrong() {
    let database = cluster::database().await;
    let clock = Clock::default();

    let facts = database::check(&database.settings(), &clock).await.unwrap();
    assert!(facts.version_number >= database::OLDEST_VERSION);
    assert_eq!(facts.encoding, "UTF8");
    assert!(facts.clock_skew.abs() < SignedDuration::from_secs(1), "{facts:?}");
    assert!(!facts.place.contains(':') || !facts.place.contains('@'), "no password in {facts:?}");

    clock.turn(SignedDuration::from_mins(10));
    let facts = database::check(&database.settings(), &clock).await.unwrap();
    let problems = facts.problems();
    let remedy = "Let both machines keep their time by NTP.";
    assert!(problems.iter().any(|problem| problem.remedy == remedy), "{problems:?}");
}

#[tokio::test]
async fn a_server_that_comes_up_late_is_waited_for() {
    let mut server = OwnServer::start().await;
    let settings = Settings::new(server.url());
    server.down().await;

    let (pool, ()) = tokio::join!(database::connect(&settings), server.up());
    sqlx::query("SELECT FROM workspaces").execute(&pool.unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_pool_survives_a_crash_of_the_server() {
    let server = OwnServer::start().await;
    let settings = Settings::new(server.url());
    let pool = database::connect(&settings).await.unwrap();
    sqlx::query("INSERT INTO workspaces (slack_id, name, created_at) VALUES ('T1', 'Acme', now())")
        .execute(&pool)
        .await
        .unwrap();

    server.crash();
    // Until the server has recovered, requests fail; this waits for it as a restarted replica would.
    database::connect(&settings).await.unwrap();
    let mut failures = 0;
    let count: i64 = loop {
        match sqlx::query_scalar("SELECT count(*) FROM workspaces").fetch_one(&pool).await {
            Ok(count) => break count,
            // Each connection of before fails once.
            Err(_) => failures += 1,
        }
        assert!(failures <= settings.max_connections, "the pool does not recover");
    };
    assert_eq!(count, 1);
}

#[tokio::test]
async fn errors_say_the_remedy_and_never_the_password() {
    async fn check(url: &str, expected: &str) {
        let settings = Settings { patience: Duration::from_millis(100), ..Settings::new(url) };
        let error = database::connect(&settings).await.unwrap_err();
        let error = format!("{error:#}");
        assert!(error.starts_with(expected), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }

    let database = cluster::database().await;
    let (_, address) = database.url.split_once('@').unwrap();
    let (server, _) = address.split_once('/').unwrap();
    check(
        &format!("postgres://countersign:s3cret@{address}"),
        &format!("Postgres at {server}, database {} does not let countersign in", database.name),
    )
    .await;
    check(
        "postgres://someone:s3cret@127.0.0.1:1/db",
        "Postgres at 127.0.0.1:1, database db does not answer; is it running, and is DATABASE_URL right?",
    )
    .await;
    check("postgres://someone:s3cret@127.0.0.1:port/db", "DATABASE_URL is not one of Postgres")
        .await;
    check("mysql://someone:s3cret@127.0.0.1/db", "DATABASE_URL is not one of Postgres").await;
    check(
        &database.url.replace(&database.name, "no_such_database"),
        &format!("there is no such database at {server}, database no_such_database"),
    )
    .await;
}
