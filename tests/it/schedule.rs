//! What happens by the clock: once, on whichever replica looks first, and late if it must.

use countersign::app::App;
use countersign::cli::serve;
use countersign::config::Config;
use countersign::jobs::Job;
use countersign::schedule::{self, Schedule, When};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgPool;
use tokio::task::JoinSet;

use crate::harness::Team;

/// Every five minutes, a job of its own for each occurrence.
const OFTEN: &[Schedule] = &[Schedule {
    name: "often",
    when: |_| Some(When { cron: "*/5 * * * *".to_owned(), zone: TimeZone::UTC }),
    job: |occurrence| Job::ShowHome { person: occurrence.at.to_string().as_str().into() },
    made_up_within: SignedDuration::from_mins(3),
}];

/// Which occurrences have a job, oldest first. The jobs themselves are not run.
async fn enqueued(db: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT payload->'job'->>'person' FROM graphile_worker._private_jobs ORDER BY id",
    )
    .fetch_all(db)
    .await
    .unwrap()
}

async fn next(db: &PgPool) -> Timestamp {
    let next: jiff_sqlx::Timestamp =
        sqlx::query_scalar("SELECT next_at FROM schedules WHERE name = 'often'")
            .fetch_one(db)
            .await
            .unwrap();
    next.to_jiff()
}

/// Turns the clock to a moment, or a millisecond after: that is how exactly it can be turned.
fn turn_to(app: &App, moment: Timestamp) {
    app.clock.turn(moment.duration_since(app.now()) + SignedDuration::from_millis(1));
}

async fn finish(team: Team) {
    sqlx::query("DELETE FROM graphile_worker._private_jobs").execute(team.db()).await.unwrap();
    sqlx::query("DELETE FROM schedules").execute(team.db()).await.unwrap();
    team.done().await;
}

#[tokio::test]
async fn an_occurrence_is_done_once_by_many_replicas() {
    let team = Team::start().await;
    schedule::tick_with(&team.app, OFTEN).await.unwrap();
    let first = next(team.db()).await;

    for step in 0..40 {
        turn_to(&team.app, first + SignedDuration::from_mins(5) * step);
        let mut tickers = JoinSet::new();
        for _ in 0..6 {
            let app = team.app.clone();
            tickers.spawn(async move { schedule::tick_with(&app, OFTEN).await.unwrap() });
        }
        // One that is stopped wherever it is, as a crash would.
        let crashing = tokio::spawn({
            let app = team.app.clone();
            async move { schedule::tick_with(&app, OFTEN).await }
        });
        tokio::task::yield_now().await;
        crashing.abort();
        tickers.join_all().await;
        let _ = crashing.await;
        // The server may still hold what the stopped one had locked.
        while next(team.db()).await <= team.app.now() {
            schedule::tick_with(&team.app, OFTEN).await.unwrap();
        }
    }

    let expected: Vec<String> =
        (0..40).map(|step| (first + SignedDuration::from_mins(5) * step).to_string()).collect();
    assert_eq!(enqueued(team.db()).await, expected);
    finish(team).await;
}

#[tokio::test]
async fn a_crash_before_the_commit_leaves_the_occurrence_to_the_next() {
    let team = Team::start().await;
    schedule::tick_with(&team.app, OFTEN).await.unwrap();
    let first = next(team.db()).await;
    turn_to(&team.app, first);

    // Another replica holds the row, has enqueued, and dies.
    let mut dying = team.db().begin().await.unwrap();
    sqlx::query("SELECT FROM schedules WHERE next_at <= $1 FOR UPDATE")
        .bind(jiff_sqlx::ToSqlx::to_sqlx(first))
        .execute(&mut *dying)
        .await
        .unwrap();
    schedule::tick_with(&team.app, OFTEN).await.unwrap();
    assert!(enqueued(team.db()).await.is_empty(), "it waits for nobody, and does nothing twice");
    dying.rollback().await.unwrap();

    schedule::tick_with(&team.app, OFTEN).await.unwrap();
    schedule::tick_with(&team.app, OFTEN).await.unwrap();
    assert_eq!(enqueued(team.db()).await, [first.to_string()]);
    finish(team).await;
}

#[tokio::test]
async fn of_what_was_missed_the_last_is_made_up_for_if_it_is_not_too_late() {
    let team = Team::start().await;
    schedule::tick_with(&team.app, OFTEN).await.unwrap();
    let first = next(team.db()).await;

    // Down for three occurrences, back two minutes after the last.
    let last = first + SignedDuration::from_mins(15);
    turn_to(&team.app, last + SignedDuration::from_mins(2));
    schedule::tick_with(&team.app, OFTEN).await.unwrap();
    assert_eq!(enqueued(team.db()).await, [last.to_string()]);
    assert_eq!(next(team.db()).await, last + SignedDuration::from_mins(5));

    // Down again, and back four minutes after: that is too late for it.
    turn_to(&team.app, last + SignedDuration::from_mins(14));
    schedule::tick_with(&team.app, OFTEN).await.unwrap();
    assert_eq!(enqueued(team.db()).await, [last.to_string()]);
    assert_eq!(next(team.db()).await, last + SignedDuration::from_mins(15));
    finish(team).await;
}

#[tokio::test]
async fn a_clock_that_goes_back_repeats_nothing() {
    let team = Team::start().await;
    schedule::tick_with(&team.app, OFTEN).await.unwrap();
    let first = next(team.db()).await;
    turn_to(&team.app, first + SignedDuration::from_secs(1));
    schedule::tick_with(&team.app, OFTEN).await.unwrap();

    turn_to(&team.app, first - SignedDuration::from_secs(30));
    schedule::tick_with(&team.app, OFTEN).await.unwrap();
    turn_to(&team.app, first + SignedDuration::from_secs(30));
    schedule::tick_with(&team.app, OFTEN).await.unwrap();

    assert_eq!(enqueued(team.db()).await, [first.to_string()]);
    finish(team).await;
}

#[tokio::test]
async fn a_changed_manifest_changes_the_schedule() {
    let team = Team::start().await;
    schedule::tick_with(&team.app, OFTEN).await.unwrap();
    let first = next(team.db()).await;

    let hourly = [Schedule {
        when: |_| Some(When { cron: "0 * * * *".to_owned(), zone: TimeZone::UTC }),
        ..OFTEN[0]
    }];
    schedule::tick_with(&team.app, &hourly).await.unwrap();
    let moved = next(team.db()).await;
    assert_eq!(moved.to_zoned(TimeZone::UTC).minute(), 0);
    assert!(moved >= first);

    let none = [Schedule { when: |_| None, ..OFTEN[0] }];
    schedule::tick_with(&team.app, &none).await.unwrap();
    let rows = "SELECT count(*) FROM schedules WHERE name = 'often'";
    assert_eq!(team.count(rows).await, 0);
    finish(team).await;
}

/// An app on the same database with another manifest, as a replica that was started with it.
pub async fn with_manifest(team: &Team, text: &str) -> App {
    with_manifest_on(team, text, team.app.db.clone()).await
}

/// The same with connections of its own.
pub async fn with_manifest_on(team: &Team, text: &str, pool: PgPool) -> App {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let config = Config { manifest: Some(file.path().into()), ..team.config.clone() };
    let (slack, clock) = (config.slack.clone().unwrap(), team.app.clock.clone());
    serve::assemble(&config, &slack, clock, pool).await.unwrap()
}
