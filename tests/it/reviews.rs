//! Deciding: who may, what happens to repeats and races, and what is shown.

use countersign::sandbox::{Fault, FaultKind};
use futures_util::future::join_all;
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::Team;

const REVIEWS: &str = "id,text
R-1,The sound is tinny and the bass is missing.
R-2,Sound quality is poor at high volume.
";

impl Team {
    /// A team in whose #research a finding of Maya's waits for a decision.
    async fn with_a_finding() -> Self {
        let team = Self::start().await;
        team.has_documents("reviews", REVIEWS).await;
        let question = "/research what do people dislike about the sound?";
        team.member("maya").types("#research", question).await;
        team.settle().await;
        team
    }

    async fn decisions(&self) -> i64 {
        self.count("SELECT count(*) FROM decisions").await
    }

    async fn state(&self) -> String {
        sqlx::query_scalar("SELECT state FROM reviews").fetch_one(self.db()).await.unwrap()
    }
}

#[tokio::test]
async fn only_the_named_group_decides() {
    let team = Team::with_a_finding().await;
    assert_snapshot!(team.member("lena").clicks("#research", "Approve").await, @"This finding needs a decision from research-reviewers; you are not in that group.");
    assert_eq!(team.decisions().await, 0);
    team.done().await;
}

#[tokio::test]
async fn whoever_asked_does_not_decide() {
    let team = Team::with_a_finding().await;
    assert_snapshot!(team.member("maya").clicks("#research", "Approve").await, @"You asked for this, so somebody else decides: a member of research-reviewers.");
    assert_eq!(team.decisions().await, 0);
    team.done().await;
}

#[tokio::test]
async fn a_rejection_says_why() {
    let team = Team::with_a_finding().await;
    let raj = team.member("raj");
    raj.clicks("#research", "Reject").await;
    assert_snapshot!(raj.fills(json!({"What is wrong with it?": "Not accurate", "Why is it rejected?": " "})).await, @"Write a sentence that says why; the person who asked will read it.");
    assert_eq!(team.decisions().await, 0);

    assert_snapshot!(raj.fills(json!({"What is wrong with it?": "Not accurate", "Why is it rejected?": "Two reviews are no pattern <!channel>"})).await, @"");
    team.settle().await;
    assert_eq!(team.state().await, "rejected");
    let channel = team.channel("#research");
    assert!(
        channel.contains("@raj rejected (when) · Not accurate: Two reviews are no pattern"),
        "{channel}"
    );
    team.done().await;
}

#[tokio::test]
async fn closing_the_form_decides_nothing() {
    let team = Team::with_a_finding().await;
    team.member("dana").clicks("#research", "Reject").await;
    team.sandbox.close("dana").await.unwrap();
    team.settle().await;
    assert_eq!((team.decisions().await, team.state().await), (0, "open".to_owned()));
    team.done().await;
}

#[tokio::test]
async fn a_form_that_stood_open_too_long_decides_nothing() {
    let team = Team::with_a_finding().await;
    let (raj, dana) = (team.member("raj"), team.member("dana"));
    dana.clicks("#research", "Reject").await;
    raj.clicks("#research", "Approve").await;
    let said = dana
        .fills(
            json!({"What is wrong with it?": "Something else", "Why is it rejected?": "Too few."}),
        )
        .await;
    assert_snapshot!(said, @"This was already approved, so your click changed nothing.");
    team.settle().await;
    assert_eq!((team.decisions().await, team.state().await), (1, "released".to_owned()));
    team.done().await;
}

#[tokio::test]
async fn the_same_click_delivered_again_and_again_is_one_decision() {
    let team = Team::with_a_finding().await;
    team.member("raj").clicks("#research", "Approve").await;
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.extend(team.sandbox.redeliver(50).await);
    }
    assert_eq!(answers, [200; 200]);
    team.settle().await;
    assert_eq!(team.decisions().await, 1);
    assert!(!team.channel("#research").contains("already"), "a repeat is not told of");
    team.done().await;
}

