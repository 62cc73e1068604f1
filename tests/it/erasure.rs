//! A person's texts can be erased, and the trail still verifies.

use clap::Parser;
use countersign::audit;
use countersign::cli;
use countersign::ids::{EntryId, PersonId};
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::Team;

const REVIEWS: &str = "id,date,text
R-1,2026-03-02,The sound is tinny and the bass is missing.
R-3,2026-04-11,Sound quality is poor at high volume. It crackles and distorts.
";

const REASON: &str = "Quokka numbers are not a pattern.";

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    audit: cli::audit::Audit,
}

impl Team {
    async fn countersign_audit(&self, arguments: &[&str]) -> String {
        let audit = Cli::try_parse_from(["audit"].iter().chain(arguments)).unwrap().audit;
        let mut out = Vec::new();
        let (db, keys) = (self.app.db.clone(), self.app.signer.keys());
        cli::audit::run(audit, async || Ok(db), keys, &mut out).await.unwrap();
        String::from_utf8(out).unwrap()
    }

    /// In which columns of which tables a text stands, whatever their type.
    pub async fn places_with(&self, text: &str) -> Vec<String> {
        let url = self.config.database.url.as_ref().unwrap().reveal();
        let db = sqlx::PgPool::connect(url).await.unwrap();
        let columns: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT c.table_schema::text, c.table_name::text, c.column_name::text
             FROM information_schema.columns c
             JOIN information_schema.tables t USING (table_schema, table_name)
             WHERE t.table_type = 'BASE TABLE'
               AND c.table_schema IN ('public', 'audit', 'graphile_worker')",
        )
        .fetch_all(&db)
        .await
        .unwrap();
        assert!(columns.len() > 50);
        let mut found = Vec::new();
        for (schema, table, column) in columns {
            let sql = format!(
                r#"SELECT count(*) FROM {schema}.{table}
                   WHERE position($1 IN {column}::text) > 0
                      OR position(encode(convert_to($1, 'UTF8'), 'hex') IN {column}::text) > 0"#
            );
            let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                .bind(text)
                .fetch_one(&db)
                .await
                .unwrap();
            if rows > 0 {
                found.push(format!("{schema}.{table}.{column}"));
            }
        }
        found.sort();
        found
    }

    async fn raj_rejects_with_a_reason(&self) {
        self.has_documents("reviews", REVIEWS).await;
        let question = "/research what do people dislike about the sound?";
        self.member("maya").types("#research", question).await;
        self.member("maya").types("#research", "/research is there a zebrafinch xylem?").await;
        self.settle().await;
        let raj = self.member("raj");
        raj.clicks("#research", "Reject").await;
        raj.fills(json!({"What is wrong with it?": "Not accurate", "Why is it rejected?": REASON}))
            .await;
        self.settle().await;
    }
}

