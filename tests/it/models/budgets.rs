//! Calls of agents: on record, within a budget.

use std::sync::Arc;
use std::time::Duration;

use countersign::agents::{self, Answered, Asking, Books, Day, Failure, Spent};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sqlx::Row;

use crate::fake_model::{Answer, FakeModel, INPUT_TOKENS, OUTPUT_TOKENS};
use crate::harness::Team;

const TOKENS: u64 = INPUT_TOKENS + OUTPUT_TOKENS;

fn word(word: &str) -> Answer {
    Answer::Json(json!({ "word": word }))
}

async fn ask(team: &Team, subject: &str) -> Result<Answered, Failure> {
    let app = &team.app;
    let agent = app.manifest.agent("research").unwrap();
    let books = Books {
        db: &app.db,
        clock: &app.clock,
        workspace: app.workspace.id,
        zone: &app.manifest.zone,
    };
    let asking = Asking {
        agent,
        subject,
        prompt: app.prompts.get("doctor.probe").unwrap(),
        inputs: &json!({ "word": "loom" }),
        schema: &json!({ "type": "object", "properties": { "word": { "type": "string" } } }),
    };
    let model = app.models.of(agent).unwrap();
    agents::ask(&books, model, &asking, |_| {}).await.unwrap()
}

async fn spent(team: &Team) -> Spent {
    let app = &team.app;
    let day = Day::of(app.now(), &app.manifest.zone).unwrap();
    agents::spent(&app.db, app.workspace.id, "research", &day).await.unwrap()
}

/// What stands in the record, a call a line.
async fn record(team: &Team) -> Vec<String> {
    let rows = sqlx::query(
        "SELECT concat_ws(' ', agent, subject, model, coalesce(provider_model, '-'), prompt, prompt_version,
                          coalesce(input_tokens::text, '-'), coalesce(output_tokens::text, '-'),
                          coalesce(trim_scale(cost)::text, '-'), coalesce(outcome, 'under way'))
         FROM model_calls ORDER BY id",
    )
    .fetch_all(team.db())
    .await
    .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Until nothing of the record is under way: a call that is given up is recorded a moment later.
