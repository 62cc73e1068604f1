//! Everything the bot says, as the JSON that Slack is sent: one file a message.

use countersign::audit::Actor;
use countersign::leads::ingest::{self, Input, Taker};
use countersign::sandbox::{Fault, FaultKind, Seed};
use insta::assert_json_snapshot;
use serde_json::{Map, Value, json};

use crate::harness::{Door, Team};
use crate::receiver::{Answer, Receiver};
use crate::summaries::told::{WEDNESDAY, as_ever, days};

const REVIEWS: &str = "id,date,text
R-1,2026-03-02,The sound is tinny and the bass is missing.
R-2,2026-03-05,I love the fabric and the colour.
R-3,2026-04-11,Sound quality is poor at high volume. It crackles and distorts.
R-4,2026-05-01,The sound is disappointing for the price.
";

const QUESTION: &str = "/research what do people dislike about the sound?";

impl Team {
    async fn with_reviews() -> Self {
        let team = Self::start().await;
        team.has_documents("reviews", REVIEWS).await;
        team
    }

    async fn asks(&self) {
        self.member("maya").types("#research", QUESTION).await;
        self.settle().await;
    }

    /// A lead of the CRM, who asked for a demo at a moment.
    async fn has_lead(&self, asked: jiff::Timestamp) {
        let records = vec![
            json!({
                "id": "77", "email": "anna@acme.example", "name": "Anna Lind", "company": "Acme",
                "industry": "retail", "employees": 120, "source": "webinar", "consent": "yes",
            }),
            json!({"id": "77", "activity": "demo_request", "at": asked.to_string()}),
        ];
        let taker = Taker {
            db: self.db(),
            clock: &self.app.clock,
            workspace: self.app.workspace.id,
            scoring: &self.app.manifest.scoring,
            by: Actor::Bot,
            system: "crm",
        };
        ingest::take(&taker, Input::Objects(records)).await.unwrap();
        self.settle().await;
    }

    /// The last message posted or changed that holds these words.
    fn showing(&self, words: &str) -> Value {
        let calls = self.sandbox.calls().into_iter();
        let calls = calls.filter(|call| call.method.starts_with("chat."));
        let mut calls = calls.map(|call| parsed(call.arguments));
        let mut found = calls.rfind(|said| said.to_string().contains(words)).unwrap();
        settled(&mut found);
        found
    }

    /// What the bot last asked of a method, without what differs from run to run; rather a card than
    /// a sentence, for sentences are told at the same time.
    fn said(&self, method: &str) -> Value {
        let calls = self.sandbox.calls().into_iter().filter(|call| call.method == method);
        let mut said: Vec<Value> = calls.map(|call| parsed(call.arguments)).collect();
        let is_card = |said: &Value| said["blocks"].as_array().is_some_and(|it| !it.is_empty());
        let last = said.iter().rposition(is_card).unwrap_or(said.len() - 1);
        let mut said = said.swap_remove(last);
        settled(&mut said);
        said
    }
}

/// Arguments that are JSON in a form field, as JSON.
fn parsed(arguments: Map<String, Value>) -> Value {
    let parse = |value: Value| match &value {
        Value::String(text) if text.starts_with(['{', '[']) => {
            serde_json::from_str(text).unwrap_or(value)
        }
        _ => value,
    };
    arguments.into_iter().map(|(name, value)| (name, parse(value))).collect()
}

