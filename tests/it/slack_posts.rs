//! One message for each subject and place, whatever happens between here and Slack.

use std::sync::Arc;
use std::time::Duration;

use countersign::clock::Clock;
use countersign::error::{Error, Result};
use countersign::ids::{MessageTs, WorkspaceId};
use countersign::sandbox::{Fault, FaultKind, Sandbox, Seed};
use countersign::slack::{
    Busy, Card, Kind, Place, Post, Settings, Slack, SlackError, places, remove, show, show_card,
    subject_of,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, yield_now};

use crate::harness::cluster::{self, TestDatabase};

const SUBJECT: &str = "review:12";
const CHANNEL: &str = "C0CAMPAIGN";

/// A database with one workspace, and that workspace's Slack.
#[derive(Clone)]
struct Stage {
    database: Arc<TestDatabase>,
    pool: PgPool,
    sandbox: Sandbox,
    slack: Slack,
    clock: Clock,
    workspace: WorkspaceId,
    place: Place,
}

impl Stage {
    async fn set() -> Self {
        Self::with(Seed::example()).await
    }

    async fn with(seed: Seed) -> Self {
        let database = cluster::database().await;
        let pool = database.pool().await;
        let id = sqlx::query_scalar::<_, i64>(
            "INSERT INTO workspaces (slack_id, name, created_at) VALUES ($1, $2, now())
             RETURNING id",
        )
        .bind(&seed.team_id)
        .bind(&seed.team_name)
        .fetch_one(&pool)
        .await
        .unwrap();

        let clock = Clock::default();
        let sandbox = Sandbox::new(seed, clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        sandbox.at(format!("http://{address}/").parse().unwrap());
        let router = sandbox.router();
        tokio::spawn(async move { axum::serve(listener, router).await });

        let place = Place::channel(CHANNEL.into());
        let (database, workspace) = (Arc::new(database), WorkspaceId(id));
        let slack = client(&sandbox);
        Self { database, pool, sandbox, slack, clock, workspace, place }
    }

    async fn in_thread() -> Self {
        let stage = Self::set().await;
        stage.sandbox.message("maya", CHANNEL, "why?", None).await.unwrap();
        let root = stage.messages()[0]["ts"].as_str().unwrap().into();
        Self { place: Place { thread: Some(root), ..stage.place.clone() }, ..stage }
    }

    async fn show(&self, text: &str) -> Result<MessageTs> {
        let post = Post::sentence(text);
        let Self { pool, slack, clock, workspace, place, .. } = self;
        show(pool, slack, clock, *workspace, SUBJECT, place, &post).await
    }

    /// Shows in a task of its own, up to the moment at which `reached` holds.
    async fn show_until(
        &self,
        text: &'static str,
        reached: impl Fn(&Self) -> bool,
    ) -> JoinHandle<Result<MessageTs>> {
        let stage = self.clone();
        let task = tokio::spawn(async move { stage.show(text).await });
        while !reached(self) {
            assert!(!task.is_finished(), "it never came to that");
            yield_now().await;
        }
        task
    }

    /// What is left when the process dies in the middle of showing, and a new one takes over.
    async fn crash(self, task: JoinHandle<Result<MessageTs>>) -> Self {
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        self.pool.close().await;
        self.sandbox.fault(Fault::new(FaultKind::Release));
        Self { pool: self.database.pool().await, slack: client(&self.sandbox), ..self }
    }

    fn fault(&self, kind: FaultKind, method: &str) {
        self.sandbox.fault(Fault::new(kind).on(method));
    }

    fn error(&self, code: &str, method: &str) {
        let fault = Fault { code: Some(code.to_owned()), ..Fault::new(FaultKind::Error) };
        self.sandbox.fault(fault.on(method));
    }

    fn count(&self, method: &str) -> usize {
        self.sandbox.calls().iter().filter(|call| call.method == method).count()
    }

    fn messages(&self) -> Vec<Value> {
        self.sandbox.messages("maya", CHANNEL).unwrap()
    }

    /// The texts of all messages in the channel, in their order.
    fn texts(&self) -> Vec<String> {
        let text = |message: &Value| message["text"].as_str().unwrap().to_owned();
        self.messages().iter().map(text).collect()
    }
}

/// With short time-outs, and no pace to keep.
fn client(sandbox: &Sandbox) -> Slack {
    let app = &sandbox.seed().app;
    Slack::new(Settings {
        api_url: sandbox.base().join("api/").unwrap(),
        timeout: Duration::from_millis(500),
        patience: Duration::from_secs(3),
        messages_per_second: 1_000.0,
        burst: 1_000.0,
        settle_time: Duration::ZERO,
        ..Settings::new(&app.bot_token)
    })
    .unwrap()
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

    assert_eq!(stage.texts(), ["Approved."]);
    assert_eq!(stage.count("chat.postMessage"), 1);
    assert_eq!(stage.count("chat.update"), 1, "what is unchanged is not sent again");
    assert_eq!(
        stage.messages()[0]["metadata"],
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
    let elsewhere = Stage { place: Place::channel("C0RESEARCH".into()), ..stage.clone() };
    elsewhere.show("Waiting.").await.unwrap();
    assert_eq!(stage.texts(), ["Waiting."]);
    let shown = places(&stage.pool, stage.workspace, SUBJECT).await.unwrap();
    assert_eq!(shown.len(), 2);
}

#[tokio::test]
async fn a_crash_before_the_request_takes_effect_leaves_one_message() {
    let stage = Stage::set().await;
    stage.fault(FaultKind::Hold, "chat.postMessage");
    let showing = stage.show_until("Waiting.", |stage| stage.count("chat.postMessage") > 0).await;
    let stage = stage.crash(showing).await;
    assert_eq!(stage.texts(), [""; 0]);

    stage.show("Waiting.").await.unwrap();
    assert_eq!(stage.texts(), ["Waiting."]);
    assert_eq!(stage.count("conversations.history"), 1);
}

#[tokio::test]
async fn a_crash_after_the_message_was_posted_leaves_one_message() {
    for stage in [Stage::set().await, Stage::in_thread().await] {
        let before = stage.messages().len();
        stage.fault(FaultKind::TimeoutAfter, "chat.postMessage");
        let showing = stage.show_until("Waiting.", |it| it.messages().len() > before).await;
        let stage = stage.crash(showing).await;

        let ts = stage.show("Approved.").await.unwrap();
        assert_eq!(stage.messages().len(), before + 1);
        let message = stage.messages().pop().unwrap();
        assert_eq!((&message["ts"], &message["text"]), (&json!(ts), &json!("Approved.")));
        assert_eq!(stage.count("chat.postMessage"), 1);
    }
}

#[tokio::test]
async fn a_crash_after_an_update_repeats_the_update() {
    let stage = Stage::set().await;
    stage.show("Waiting.").await.unwrap();
    stage.fault(FaultKind::TimeoutAfter, "chat.update");
    let showing = stage.show_until("Approved.", |stage| stage.texts() == ["Approved."]).await;
    let stage = stage.crash(showing).await;

    stage.show("Approved.").await.unwrap();
    assert_eq!(stage.texts(), ["Approved."]);
    assert_eq!(stage.count("chat.update"), 2);
}

#[tokio::test]
async fn an_unknown_outcome_is_looked_into_before_posting_again() {
    for kind in [
        FaultKind::TimeoutAfter,
        FaultKind::TimeoutBefore,
        FaultKind::DropAfter,
        FaultKind::DropBefore,
        FaultKind::ServerError,
        // Without a code this is Slack's `internal_error`.
        FaultKind::Error,
    ] {
        let stage = Stage::set().await;
        stage.fault(kind, "chat.postMessage");
        let error = slack_error(stage.show("Waiting.").await);
        assert!(error.is_unknown_outcome(), "{error}");
        assert!(error.is_temporary());

        stage.show("Waiting.").await.unwrap();
        assert_eq!(stage.texts(), ["Waiting."], "after {kind:?}");
        assert_eq!(stage.count("conversations.history"), 1);
    }
}

#[tokio::test]
async fn the_message_is_found_behind_hundreds_of_others() {
    let stage = Stage::set().await;
    stage.fault(FaultKind::DropAfter, "chat.postMessage");
    slack_error(stage.show("Waiting.").await);
    for n in 0..450 {
        let other = Post::sentence("Another.").about(format!("{SUBJECT}/{n}"));
        stage.slack.post(&stage.place.channel, None, &other).await.unwrap();
    }

    let ts = stage.show("Approved.").await.unwrap();
    let messages = stage.messages();
    assert_eq!(messages[0]["ts"], json!(ts));
    assert_eq!(messages[0]["text"], "Approved.");
    assert_eq!(stage.count("conversations.history"), 3);
    assert_eq!(stage.count("chat.postMessage"), 451);
}

#[tokio::test]
async fn a_channel_we_post_to_from_outside_is_joined_to_look_into_it() {
    let mut seed = Seed::example();
    let channel = seed.channels.iter_mut().find(|channel| channel.id == CHANNEL).unwrap();
    channel.app_is_member = false;
    // Some installations let the bot post where it is not a member.
    seed.app.scopes.push("chat:write.public".to_owned());
    let stage = Stage::with(seed).await;
    stage.fault(FaultKind::DropAfter, "chat.postMessage");
    slack_error(stage.show("Waiting.").await);

    stage.show("Approved.").await.unwrap();
    assert_eq!(stage.count("chat.postMessage"), 1);
    assert_eq!(stage.count("conversations.join"), 1);
    assert!(stage.texts().contains(&"Approved.".to_owned()));
}

#[tokio::test]
async fn a_refusal_leaves_nothing_to_look_into() {
    let stage = Stage::set().await;
    stage.error("not_in_channel", "chat.postMessage");
    let error = slack_error(stage.show("Waiting.").await);
    assert_eq!(error.code(), Some("not_in_channel"));
    assert!(error.for_people().unwrap().contains("/invite"));

    stage.show("Waiting.").await.unwrap();
    assert_eq!(stage.texts(), ["Waiting."]);
    assert_eq!(stage.count("conversations.history"), 0);
}

#[tokio::test]
async fn being_asked_to_wait_is_heeded_or_said() {
    let stage = Stage::set().await;
    let busy = |method: &str, seconds| {
        let fault = Fault { retry_after: Some(seconds), ..Fault::new(FaultKind::RateLimited) };
        stage.sandbox.fault(fault.on(method));
    };
    busy("chat.postMessage", 1);
    let begun = std::time::Instant::now();
    stage.show("Waiting.").await.unwrap();
    assert!(begun.elapsed().as_millis() >= 950);
    assert_eq!(stage.texts(), ["Waiting."]);

    busy("chat.update", 60);
    let error = slack_error(stage.show("Approved.").await);
    let Kind::RateLimited { retry_after } = error.kind else { panic!("{error:?}") };
    assert_eq!(retry_after.as_secs(), 60);
    assert_eq!(stage.count("chat.update"), 1);
    // And nobody else is let through to that channel before.
    let error = slack_error(stage.show("Approved.").await);
    assert!(matches!(error.kind, Kind::RateLimited { .. }), "{error:?}");
    assert_eq!(stage.count("chat.update"), 1);
}

#[tokio::test]
async fn an_update_survives_bad_moments() {
    let stage = Stage::set().await;
    stage.show("Waiting.").await.unwrap();
    stage.fault(FaultKind::ServerError, "chat.update");
    stage.fault(FaultKind::DropAfter, "chat.update");
    stage.show("Approved.").await.unwrap();
    assert_eq!(stage.texts(), ["Approved."]);
    assert_eq!(stage.count("chat.update"), 3);
}

#[tokio::test]
async fn a_deleted_message_is_posted_anew() {
    let stage = Stage::set().await;
    let first = stage.show("Waiting.").await.unwrap();
    stage.slack.delete(&stage.place.channel, &first).await.unwrap();
    let second = stage.show("Approved.").await.unwrap();
    assert_ne!(first, second);
    assert_eq!(stage.texts(), ["Approved."]);
    assert_eq!(stage.show("Released.").await.unwrap(), second);
}

#[tokio::test]
async fn two_never_show_one_subject_at_once() {
    let stage = Stage::set().await;
    stage.fault(FaultKind::Hold, "chat.postMessage");
    let first = stage.show_until("Waiting.", |stage| stage.count("chat.postMessage") > 0).await;

    let second = stage.show("Approved.").await;
    assert!(is_busy(&second), "{second:?}");
    stage.sandbox.fault(Fault::new(FaultKind::Release));
    first.await.unwrap().unwrap();

    stage.show("Approved.").await.unwrap();
    assert_eq!(stage.texts(), ["Approved."]);
}

#[tokio::test]
async fn a_job_that_is_cancelled_gives_its_turn_back() {
    let stage = Stage::set().await;
    stage.fault(FaultKind::TimeoutAfter, "chat.postMessage");
    stage.show_until("Waiting.", |stage| stage.texts() == ["Waiting."]).await.abort();

    let ts = until_it_is_our_turn(&stage, "Approved.").await;
    assert_eq!(stage.messages()[0]["ts"], json!(ts));
    assert_eq!(stage.texts(), ["Approved."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_make_one_message() {
    let stage = Stage::set().await;
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let stage = stage.clone();
            tokio::spawn(async move { until_it_is_our_turn(&stage, &format!("State {n}.")).await })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await.unwrap());
    }
    all.dedup();
    assert_eq!(all.len(), 1);
    assert_eq!(stage.messages().len(), 1);
    assert_eq!(stage.count("chat.postMessage"), 1);
}

async fn until_it_is_our_turn(stage: &Stage, text: &str) -> MessageTs {
    loop {
        match stage.show(text).await {
            Ok(ts) => return ts,
            busy => assert!(is_busy(&busy), "{busy:?}"),
        }
        yield_now().await;
    }
}

#[tokio::test]
async fn nothing_listening_is_no_unknown_outcome() {
    let mut stage = Stage::set().await;
    let api_url = "http://127.0.0.1:1/api/".parse().unwrap();
    stage.slack = Slack::new(Settings { api_url, ..Settings::new("xoxb-test") }).unwrap();
    let error = slack_error(stage.show("Waiting.").await);
    assert!(matches!(error.kind, Kind::Unavailable { .. }), "{error}");

    stage.slack = client(&stage.sandbox);
    stage.show("Waiting.").await.unwrap();
    assert_eq!(stage.count("conversations.history"), 0);
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
    let long = stage.messages();
    assert!(long.len() > 3, "{}", long.len());
    assert!(long[1..].iter().all(|message| message["thread_ts"] == json!(ts)));

    assert_eq!(show(card(1_500)).await, ts);
    assert_eq!(stage.messages().len(), 2);
    assert_eq!(show(card(10)).await, ts);
    assert_eq!(stage.messages().len(), 1);

    assert!(remove(pool, slack, *workspace, SUBJECT, place).await.unwrap());
    assert!(!remove(pool, slack, *workspace, SUBJECT, place).await.unwrap());
    assert_eq!(stage.messages().len(), 0);
}