async fn ended(team: &Team) {
    let open = "SELECT count(*) FROM model_calls WHERE outcome IS NULL";
    for _ in 0..500 {
        if team.count(open).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("a call stays under way: {:?}", record(team).await);
}

#[tokio::test]
async fn a_call_is_on_record_with_what_it_used_and_cost() {
    let fake = FakeModel::start().await;
    let team = Team::start_with_model(&fake, "").await;
    // As the prompt asked for it.
    fake.answer(Answer::Made(Arc::new(|asked| {
        let asked = asked["messages"][0]["content"].as_str().unwrap();
        json!({ "word": asked.split_whitespace().nth(4).unwrap().trim_end_matches(',') })
    })));

    let answered = ask(&team, "run:1").await.unwrap();
    assert_eq!(answered.json, json!({ "word": "loom" }));
    assert_eq!(answered.model, "fake-1-20261122");
    assert_eq!(answered.prompt, "doctor.probe@1");
    assert_eq!(answered.cost.as_ref().unwrap().to_string(), "0.00081 USD");
    assert_eq!((answered.prompt_hash.len(), answered.rendered_hash.len()), (12, 12));
    assert_eq!(
        record(&team).await,
        ["research run:1 fake fake-1-20261122 doctor.probe 1 120 30 0.00081 answered"]
    );
    let limit = &fake.asked()[0].body["max_tokens"];
    assert_eq!(limit, &json!(300), "the prompt's, which is shorter than the model's");
    team.done().await;
}

#[tokio::test]
async fn failures_are_on_record_too() {
    let fake = FakeModel::start().await;
    let team = Team::start_with_model(&fake, "").await;
    fake.answer(Answer::Status(401, None, "authentication_error", ""));
    fake.answer(Answer::Text("no JSON"));
    fake.answer(Answer::Ends("{"));
    for subject in ["run:1", "run:2", "run:3"] {
        ask(&team, subject).await.unwrap_err();
    }
    assert_eq!(
        record(&team).await,
        [
            "research run:1 fake - doctor.probe 1 - - - key_refused",
            "research run:2 fake - doctor.probe 1 120 30 0.00081 not_as_asked",
            "research run:3 fake - doctor.probe 1 120 1 0.000375 cut_off",
        ]
    );
    let spent = spent(&team).await;
    assert_eq!((spent.calls, spent.answered), (3, 0));
    assert_eq!((spent.input_tokens, spent.output_tokens), (240, 31));
    assert_eq!(spent.costs[0].to_string(), "0.001185 USD");
    team.done().await;
}

#[tokio::test]
async fn tokens_end_with_the_budget_and_come_back_with_the_day() {
    let fake = FakeModel::start().await;
    let budget = format!("budget = {{ tokens = {} }}", TOKENS + 1);
    let team = Team::start_with_model(&fake, &budget).await;
    fake.answer(word("one"));
    fake.answer(word("two"));
    ask(&team, "run:1").await.unwrap();
    ask(&team, "run:2").await.unwrap();

    let refused = ask(&team, "run:3").await.unwrap_err();
    let said = refused.to_string();
    assert!(
        said.starts_with(
            "Today's budget of the agent research is used up: 300 of 151 tokens. It begins anew on "
        ),
        "{said}"
    );
    assert!(said.ends_with("at 00:00 (Europe/Berlin)."), "{said}");
    assert!(refused.may_pass());
    assert_eq!(fake.asked().len(), 2, "it was not asked");

    team.wait(SignedDuration::from_hours(24)).await;
    fake.answer(word("three"));
    ask(&team, "run:3").await.unwrap();
    assert_eq!(spent(&team).await.calls, 1);
    team.done().await;
}

#[tokio::test]
async fn a_run_counts_once_however_often_it_asks() {
    let fake = FakeModel::start().await;
    let team = Team::start_with_model(&fake, "budget = { runs = 2 }").await;
    for subject in ["run:1", "run:1", "run:2", "run:1"] {
        fake.answer(word("again"));
        ask(&team, subject).await.unwrap();
    }
    let said = ask(&team, "run:3").await.unwrap_err().to_string();
    assert!(said.contains("is used up: 2 of 2 runs."), "{said}");
    team.done().await;
}

#[tokio::test]
async fn calls_at_the_same_time_do_not_share_what_is_left() {
    let fake = FakeModel::start().await;
    // Each may use 300 and what its prompt has, so the first one that is under way fills it.
    let team = Team::start_with_model(&fake, "budget = { tokens = 300 }").await;
    (0..8).for_each(|_| fake.answer(Answer::Stalls("")));
    let subjects: Vec<String> = (0..8).map(|n| format!("run:{n}")).collect();
    let asking = subjects.iter().map(|subject| {
        let asking = ask(&team, subject);
        async { tokio::time::timeout(Duration::from_millis(700), asking).await }
    });
    let outcomes = futures_util::future::join_all(asking).await;
    let refused = outcomes
        .iter()
        .flatten()
        .filter(|answer| matches!(answer, Err(Failure::BudgetUsedUp { .. })));
    assert_eq!(refused.count(), 7, "one is under way, the others are not begun");
    assert_eq!(fake.asked().len(), 1);
    ended(&team).await;
    team.done().await;
}

#[tokio::test]
async fn a_call_that_is_given_up_counts_and_says_so() {
    let fake = FakeModel::start().await;
    let team = Team::start_with_model(&fake, "budget = { tokens = 10_000 }").await;
    fake.answer(Answer::Stalls("{\"wo"));
    tokio::select! {
        _ = ask(&team, "run:1") => panic!("it stalls"),
        () = fake.reached() => {}
    }
    fake.left().await;
    ended(&team).await;
    let recorded = record(&team).await;
    assert!(recorded[0].ends_with("given_up"), "{recorded:?}");
    team.done().await;
}

#[tokio::test]
async fn without_a_model_there_is_none() {
    let team = Team::start().await;
    let agent = team.app.manifest.agent("research").unwrap();
    assert!(team.app.models.of(agent).is_none());
    team.done().await;
}

#[tokio::test]
async fn the_record_holds_no_text() {
    let fake = FakeModel::start().await;
    let team = Team::start_with_model(&fake, "").await;
    fake.answer(word("hidden-word"));
    ask(&team, "run:1").await.unwrap();
    let rows: Vec<Value> = sqlx::query_scalar("SELECT to_jsonb(c) FROM model_calls c")
        .fetch_all(team.db())
        .await
        .unwrap();
    let text = serde_json::to_string(&rows).unwrap();
    assert!(!text.contains("hidden-word") && !text.contains("loom"), "{text}");
    team.done().await;
}