#[tokio::test]
async fn a_persons_texts_are_erased_and_the_trail_verifies() {
    let team = Team::start().await;
    team.raj_rejects_with_a_reason().await;
    let kept = team.countersign_audit(&["checkpoint"]).await;
    let mut db = team.db().acquire().await.unwrap();
    let entries = audit::trail(&mut db, team.app.workspace.id).await.unwrap();
    let rejected = entries.iter().find(|entry| entry.act == "finding.rejected").unwrap().id;
    let keys = team.app.signer.keys();
    let proof = audit::prove(&mut db, EntryId(rejected.0), keys).await.unwrap();
    drop(db);
    let before = team.places_with("Quokka").await;
    assert_eq!(before, ["audit.texts.text", "public.decisions.comment"]);
    assert!(team.channel("#research").contains("Quokka"));

    let raj = ["erase", "--person", "U0RAJ00000", "--reason", "He asked for it."];
    assert_snapshot!(team.countersign_audit(&raj).await, @"
    This would erase what U0RAJ00000 wrote: 1 texts beside the audit trail with their salts, 1 comments of decisions and disputes, 0 questions and 0 titles of reviews.
    Messages in Slack itself, documents that were brought in, and Slack's ids stay.
    Nothing was erased. Add --yes to do it; it cannot be undone.
    ");
    assert_eq!(team.places_with("Quokka").await, before);

    assert_snapshot!(team.countersign_audit(&[&raj[..], &["--yes"]].concat()).await, @"
    Erased what U0RAJ00000 wrote: 1 texts beside the audit trail with their salts, 1 comments of decisions and disputes, 0 questions and 0 titles of reviews. The cards are drawn anew, and the trail verifies as before.
    Messages in Slack itself, documents that were brought in, and Slack's ids stay.
    ");
    team.settle().await;

    assert_eq!(team.places_with("Quokka").await, Vec::<String>::new());
    let channel = team.channel("#research");
    assert!(!channel.contains("Quokka") && channel.contains("Not accurate: (erased)"), "{channel}");
    let told = team.member("dana").types("#research", "/countersign audit 1").await;
    assert!(told.contains("saying: (erased)") && !told.contains("Quokka"), "{told}");
    let exported = team.countersign_audit(&["export", "--format", "csv"]).await;
    assert!(!exported.contains("Quokka") && exported.contains("person.erased"), "{exported}");

    audit::verify_proof(&proof, keys).unwrap();
    let report = audit::verify(team.db(), Some(&kept), keys, |_, _| {}).await.unwrap();
    assert_eq!(report.findings, []);
    assert!(team.countersign_audit(&raj).await.contains("1 texts beside"), "the reason itself");
    team.done().await;
}

#[tokio::test]
async fn questions_go_except_where_they_were_decided_on() {
    let team = Team::start().await;
    team.raj_rejects_with_a_reason().await;
    assert!(team.channel("#research").contains("zebrafinch"));
    let maya = ["erase", "--person", "U0MAYA0000", "--reason", "She left.", "--yes", "--json"];
    let told: serde_json::Value =
        serde_json::from_str(&team.countersign_audit(&maya).await).unwrap();
    assert_eq!(
        told["erased"],
        json!({"texts": 2, "comments": 0, "questions": 2, "titles": 1, "kept_contents": 1})
    );
    team.settle().await;

    assert_eq!(team.places_with("zebrafinch").await, Vec::<String>::new());
    assert!(!team.channel("#research").contains("zebrafinch"), "{}", team.channel("#research"));
    // What Raj decided on, word for word.
    assert_eq!(
        team.places_with("what do people dislike").await,
        ["public.revisions.content", "public.revisions.text"]
    );
    team.done().await;
}

#[tokio::test]
async fn a_question_that_is_erased_is_not_researched() {
    let team = Team::start().await;
    team.has_documents("reviews", REVIEWS).await;
    team.member("maya").types("#research", "/research what about the sound?").await;
    let by = audit::Actor::CommandLine("lena".to_owned());
    let (workspace, now) = (team.app.workspace.id, team.app.now());
    let maya = PersonId::from("U0MAYA0000");
    countersign::erasure::erase(team.db(), workspace, &maya, "She left.", by, now).await.unwrap();
    team.settle().await;

    let channel = team.channel("#research");
    assert!(channel.contains("The question was erased before it was answered."), "{channel}");
    assert!(
        !channel.contains("[Approve]") && !channel.contains("what about the sound"),
        "{channel}"
    );
    assert_eq!(team.places_with("what about the sound").await, Vec::<String>::new());
    team.done().await;
}

#[tokio::test]
async fn a_comment_is_there_or_was_erased() {
    let team = Team::start().await;
    team.raj_rejects_with_a_reason().await;
    for sql in [
        "UPDATE decisions SET comment = NULL",
        "UPDATE decisions SET comment_erased_at = now()",
        "UPDATE runs SET question = NULL",
        "UPDATE runs SET question_erased_at = now()",
    ] {
        assert!(sqlx::query(sql).execute(team.db()).await.is_err(), "{sql}");
    }
    team.done().await;
}
