//! One message for each subject and place, whatever happens between here and Slack.

use std::sync::Arc;

use countersign::clock::Clock;
use countersign::error::{Error, Result};
use countersign::ids::{MessageTs, WorkspaceId};
use countersign::slack::{
    Busy, Card, Kind, Place, Post, Slack, SlackError, places, remove, show, show_card, subject_of,
};
use serde_json::json;
use sqlx::PgPool;

use crate::fake_slack::{FakeSlack, Fault};
use crate::harness::cluster::{self, TestDatabase};

const SUBJECT: &str = "review:12";

/// A workspace of its own in the database, and a Slack of its own.
#[derive(Clone)]
struct Stage {
    pool: PgPool,
    database: Arc<TestDatabase>,
    fake: FakeSlack,
    slack: Slack,
    clock: Clock,
    workspace: WorkspaceId,
    place: Place,
}

impl Stage {
    async fn set() -> Self {
        let database = Arc::new(cluster::database().await);
        let pool = database.pool().await;
        let fake = FakeSlack::start().await;
        let name = format!("T{}", rand::random::<u64>());
        let id = sqlx::query_scalar::<_, i64>(
            "INSERT INTO workspaces (slack_id, name, created_at) VALUES ($1, 'Market', now())
             RETURNING id",
        )
        .bind(name)
        .fetch_one(&pool)
        .await
        .unwrap();
        Self {
            pool,
            database: database,
            slack: fake.client(),
            fake,
            clock: Clock::default(),
            workspace: WorkspaceId(id),
            place: Place::channel("C0CAMPAIGN".into()),
        }
    }

    async fn in_thread() -> Self {
        let stage = Self::set().await;
        stage.fake.say("C0CAMPAIGN", json!({"text": "why?"}));
        let root = stage.fake.messages()[0]["ts"].as_str().unwrap().into();
        Self { place: Place { thread: Some(root), ..stage.place.clone() }, ..stage }
    }

    async fn show(&self, text: &str) -> Result<MessageTs> {
        let post = Post::sentence(text);
        let Self { pool, slack, clock, workspace, place, .. } = self;
        show(pool, slack, clock, *workspace, SUBJECT, place, &post).await
    }

    /// Shows until the fake holds the request, and dies there.
    async fn crash_while_showing(&self, text: &'static str) {
        let stage = self.clone();
        let task = tokio::spawn(async move { stage.show(text).await });
        self.fake.reached().await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        self.fake.release();
        // The lock goes back with its connection, of which nobody tells us when that has happened.
        self.pool.close().await;
    }

    /// What a new process does after the crash.
    async fn restart(self) -> Self {
        Self { pool: self.database.pool().await, slack: self.fake.client(), ..self }
    }
}

