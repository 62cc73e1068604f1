//! Documents come in, whole or not at all, and are found by those who may see them.

mod bad_input;
mod importing;
mod searching;
mod sent;
mod singer;
mod singer_numbers;
mod sources;

use countersign::audit::Actor;
use countersign::clock::Clock;
use countersign::evidence::{self, DocumentFile, Input, Question, Rights, SourceSpec, Summary};
use countersign::ids::WorkspaceId;
use sqlx::PgPool;

use crate::harness::cluster::{self, TestDatabase};

/// A workspace with nothing in it.
struct Desk {
    db: PgPool,
    clock: Clock,
    workspace: WorkspaceId,
    _database: TestDatabase,
}

impl Desk {
    async fn new() -> Self {
        let database = cluster::database().await;
        let db = database.pool().await;
        let workspace = workspace(&db, "T1").await;
        Self { db, clock: Clock::default(), workspace, _database: database }
    }

    async fn imports(&self, name: &str, bytes: impl Into<Vec<u8>>) -> Summary {
        self.tries(name, bytes).await.unwrap()
    }

    async fn tries(
        &self,
        name: &str,
        bytes: impl Into<Vec<u8>>,
    ) -> Result<Summary, countersign::error::Error> {
        let bytes = bytes.into().into();
        let file = Input::Bytes { name: name.to_owned(), bytes }.into();
        self.brings(&SourceSpec::named("reviews"), &file).await
    }

    async fn brings(
        &self,
        spec: &SourceSpec,
        file: &DocumentFile,
    ) -> Result<Summary, countersign::error::Error> {
        let (db, clock) = (&self.db, &self.clock);
        evidence::ingest_documents(db, clock, self.workspace, &Actor::Bot, spec, file, |_| {}).await
    }

    async fn finds(&self, question: &str) -> String {
        self.finds_as(&Rights::of_operator(), question).await
    }

    async fn finds_as(&self, rights: &Rights, question: &str) -> String {
        found(&self.db, self.workspace, rights, question).await
    }
}

async fn workspace(db: &PgPool, slack_id: &str) -> WorkspaceId {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO workspaces (slack_id, name, created_at) VALUES ($1, $1, now()) RETURNING id",
    )
    .bind(slack_id)
    .fetch_one(db)
    .await
    .unwrap();
    WorkspaceId(id)
}

async fn found(db: &PgPool, workspace: WorkspaceId, rights: &Rights, question: &str) -> String {
    let searched =
        evidence::search(db, workspace, rights, Question::new(question, 10)).await.unwrap();
    let mut ids: Vec<&str> = searched.hits.iter().map(|it| it.external_id.as_str()).collect();
    ids.sort_unstable();
    ids.join(" ")
}

fn counts(it: &Summary) -> String {
    format!(
        "{} new, {} changed, {} unchanged, {} refused",
        it.new, it.changed, it.unchanged, it.refused
    )
}

fn refusals(it: &Summary) -> String {
    let lines = it.refusals.iter().map(|it| format!("{}: {}", it.line, it.reason));
    lines.collect::<Vec<_>>().join("\n")
}
