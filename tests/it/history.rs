//! `/countersign audit CARD`: what happened to a card, as anyone can read it.

use countersign::sandbox::{Fault, FaultKind};
use countersign::slack;
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::Team;

const REVIEWS: &str = "id,date,text
R-1,2026-03-02,The sound is tinny and the bass is missing.
R-3,2026-04-11,Sound quality is poor at high volume. It crackles and distorts.
";

/// What differs from run to run, taken out.
fn readable(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, word) in [
        (r"\d{1,2} [A-Z][a-z]{2} \d{4}, \d{2}:\d{2}:\d{2} UTC", "(when)"),
        (r"\((\d{1,2} [A-Z][a-z]{2}, )?\d{2}:\d{2}:\d{2} ", "(there "),
        (r"[0-9a-f]{64}", "(sha256)"),
        (r"version [0-9a-f]{12}", "version (version)"),
    ] {
        text = regex_lite::Regex::new(pattern).unwrap().replace_all(&text, word).into_owned();
    }
    text
}

impl Team {
    async fn has_a_rejected_finding(&self) {
        self.has_documents("reviews", REVIEWS).await;
        let question = "/research what do people dislike about the sound?";
        self.member("maya").types("#research", question).await;
        self.settle().await;
        let raj = self.member("raj");
        raj.clicks("#research", "Reject").await;
        raj.fills(json!({"What is wrong with it?": "Not accurate", "Why is it rejected?": "Two reviews <are> no pattern."})).await;
        self.settle().await;
    }
}

#[tokio::test]
async fn the_history_of_a_card_is_told_in_sentences() {
    let team = Team::start().await;
    team.has_a_rejected_finding().await;

    let told = team.member("dana").types("#research", "/countersign audit 1").await;
    assert_snapshot!(readable(&told), @"
    What was recorded about review 1 (finding 1)
    *Entry 3* · (when) (there Europe/London) · @maya asked in #research: “what do people dislike about the sound?”
    *Entry 4* · (when) (there Europe/London) · The research agent read the sources reviews, and quoted the passages 1, 2.
    *Entry 5* · (when) (there Europe/London) · The research agent wrote finding 1 in run 1 with the engine extract.
    *Entry 6* · (when) (there Europe/London) · The research agent had finding 1 checked; passed: quotes_verbatim, sources_dated, personal_data.
    *Entry 7* · (when) (there Europe/London) · Countersign evaluated the policies on finding 1: findings, of version (version), apply, so that these groups were asked to decide: research-reviewers: 1.
    *Entry 8* · (when) (there Europe/London) · The research agent put finding 1 to review for @maya, as revision 1, under policy version (version). The exact text has the SHA-256 (sha256).
    *Entry 9* · (when) (there Europe/London) · @raj rejected finding 1 as one of research-reviewers, under the policies findings, version (version), as inaccurate, saying: “Two reviews <are> no pattern.”. The decision is on the text with the SHA-256 (sha256). It took less time than the text takes to read. The review was then rejected.
    Each line is an entry of the audit trail. To check one offline, whoever runs Countersign writes its proof with `countersign audit prove 9 --out 9.tlog-proof`, and anyone with the public key checks that with `countersign audit verify-proof 9.tlog-proof --key KEY`.
    ");

    let message = team.newest("#research");
    let (channel, ts) = (message["channel"].as_str().unwrap(), message["ts"].as_str().unwrap());
    let link = format!("https://larch.slack.com/archives/{channel}/p{}", ts.replace('.', ""));
    let by_link =
        team.member("dana").types("#research", &format!("/countersign audit {link}")).await;
    let lines = |text: &str| text.lines().filter(|line| line.contains("Entry")).count();
    assert_eq!(lines(&by_link), lines(&told));
    assert!(lines(&told) >= 5, "{told}");
    team.done().await;
}

#[tokio::test]
async fn a_card_that_does_not_exist_is_said_to() {
    let team = Team::start().await;
    let maya = team.member("maya");
    assert_snapshot!(maya.types("#research", "/countersign audit 77").await, @"There is no review 77 here. Give the number that a card shows, or a link to it.");
    assert_snapshot!(maya.types("#research", "/countersign audit https://x.slack.com/archives/C0RESEARCH/p1700000000123456").await, @"That link is not to one of my cards. Copy the link of the card itself: ⋮, Copy link.");
    assert_snapshot!(maya.types("#research", "/countersign audit the spring one").await, @"“the spring one” names no card. Give the number of its review, which stands in small letters under it, or a link to its message; for example: `/countersign policy 12`");
    team.done().await;
}

#[tokio::test]
async fn a_long_history_says_what_it_leaves_out() {
    let team = Team::start().await;
    team.has_a_rejected_finding().await;
    let mut tx = team.db().begin().await.unwrap();
    for number in 0..300 {
        let event = countersign::audit::Event {
            workspace: team.app.workspace.id,
            at: team.app.now(),
            actor: countersign::audit::Actor::Bot,
            act: "finding.reminded",
            subject: countersign::audit::Subject::new("finding", 1),
            details: std::collections::BTreeMap::from([("number", number.into())]),
        };
        countersign::audit::append(&mut tx, event).await.unwrap();
    }
    tx.commit().await.unwrap();
    let named = countersign::history::Named::Review(countersign::ids::ReviewId(1));
    let history =
        countersign::history::find(team.db(), team.app.workspace.id, &named).await.unwrap();
    let post: slack::Post = countersign::history::post(&history, &team.app.manifest.zone);
    let told = serde_json::to_string(post.blocks()).unwrap();
    assert!(told.chars().count() <= slack::limits::MESSAGE_JSON);
    assert!(told.contains("more; whoever runs Countersign reads all of them"), "{told}");
    assert!(told.contains("asked in") && told.contains("number 299"), "{told}");
    let plain = countersign::history::plain(&history, &team.app.manifest.zone);
    assert!(plain.contains("number 150") && plain.contains("“Two reviews <are> no pattern.”"));
    team.settle().await;
    team.done().await;
}

#[tokio::test]
async fn what_is_in_a_private_channel_stays_there() {
    let team = Team::start().await;
    team.has_documents("reviews", REVIEWS).await;
    let question = "/research what do people dislike about the sound?";
    team.member("lena").types("#leadership", question).await;
    team.settle().await;
    team.member("lena").types("#research", question).await;
    team.settle().await;

    let refused = "That card is in a channel that you are not in. Ask somebody there to invite you, and ask again.";
    let ask = async |who, card| team.member(who).types("#campaigns", card).await;
    assert_eq!(ask("maya", "/countersign audit 1").await, refused);
    assert!(ask("dana", "/countersign audit 1").await.contains("asked in"));
    // A guest is not in #research; everyone else may read it.
    assert_eq!(ask("giulia", "/countersign audit 2").await, refused);
    assert!(ask("sam", "/countersign audit 2").await.contains("asked in"));

    let down = Fault { code: Some("internal_error".to_owned()), ..Fault::new(FaultKind::Error) };
    team.sandbox.fault(down.on("conversations.info").times(9));
    let told = ask("dana", "/countersign audit 1").await;
    assert_eq!(told, "Slack did not say whether you may read that card. Ask again in a minute.");
    team.done().await;
}