fn slack_error(result: Result<MessageTs>) -> SlackError {
    match result {
        Err(Error::Fault(fault)) => fault.downcast::<SlackError>().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn is_busy(result: &Result<MessageTs>) -> bool {
    matches!(result, Err(Error::Fault(fault)) if fault.is::<Busy>())
}

#[tokio::test]
async fn a_subject_has_one_message_that_is_kept_up_to_date() {
    let stage = Stage::set().await;
    let first = stage.show("Waiting.").await.unwrap();
    assert_eq!(stage.show("Approved.").await.unwrap(), first);
    assert_eq!(stage.show("Approved.").await.unwrap(), first);

    assert_eq!(stage.fake.texts(), ["Approved."]);
    assert_eq!(stage.fake.count("chat.postMessage"), 1);
    assert_eq!(stage.fake.count("chat.update"), 1, "what is unchanged is not sent again");
    assert_eq!(
        stage.fake.messages()[0]["metadata"],
        json!({"event_type": "countersign", "event_payload": {"subject": SUBJECT}})
    );

    let Stage { pool, workspace, place, .. } = &stage;
    let shown = places(pool, *workspace, SUBJECT).await.unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!((&shown[0].place, &shown[0].ts), (place, &first));
    let subject = subject_of(pool, *workspace, &place.channel, &first).await.unwrap();
    assert_eq!(subject.as_deref(), Some(SUBJECT));
}

#[tokio::test]
async fn each_place_has_a_message_of_its_own() {
    let stage = Stage::set().await;
    stage.show("Waiting.").await.unwrap();
    let elsewhere = Stage { place: Place::channel("C0ELSEWHERE".into()), ..stage.clone() };
    elsewhere.show("Waiting.").await.unwrap();
    assert_eq!(stage.fake.texts(), ["Waiting.", "Waiting."]);
    let shown = places(&stage.pool, stage.workspace, SUBJECT).await.unwrap();
    assert_eq!(shown.len(), 2);
}

#[tokio::test]
async fn a_crash_before_the_request_takes_effect_leaves_one_message() {
    let stage = Stage::set().await;
    stage.fake.fault("chat.postMessage", Fault::Hold { after: false });
    stage.crash_while_showing("Waiting.").await;
    let stage = stage.restart().await;
    assert_eq!(stage.fake.texts(), [""; 0]);

    stage.show("Waiting.").await.unwrap();
    assert_eq!(stage.fake.texts(), ["Waiting."]);
    assert_eq!(stage.fake.count("conversations.history"), 1);
}

#[tokio::test]
async fn a_crash_after_the_message_was_posted_leaves_one_message() {
    for thread in [false, true] {
        let stage = if thread { Stage::in_thread().await } else { Stage::set().await };
        let before = stage.fake.messages().len();
        stage.fake.fault("chat.postMessage", Fault::Hold { after: true });
        stage.crash_while_showing("Waiting.").await;

        let stage = stage.restart().await;
        let ts = stage.show("Approved.").await.unwrap();
        assert_eq!(stage.fake.messages().len(), before + 1);
        let message = stage.fake.messages().pop().unwrap();
        assert_eq!((&message["ts"], &message["text"]), (&json!(ts), &json!("Approved.")));
        assert_eq!(stage.fake.count("chat.postMessage"), 1);
    }
}

#[tokio::test]
async fn a_crash_after_an_update_repeats_the_update() {
    let stage = Stage::set().await;
    stage.show("Waiting.").await.unwrap();
    stage.fake.fault("chat.update", Fault::Hold { after: true });
    stage.crash_while_showing("Approved.").await;

    let stage = stage.restart().await;
    stage.show("Approved.").await.unwrap();
    assert_eq!(stage.fake.texts(), ["Approved."]);
    assert_eq!(stage.fake.count("chat.update"), 2);
}

#[tokio::test]
async fn an_unknown_outcome_is_looked_into_before_posting_again() {
    for fault in [
        Fault::Hold { after: true },
        Fault::Status { status: 500, after: true },
        Fault::Status { status: 504, after: false },
        Fault::Error("internal_error", json!({})),
        Fault::Nonsense,
    ] {
        let stage = Stage::set().await;
        stage.fake.fault("chat.postMessage", fault.clone());
        let error = slack_error(stage.show("Waiting.").await);
        assert!(error.is_unknown_outcome(), "{error}");
        assert!(error.is_temporary());
        stage.fake.release();

        stage.show("Waiting.").await.unwrap();
        assert_eq!(stage.fake.texts(), ["Waiting."], "after {fault:?}");
        assert_eq!(stage.fake.count("conversations.history"), 1);
    }
}

#[tokio::test]
async fn the_message_is_found_behind_others_and_only_if_it_is_ours() {
    let stage = Stage::set().await;
    let about = |subject: &str| json!({"metadata": {"event_type": "countersign", "event_payload": {"subject": subject}}});
    stage.fake.fault("chat.postMessage", Fault::Status { status: 500, after: true });
    slack_error(stage.show("Waiting.").await);
    stage.fake.say("C0CAMPAIGN", about(SUBJECT));
    for n in 0..450 {
        stage.fake.say("C0CAMPAIGN", about(&format!("review:{n}/2")));
    }

    let ts = stage.show("Approved.").await.unwrap();
    let messages = stage.fake.messages();
    assert_eq!(messages[0]["ts"], json!(ts));
    assert_eq!(messages[0]["text"], "Approved.");
    assert_eq!(messages[1]["text"], "hm", "another's message is not touched");
    assert_eq!(stage.fake.count("conversations.history"), 3);
    assert_eq!(stage.fake.count("chat.postMessage"), 1);
}

#[tokio::test]
async fn a_refusal_leaves_nothing_to_look_into() {
    let stage = Stage::set().await;
    stage.fake.fault("chat.postMessage", Fault::Error("not_in_channel", json!({})));
    let error = slack_error(stage.show("Waiting.").await);
    assert_eq!(error.code(), Some("not_in_channel"));
    assert!(error.for_people().unwrap().contains("/invite"));

    stage.show("Waiting.").await.unwrap();
    assert_eq!(stage.fake.texts(), ["Waiting."]);
    assert_eq!(stage.fake.count("conversations.history"), 0);
}

#[tokio::test]
async fn being_asked_to_wait_is_heeded_or_said() {
    let stage = Stage::set().await;
    stage.fake.fault("chat.postMessage", Fault::RateLimited { seconds: 1 });
    let begun = std::time::Instant::now();
    stage.show("Waiting.").await.unwrap();
    assert!(begun.elapsed().as_millis() >= 950);
    assert_eq!(stage.fake.texts(), ["Waiting."]);

    stage.fake.fault("chat.update", Fault::RateLimited { seconds: 60 });
    let error = slack_error(stage.show("Approved.").await);
    let Kind::RateLimited { retry_after } = error.kind else { panic!("{error:?}") };
    assert_eq!(retry_after.as_secs(), 60);
    assert_eq!(stage.fake.count("chat.update"), 1);
    // And nobody else is let through to that channel before.
    let error = slack_error(stage.show("Approved.").await);
    assert!(matches!(error.kind, Kind::RateLimited { .. }), "{error:?}");
    assert_eq!(stage.fake.count("chat.update"), 1);
}

#[tokio::test]
async fn an_update_survives_bad_moments() {
    let stage = Stage::set().await;
    stage.show("Waiting.").await.unwrap();
    stage.fake.fault("chat.update", Fault::Status { status: 502, after: false });
    stage.fake.fault("chat.update", Fault::Status { status: 500, after: true });
    stage.show("Approved.").await.unwrap();
    assert_eq!(stage.fake.texts(), ["Approved."]);
    assert_eq!(stage.fake.count("chat.update"), 3);
}

#[tokio::test]
async fn a_deleted_message_is_posted_anew() {
    let stage = Stage::set().await;
    let first = stage.show("Waiting.").await.unwrap();
    stage.fake.delete_all();
    let second = stage.show("Approved.").await.unwrap();
    assert_ne!(first, second);
    assert_eq!(stage.fake.texts(), ["Approved."]);
    assert_eq!(stage.show("Released.").await.unwrap(), second);
}

#[tokio::test]
async fn two_never_show_one_subject_at_once() {
    let stage = Stage::set().await;
    stage.fake.fault("chat.postMessage", Fault::Hold { after: true });
    let first = {
        let stage = stage.clone();
        tokio::spawn(async move { stage.show("Waiting.").await })
    };
    stage.fake.reached().await;

    let second = stage.show("Approved.").await;
    assert!(is_busy(&second), "{second:?}");
    stage.fake.release();
    first.await.unwrap().unwrap();

    stage.show("Approved.").await.unwrap();
    assert_eq!(stage.fake.texts(), ["Approved."]);
}

#[tokio::test]
async fn a_job_that_is_cancelled_gives_its_turn_back() {
    let stage = Stage::set().await;
    stage.fake.fault("chat.postMessage", Fault::Hold { after: true });
    let first = {
        let stage = stage.clone();
        tokio::spawn(async move { stage.show("Waiting.").await })
    };
    stage.fake.reached().await;
    first.abort();
    stage.fake.release();

    let ts = loop {
        match stage.show("Approved.").await {
            Ok(ts) => break ts,
            busy => assert!(is_busy(&busy), "{busy:?}"),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(stage.fake.messages()[0]["ts"], json!(ts));
    assert_eq!(stage.fake.texts(), ["Approved."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_make_one_message() {
    let stage = Stage::set().await;
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let stage = stage.clone();
            tokio::spawn(async move {
                loop {
                    match stage.show(&format!("State {n}.")).await {
                        Ok(ts) => return ts,
                        busy => assert!(is_busy(&busy), "{busy:?}"),
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await.unwrap());
    }
    all.dedup();
    assert_eq!(all.len(), 1);
    assert_eq!(stage.fake.messages().len(), 1);
    assert_eq!(stage.fake.count("chat.postMessage"), 1);
}

#[tokio::test]
async fn nothing_listening_is_no_unknown_outcome() {
    let mut stage = Stage::set().await;
    let mut settings = stage.fake.settings();
    settings.api_url = "http://127.0.0.1:1/api/".parse().unwrap();
    stage.slack = Slack::new(settings).unwrap();
    let error = slack_error(stage.show("Waiting.").await);
    assert!(matches!(error.kind, Kind::Unavailable { .. }), "{error}");

    stage.slack = stage.fake.client();
    stage.show("Waiting.").await.unwrap();
    assert_eq!(stage.fake.count("conversations.history"), 0);
}

#[tokio::test]
async fn what_shrinks_takes_its_continuations_back() {
    let stage = Stage::set().await;
    let Stage { pool, slack, clock, workspace, place, .. } = &stage;
    let card = |words: usize| {
        let text: String = (0..words).map(|n| format!("word{n} ")).collect();
        Card::new("A finding.").section(text).finish()
    };
    let show = async |card| {
        show_card(pool, slack, clock, *workspace, SUBJECT, place, &card).await.unwrap()
    };

    let ts = show(card(6_000)).await;
    let long = stage.fake.messages();
    assert!(long.len() > 3, "{}", long.len());
    assert!(long[1..].iter().all(|message| message["thread_ts"] == json!(ts)));

    assert_eq!(show(card(1_500)).await, ts);
    assert_eq!(stage.fake.messages().len(), 2);
    assert_eq!(show(card(10)).await, ts);
    assert_eq!(stage.fake.messages().len(), 1);

    assert!(remove(pool, slack, *workspace, SUBJECT, place).await.unwrap());
    assert!(!remove(pool, slack, *workspace, SUBJECT, place).await.unwrap());
    assert_eq!(stage.fake.messages().len(), 0);
}