#[tokio::test]
async fn two_hundred_deliveries_of_a_click_at_once_are_one_decision() {
    let team = Team::with_a_finding().await;
    let replica = team.replica().await;
    let place = team.newest("#research");
    let mut blocks = place["blocks"].as_array().unwrap().iter();
    let deciding =
        |block: &&serde_json::Value| block["elements"][0]["action_id"] == "review.approve";
    let buttons = blocks.find(deciding).unwrap();
    let value = buttons["elements"][0]["value"].clone();
    let body = serde_json::json!({
        "type": "block_actions", "team": {"id": team.sandbox.seed().team_id},
        "user": {"id": "U0RAJ00000", "team_id": team.sandbox.seed().team_id},
        "channel": {"id": "C0RESEARCH"}, "trigger_id": "5.5.5",
        "actions": [{"type": "button", "action_id": "review.approve", "block_id": "b", "value": value}],
    });
    let body = serde_urlencoded::to_string([("payload", body.to_string())]).unwrap();
    let client =
        reqwest::Client::builder().timeout(std::time::Duration::from_secs(20)).build().unwrap();
    let deliveries = (0..200).map(|number| {
        let door = if number % 2 == 0 { &team.bot } else { &replica };
        let signed = team.sandbox.sign(body.as_bytes(), team.app.now());
        let request = client.post(door.join("slack/interactivity").unwrap());
        let request =
            signed.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let request = request.body(body.clone());
        async move { request.send().await.unwrap().status().as_u16() }
    });
    let answers = join_all(deliveries).await;
    assert_eq!(answers, [200; 200]);
    team.settle().await;
    assert_eq!(team.decisions().await, 1);
    team.done().await;
}

#[tokio::test]
async fn two_people_at_once_make_one_outcome_and_both_learn_of_it() {
    let team = Team::with_a_finding().await;
    let (raj, dana) = (team.member("raj"), team.member("dana"));
    let (one, other) =
        tokio::join!(raj.clicks("#research", "Approve"), dana.clicks("#research", "Approve"));
    let told = [one, other];
    assert_eq!(told.iter().filter(|said| said.is_empty()).count(), 1, "{told:?}");
    assert!(told.iter().any(|said| said.starts_with("This was already approved by")), "{told:?}");
    team.settle().await;
    assert_eq!((team.decisions().await, team.state().await), (1, "released".to_owned()));
    team.done().await;
}

#[tokio::test]
async fn nobody_decides_while_slack_does_not_say_who_is_who() {
    let team = Team::with_a_finding().await;
    let outage = Fault { code: Some("fatal_error".to_owned()), ..Fault::new(FaultKind::Error) };
    team.sandbox.fault(outage.on("usergroups.list").times(10));
    assert_snapshot!(team.member("raj").clicks("#research", "Approve").await, @"Slack did not say who is in the group that decides, so nothing was recorded. Press the button again in a minute.");
    assert_eq!(team.decisions().await, 0);

    team.sandbox.clear_faults();
    team.member("raj").clicks("#research", "Approve").await;
    team.settle().await;
    assert_eq!(team.decisions().await, 1);
    team.done().await;
}