/// Puts words in the place of hashes, moments and Slack's own ids.
fn settled(value: &mut Value) {
    match value {
        Value::String(text) => {
            for (pattern, word) in [
                (r"`[0-9a-f]{12}`", "`(hash)`"),
                (r"policy ([a-z +-]+) [0-9a-f]{12}", "policy $1 (version)"),
                (r"<!date\^\d+\^", "<!date^(seconds)^"),
                (r"\d{1,2} [A-Z][a-z]{2} \d{4}, \d{2}:\d{2} UTC", "(when)"),
                (r"rests until \d{1,2} [A-Z][a-z]+", "rests until (day)"),
                (r"rules [0-9a-f]{12}", "rules (version)"),
                (r"began \d{1,2} [A-Z][a-z]{2} \d{4}", "began (day)"),
                (r"\(\d+ days? old\)", "(age)"),
                (r"\d{10}\.\d{6}", "(ts)"),
                (r"127\.0\.0\.1:\d+", "(host)"),
                (r"^F[0-9A-Z]{8,}$", "(file)"),
                (r"\d{8}T\d{6}\.\d{3}Z", "(time)"),
                (r"^\d+\.\d+\.[0-9a-f]+$", "(trigger)"),
            ] {
                let pattern = regex_lite::Regex::new(pattern).unwrap();
                *text = pattern.replace_all(text, word).into_owned();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(settled),
        Value::Object(members) => {
            members.remove("trigger_id");
            members.values_mut().for_each(settled);
        }
        _ => {}
    }
}

#[tokio::test]
async fn a_finding_that_waits() {
    let team = Team::with_reviews().await;
    team.asks().await;
    assert_json_snapshot!(team.said("chat.postMessage"));
    team.done().await;
}

#[tokio::test]
async fn a_finding_that_is_approved() {
    let team = Team::with_reviews().await;
    team.asks().await;
    team.member("raj").clicks("#research", "Approve").await;
    team.settle().await;
    assert_json_snapshot!(team.said("chat.update"));
    team.done().await;
}

#[tokio::test]
async fn a_finding_that_is_rejected() {
    let team = Team::with_reviews().await;
    team.asks().await;
    team.member("dana").clicks("#research", "Reject").await;
    assert_json_snapshot!("the_form_that_asks_why", team.said("views.open"));
    let form = serde_json::json!({"What is wrong with it?": "Not needed", "Why is it rejected?": "Four reviews are few & <old>."});
    team.member("dana").fills(form).await;
    team.settle().await;
    assert_json_snapshot!(team.said("chat.update"));
    team.done().await;
}

#[tokio::test]
async fn a_release_that_did_not_arrive() {
    let receiver = Receiver::start().await;
    receiver.answer(Answer::Status(410));
    let webhook = Some(receiver.webhook());
    let team = Team::start_told(Door::Http, Seed::example(), webhook).await;
    team.has_documents("reviews", REVIEWS).await;
    team.asks().await;
    team.member("raj").clicks("#research", "Approve").await;
    team.settle().await;
    assert_json_snapshot!(team.said("chat.postMessage"));
    team.done().await;
}

#[tokio::test]
async fn the_form_that_asks_what_to_change() {
    let team = Team::with_reviews().await;
    team.asks().await;
    team.member("dana").clicks("#research", "Request changes").await;
    assert_json_snapshot!(team.said("views.open"));
    team.done().await;
}

#[tokio::test]
async fn a_budget_change_that_waits() {
    let team = Team::start().await;
    let (maya, lena) = (team.member("maya"), team.member("lena"));
    maya.types("#campaigns", "/countersign propose").await;
    assert_json_snapshot!("the_form_that_puts_something_up", team.said("views.open"));
    let form = serde_json::json!({
        "What is it?": "Budget change", "Title": "May: search to social", "Budget": "12,000",
        "Text": "Search brings <less> each week.\nWe move half of it & look again in June.",
    });
    maya.fills(form).await;
    team.settle().await;
    assert_json_snapshot!("the_answer_to_who_put_something_up", team.said("chat.postEphemeral"));
    assert_json_snapshot!(team.said("chat.postMessage"));

    maya.chooses("#campaigns", "Change the text").await;
    assert_json_snapshot!("the_form_that_changes_what_was_put_up", team.said("views.open"));
    lena.clicks("#campaigns", "Edit & approve").await;
    assert_json_snapshot!("the_form_that_words_something_anew", team.said("views.open"));
    lena.clicks("#campaigns", "Request changes").await;
    lena.submits("What should change?", "Say by how much.").await;
    team.settle().await;
    assert_json_snapshot!("a_budget_change_that_goes_back", team.said("chat.update"));
    team.done().await;
}

#[tokio::test]
async fn a_question_that_nothing_answers() {
    let team = Team::with_reviews().await;
    team.member("maya").types("#research", "/research do zeppelins need parking permits?").await;
    team.settle().await;
    assert_json_snapshot!(team.said("chat.postMessage"));
    team.done().await;
}

#[tokio::test]
async fn a_question_before_there_are_documents() {
    let team = Team::start().await;
    team.asks().await;
    assert_json_snapshot!(team.said("chat.postMessage"));
    team.done().await;
}

#[tokio::test]
async fn a_channel_that_cannot_be_reached() {
    let team = Team::with_reviews().await;
    let gone = Fault { code: Some("channel_not_found".to_owned()), ..Fault::new(FaultKind::Error) };
    team.sandbox.fault(gone.clone().on("chat.postMessage"));
    team.sandbox.fault(gone.on("conversations.join"));
    team.asks().await;
    assert_json_snapshot!(team.showing("Your answer is ready"));
    team.done().await;
}

#[tokio::test]
async fn a_home_with_something_that_waits() {
    let team = Team::with_reviews().await;
    team.asks().await;
    team.member("raj").opens_home().await;
    assert_json_snapshot!(team.said("views.publish"));
    team.done().await;
}

#[tokio::test]
async fn help_for_a_mention_without_a_question() {
    let team = Team::start().await;
    team.member("maya").says("#research", "<@U0COUNTERS> help").await;
    team.settle().await;
    assert_json_snapshot!(team.said("chat.postMessage"));
    team.done().await;
}

#[tokio::test]
async fn the_form_of_a_brief() {
    let team = Team::start().await;
    team.member("maya").types("#campaigns", "/draft").await;
    assert_json_snapshot!("the_form_of_a_brief", team.said("views.open"));
    team.done().await;
}

#[tokio::test]
async fn a_draft_with_versions_and_a_campaign() {
    let team = Team::start().await;
    let maya = team.member("maya");
    maya.types("#campaigns", "/draft").await;
    let one = serde_json::json!({
        "Title": "Spring", "Channels": ["LinkedIn post"], "Audiences": ["Repeat buyer"],
        "Goal": "More second orders", "Due": "2030-03-01",
        "Versions to choose from": "Two, A and B",
    });
    maya.fills(one).await;
    team.settle().await;
    assert_json_snapshot!("a_draft_with_versions", team.showing("Choose B"));
    maya.clicks("#campaigns", "Plan a test").await;
    assert_json_snapshot!("the_form_of_a_test_of_versions", team.said("views.open"));
    team.sandbox.close("maya").await.unwrap();

    maya.types("#campaigns", "/draft").await;
    let two = serde_json::json!({
        "Title": "Spring launch", "What is it about?": "Heron Linen is back.",
        "Channels": ["SMS"], "Audiences": ["Repeat buyer", "New visitor"],
        "Offer": "10 % off until Friday", "Must say": "Linen it is.", "Tone": "Warm",
    });
    maya.fills(two).await;
    team.settle().await;
    assert_json_snapshot!("a_campaign", team.showing("*2 drafts written*"));
    team.member("lena").clicks("#campaigns", "Approve all that pass").await;
    assert_json_snapshot!("the_form_that_approves_all", team.said("views.open"));
    team.done().await;
}

#[tokio::test]
async fn a_test_from_its_plan_to_its_decision() {
    let team = Team::start().await;
    let (maya, raj) = (team.member("maya"), team.member("raj"));
    maya.types("#campaigns", "/test Subject line: urgency v benefit").await;
    maya.fills(serde_json::json!({
        "What is the metric today?": "12 %", "How many users a day?": "4,000",
        "Guardrails": "unsubscribe rate, conversion rate, up at most 50 %",
    }))
    .await;
    team.settle().await;
    assert_json_snapshot!("the_plan_of_a_test", team.said("chat.postMessage"));
    raj.clicks("#campaigns", "Approve").await;
    team.settle().await;
    assert_json_snapshot!("a_test_that_runs", team.said("chat.postMessage"));

    maya.clicks("#campaigns", "Extend: a new plan").await;
    assert_json_snapshot!("the_form_of_another_plan", team.said("views.open"));
    team.sandbox.close("maya").await.unwrap();
    maya.clicks("#campaigns", "Stop").await;
    assert_json_snapshot!("the_form_that_stops_a_test", team.said("views.open"));
    maya.fills(serde_json::json!({"Why?": "The audience is wrong."})).await;
    team.settle().await;
    assert_json_snapshot!("a_decision_about_a_test", team.said("chat.postMessage"));
    team.done().await;
}

#[tokio::test]
async fn an_alert_and_its_forms() {
    let team = Team::with_an_alert_on(jiff::civil::date(2027, 2, 10)).await;
    assert_json_snapshot!("an_alert", team.showing("Spend on *Brand DE*"));
    let lena = team.member("lena");
    lena.clicks("#alerts", "Propose a pause").await;
    assert_json_snapshot!("the_form_that_proposes_a_pause", team.said("views.open"));
    team.sandbox.close("lena").await.unwrap();
    lena.clicks("#alerts", "Not useful").await;
    assert_json_snapshot!(
        "the_form_that_asks_why_an_alert_was_not_useful",
        team.said("views.open")
    );
    lena.submits("Why was it not useful?", "The sale was planned.").await;
    team.settle().await;
    assert_json_snapshot!("an_alert_that_was_not_useful", team.said("chat.update"));
    team.done().await;
}

#[tokio::test]
async fn a_lead_and_its_forms() {
    let team = Team::start().await;
    let asked = team.app.now() - jiff::SignedDuration::from_mins(90);
    team.has_lead(asked).await;
    assert_json_snapshot!("a_lead_worth_a_call", team.showing("A lead worth a call"));
    let sam = team.member("sam");
    sam.clicks("#sales", "Claim").await;
    team.settle().await;
    assert_json_snapshot!("a_lead_that_is_claimed", team.said("chat.update"));
    for (button, name) in [("Lost", "lost"), ("Reassign", "reassigned"), ("Return", "returned")] {
        sam.clicks("#sales", button).await;
        let form = format!("the_form_of_a_lead_that_is_{name}");
        assert_json_snapshot!(form, team.said("views.open"));
        if button != "Return" {
            team.sandbox.close("sam").await.unwrap();
        }
    }
    let why = json!({"Why does it go back?": "Too early", "In your words": "Next quarter."});
    sam.fills(why).await;
    team.settle().await;
    assert_json_snapshot!("a_lead_that_was_returned", team.said("chat.update"));
    team.done().await;
}

#[tokio::test]
async fn a_summary_and_a_section_of_it_in_full() {
    let team = Team::on_the_morning_of(WEDNESDAY).await;
    team.has_days(None, &days("Brand DE", WEDNESDAY, as_ever)).await;
    team.reads().await;
    assert_json_snapshot!("a_summary", team.showing("Wednesday, 15 February 2040"));
    team.member("lena").clicks("#leadership", "Details").await;
    team.settle().await;
    assert_json_snapshot!("a_section_of_a_summary", team.showing("It stands here as it was"));
    team.done().await;
}