#[tokio::test]
async fn a_home_shows_what_waits_and_lets_its_owner_decide() {
    let team = Team::with_a_finding().await;
    assert_snapshot!(team.member("raj").opens_home().await, @"
    Waiting for your decision
    *what do people dislike about the sound?*
    A finding that @maya asked for in #research, waiting since (when)
    [Approve] [Request changes] [Reject]
    ---
    What you asked for
    You have asked for nothing yet.
    ---
    What you decided lately
    You have decided on nothing yet.
    ---
    The agents that you answer for
    *research*: Last run (when): done; 1 run (1 today): 1 done
    ---
    You can ask for:
    • `/research QUESTION`: Searches your documents and posts a finding in this channel: what customers said, quoted word for word, with the source of every quote.
    • `/draft [CHANNEL TITLE: OFFER]`: Has a text written for a channel and an audience, under your brand kit, and puts it up for a decision in this channel.
    • `/test [NAME: A v B]`: Plans a test of one thing against another: what is measured, how it is decided and how many users that takes, before it starts.
    • `/leads [NAME]`: Lists the leads that are yours, wait for somebody or are overdue, for sales.
    • `/summary [now | week | month | schedule | off | on]`: Makes a summary for you: what moved, what waits and for whom, what was decided.
    • `/countersign propose`: Puts up a text of yours for a decision: a draft, a test plan, a hand-off or a budget change.
    • `/countersign check [CHANNEL:] TEXT`: Holds a text of yours against the brand kit, for your eyes only: what must change, where, why, and what to write instead.
    • `/countersign queue`: Shows what waits for your decision, oldest first, what you asked for, and what you decided lately.
    • `/countersign policy [CARD]`: Explains who may decide on a card, who has, what is missing and why.
    • `/countersign delegate @PERSON until DAY`: Hands your place in the groups that decide to somebody else, until the end of a day: `friday`, `tomorrow` or `2026-12-24`.
    • `/countersign agents [NAME]`: Lists the agents: who answers for each, what it is for, what it may read, and how well it does.
    • `/countersign reviewers`: Tells what you decided in the last four weeks, and whether there was time to read.
    • `/countersign audit CARD`: Tells who asked for, saw, changed and decided what on a card, when and why, from the audit trail.
    • `/countersign help [COMMAND]`: Says what you can ask for, or explains one command.
    A mention works as well: `@Countersign why do people cancel?`
    ");
    assert_snapshot!(team.member("lena").opens_home().await, @"
    Waiting for your decision
    Nothing waits for you.
    ---
    What you asked for
    You have asked for nothing yet.
    ---
    What you decided lately
    You have decided on nothing yet.
    ---
    You can ask for:
    • `/research QUESTION`: Searches your documents and posts a finding in this channel: what customers said, quoted word for word, with the source of every quote.
    • `/draft [CHANNEL TITLE: OFFER]`: Has a text written for a channel and an audience, under your brand kit, and puts it up for a decision in this channel.
    • `/test [NAME: A v B]`: Plans a test of one thing against another: what is measured, how it is decided and how many users that takes, before it starts.
    • `/leads [NAME]`: Lists the leads that are yours, wait for somebody or are overdue, for sales.
    • `/summary [now | week | month | schedule | off | on]`: Makes a summary for you: what moved, what waits and for whom, what was decided.
    • `/countersign propose`: Puts up a text of yours for a decision: a draft, a test plan, a hand-off or a budget change.
    • `/countersign check [CHANNEL:] TEXT`: Holds a text of yours against the brand kit, for your eyes only: what must change, where, why, and what to write instead.
    • `/countersign queue`: Shows what waits for your decision, oldest first, what you asked for, and what you decided lately.
    • `/countersign policy [CARD]`: Explains who may decide on a card, who has, what is missing and why.
    • `/countersign delegate @PERSON until DAY`: Hands your place in the groups that decide to somebody else, until the end of a day: `friday`, `tomorrow` or `2026-12-24`.
    • `/countersign agents [NAME]`: Lists the agents: who answers for each, what it is for, what it may read, and how well it does.
    • `/countersign reviewers`: Tells what you decided in the last four weeks, and whether there was time to read.
    • `/countersign audit CARD`: Tells who asked for, saw, changed and decided what on a card, when and why, from the audit trail.
    • `/countersign help [COMMAND]`: Says what you can ask for, or explains one command.
    A mention works as well: `@Countersign why do people cancel?`
    ");
    team.done().await;
}

#[tokio::test]
async fn one_workspace_never_sees_anothers_reviews() {
    let team = Team::with_a_finding().await;
    sqlx::query("WITH other AS (INSERT INTO workspaces (slack_id, name, created_at) VALUES ('T0OTHER', 'Other', now()) RETURNING id) UPDATE reviews SET workspace_id = other.id FROM other")
        .execute(team.db())
        .await
        .unwrap();
    assert_snapshot!(team.member("raj").clicks("#research", "Approve").await, @"This review does not exist any more, so nothing was recorded. Ask again with /research to get a new one.");
    assert_eq!(team.decisions().await, 0);
    team.done().await;
}
