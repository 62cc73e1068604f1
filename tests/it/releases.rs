//! What leaves the house: exactly what was decided on, signed, once, and never lost in silence.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign::ids::{PersonId, ReviewId};
use countersign::jobs::{self, Job};
use countersign::sandbox::Seed;
use countersign::{releases, reviews};
use hmac::{Hmac, KeyInit, Mac};
use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::harness::{Door, Team};
use crate::receiver::{Answer, Received, Receiver, SECRET};

const REVIEWS: &str = "id,text
R-1,The sound is tinny and the bass is missing.
R-2,Sound quality is poor at “high” volume.
";

const OLD_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

impl Team {
    /// A team that tells `receiver`, in which a finding of Maya's waits for a decision.
    async fn that_tells(receiver: &Receiver) -> Self {
        Self::that_tells_as(Some(receiver.webhook())).await
    }

    async fn that_tells_as(webhook: Option<countersign::config::Webhook>) -> Self {
        let team = Self::start_told(Door::Http, Seed::example(), webhook).await;
        team.has_documents("reviews", REVIEWS).await;
        let question = "/research what do people dislike about the sound?";
        team.member("maya").types("#research", question).await;
        team.settle().await;
        team
    }

    /// Raj approves, and what follows from that follows.
    async fn releases(&self) {
        self.approves().await;
        self.settle().await;
    }

    async fn approves(&self) {
        assert_eq!(self.member("raj").clicks("#research", "Approve").await, "");
    }

    /// Another job that asks for the release.
    async fn asks_for_release(&self) {
        let mut tx = self.db().begin().await.unwrap();
        let job = Job::Release { review: self.review().await };
        jobs::enqueue(&mut tx, self.app.workspace.id, job).await.unwrap();
        tx.commit().await.unwrap();
        self.settle().await;
    }

    async fn review(&self) -> ReviewId {
        ReviewId(sqlx::query_scalar("SELECT id FROM reviews").fetch_one(self.db()).await.unwrap())
    }

    /// Dana calls it back, at this moment.
    async fn revokes(&self, reason: &str) {
        let dana = PersonId("U0DANA0000".to_owned());
        let review = self.review().await;
        reviews::check_revocation(&self.app, review, &dana).await.unwrap();
        releases::revoke(&self.app, None, review, &dana, reason).await.unwrap();
    }

    /// How far it came, as the card says it.
    async fn how_far(&self) -> String {
        let review = self.review().await;
        let released = releases::of(self.db(), self.app.workspace.id, review).await.unwrap();
        let lines = releases::in_words(&released.unwrap()).join("\n");
        let date = regex_lite::Regex::new(r"<!date[^>]*>").unwrap();
        let host = regex_lite::Regex::new(r"127\.0\.0\.1:\d+").unwrap();
        let file = regex_lite::Regex::new(r"\d{8}T\d{6}\.\d{3}Z").unwrap();
        let lines = date.replace_all(&lines, "(when)").into_owned();
        file.replace_all(&host.replace_all(&lines, "(host)"), "(time)").into_owned()
    }

    /// What is told of it in the thread below the card.
    fn told(&self) -> String {
        let channel = self.channel("#research");
        let host = regex_lite::Regex::new(r"127\.0\.0\.1:\d+").unwrap();
        let of_it = ["Not delivered", "elivered after all", "Not released", "The release of"];
        let messages = channel.split("countersign: ").skip(2);
        let told: Vec<String> = messages
            .filter(|message| of_it.iter().any(|words| message.contains(words)))
            .map(|message| message.lines().map(str::trim).collect::<Vec<_>>().join("\n"))
            .collect();
        host.replace_all(told.join("\n").trim_end(), "(host)").into_owned()
    }

    async fn acts(&self) -> String {
        let trail = self.trail().await;
        let all = trail.lines().skip_while(|line| !line.contains("approved")).skip(1);
        all.filter(|line| !line.contains("checkpoint")).collect::<Vec<_>>().join("\n")
    }

    /// Somebody who may do anything in the database puts other words in.
    async fn is_tampered_with(&self) {
        let changed = sqlx::query(
            "UPDATE revisions
             SET content = convert_to(replace(convert_from(content, 'UTF8'), 'tinny', 'great'), 'UTF8')",
        )
        .execute(self.db())
        .await
        .unwrap();
        assert_eq!(changed.rows_affected(), 1);
    }

    /// What was given up stays in the queue for whoever looks into it.
    async fn forgets_what_was_given_up(&self) {
        sqlx::query("DELETE FROM graphile_worker._private_jobs WHERE attempts >= max_attempts")
            .execute(self.db())
            .await
            .unwrap();
    }

    /// The hash that the decision names.
    async fn decided_on(&self) -> String {
        let hash: Vec<u8> = sqlx::query_scalar("SELECT content_hash FROM decisions")
            .fetch_one(self.db())
            .await
            .unwrap();
        hex::encode(hash)
    }
}

/// The signature as anyone would compute it who has read the specification.
fn signature(secret: &str, received: &Received) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let signed = format!("{}.{}.{}", received.id, received.timestamp, received.text());
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(signed.as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// SHA-256 of what stands between `"content":` and the member after it, as it was received.
fn hash_of_content(body: &str) -> String {
    let (_, rest) = body.split_once(r#""content":"#).unwrap();
    let (content, _) = rest.rsplit_once(r#","policies":"#).unwrap();
    hex::encode(Sha256::digest(content))
}

#[tokio::test]
async fn what_was_decided_on_goes_out_signed_and_byte_for_byte() {
    let receiver = Receiver::start().await;
    let team = Team::that_tells(&receiver).await;
    team.releases().await;

    let [received] = &receiver.received()[..] else { panic!("{:?}", receiver.received()) };
    assert_eq!(received.path, "/hooks");
    assert_eq!(received.content_type, "application/cloudevents+json; charset=utf-8");
    assert_eq!(received.signature, signature(SECRET, received));
    let now = team.app.now().as_second();
    assert!((now - 60..=now).contains(&received.timestamp.parse().unwrap()));

    let event = received.json();
    assert_eq!(event["id"], received.id);
    assert_eq!(event["type"], "countersign.finding.released");
    assert_eq!(event["source"], format!("countersign:workspace:{}", team.app.workspace.team));
    let data = &event["data"];
    assert_eq!(data["title"], "what do people dislike about the sound?");
    assert_eq!(data["approved_by"][0]["person"], "U0RAJ00000");
    assert_eq!(data["approved_by"][0]["groups"][0], "research-reviewers");
    assert_eq!(data["policy_version"], team.app.manifest.version);

    let decided_on = team.decided_on().await;
    assert_eq!(data["content_sha256"], decided_on);
    assert_eq!(hash_of_content(&received.text()), decided_on);
    assert!(data["content"].to_string().contains("“high”"));

    assert_snapshot!(team.how_far().await, @"Delivered to `(host)` (when)");
    assert_snapshot!(team.acts().await, @"
    bot finding.released finding
    bot release.delivered finding
    ");
    team.done().await;
}

#[tokio::test]
async fn without_a_webhook_it_is_written_into_a_file() {
    let team = Team::that_tells_as(None).await;
    team.releases().await;
    team.revokes("Out of date.").await;
    team.settle().await;

    let mut names: Vec<String> = fs::read_dir(team.data().join("outbox"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names[0].ends_with("Z-finding-1-released.json"), "{names:?}");
    assert!(names[1].ends_with("Z-finding-1-revoked.json"), "{names:?}");
    let body = fs::read_to_string(team.data().join("outbox").join(&names[0])).unwrap();
    assert_eq!(hash_of_content(&body), team.decided_on().await);
    assert_snapshot!(team.how_far().await, @"
    Written to the file `outbox/(time)-finding-1-released.json` (when)
    Written to the file `outbox/(time)-finding-1-revoked.json` (when)
    ");
    team.done().await;
}

#[tokio::test]
async fn it_is_released_once_however_often_that_is_asked_for() {
    let receiver = Receiver::start().await;
    let team = Team::that_tells(&receiver).await;
    team.approves().await;
    let review = team.review().await;
    let attempts = (0..20).map(|_| releases::release(&team.app, review));
    for released in futures_util::future::join_all(attempts).await {
        released.unwrap();
    }
    team.settle().await;
    team.asks_for_release().await;
    team.asks_for_release().await;
    assert_eq!(receiver.events(), ["countersign.finding.released"]);
    assert_eq!(team.count("SELECT count(*) FROM releases").await, 1);
    assert_eq!(team.acts().await.matches("finding.released").count(), 1);
    team.done().await;
}

#[tokio::test]
async fn what_is_not_approved_is_not_released() {
    let receiver = Receiver::start().await;
    let team = Team::that_tells(&receiver).await;
    team.asks_for_release().await;
    let raj = team.member("raj");
    raj.clicks("#research", "Reject").await;
    raj.fills(json!({"What is wrong with it?": "Not needed", "Why is it rejected?": "Too few."}))
        .await;
    team.settle().await;
    team.asks_for_release().await;
    assert!(receiver.received().is_empty());
    assert_eq!(team.count("SELECT count(*) FROM releases").await, 0);
    team.done().await;
}

#[tokio::test]
async fn a_receiver_that_is_down_gets_it_later_under_the_same_id() {
    let receiver = Receiver::start().await;
    let team = Team::that_tells(&receiver).await;
    receiver.answer(Answer::Status(500));
    receiver.answer(Answer::With(503, "retry-after", "3600"));
    team.releases().await;
    assert_snapshot!(team.how_far().await, @"Not delivered yet: (host) answered 500 Internal Server Error; next attempt (when)");

    team.wait(SignedDuration::from_mins(1)).await;
    assert_eq!(receiver.received().len(), 2);
    team.wait(SignedDuration::from_mins(50)).await;
    assert_eq!(receiver.received().len(), 2, "it was asked to wait for an hour");
    team.wait(SignedDuration::from_mins(11)).await;

    let received = receiver.received();
    assert_eq!(received.len(), 3);
    assert_eq!(received[0].body, received[2].body, "the same message has the same bytes");
    assert_eq!(received[0].id, received[2].id);
    let at = |index: usize| received[index].timestamp.parse::<i64>().unwrap();
    assert!(at(2) >= at(0) + 3_600, "the time is that of the attempt");
    assert_eq!(received[2].signature, signature(SECRET, &received[2]));
    assert_snapshot!(team.how_far().await, @"Delivered to `(host)` (when)");
    assert_snapshot!(team.acts().await, @"
    bot finding.released finding
    bot release.delivered finding
    ");
    team.done().await;
}

#[tokio::test]
async fn an_answer_that_never_comes_is_no_success_and_the_id_tells_the_repetition() {
    let receiver = Receiver::start().await;
    let team = Team::that_tells(&receiver).await;
    receiver.answer(Answer::Silence);
    team.releases().await;
    assert_snapshot!(team.how_far().await, @"Not delivered yet: (host) did not answer within 500ms; next attempt (when)");

    team.wait(SignedDuration::from_mins(1)).await;
    let [first, second] = &receiver.received()[..] else { panic!("two attempts are expected") };
    assert_eq!((&first.id, &first.body), (&second.id, &second.body));
    team.done().await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let receiver = Receiver::start().await;
    let team = Team::that_tells(&receiver).await;
    for status in [301, 302, 307, 308] {
        receiver.answer(Answer::With(status, "location", "/elsewhere"));
    }
    team.releases().await;
    assert_snapshot!(team.how_far().await, @"Not delivered yet: (host) answered 301 Moved Permanently, and redirects are not followed; correct COUNTERSIGN_WEBHOOK_URL; next attempt (when)");
    for _ in 0..4 {
        team.wait(SignedDuration::from_mins(5)).await;
    }
    let paths: Vec<String> = receiver.received().into_iter().map(|one| one.path).collect();
    assert_eq!(paths, ["/hooks"; 5]);
    team.done().await;
}

#[tokio::test]
async fn a_receiver_that_wants_no_more_is_left_alone_until_somebody_sends_again() {
    let receiver = Receiver::start().await;
    let team = Team::that_tells(&receiver).await;
    receiver.answer(Answer::Status(410));
    team.releases().await;
    team.wait(SignedDuration::from_hours(12)).await;
    assert_eq!(receiver.received().len(), 1);
    assert_snapshot!(team.told(), @"
    :warning: *Not delivered*: `(host)` did not get the release of the finding “what do people dislike about the sound?” (revision 1).
    After one attempt: (host) answered 410 Gone, which means that it wants no more messages.
    [Send again]
    ");

    let refused = team.member("lena").clicks("#research", "Send again").await;
    assert_snapshot!(refused, @"This finding needs a decision from research-reviewers; you are not in that group.");
    team.settle().await;
    assert_eq!(receiver.received().len(), 1);

    receiver.answer(Answer::Status(500));
    assert_snapshot!(team.member("maya").clicks("#research", "Send again").await, @"");
    team.settle().await;
    assert_snapshot!(team.told(), @"The release of the finding “what do people dislike about the sound?” (revision 1) is being sent to `(host)` again.");
    team.wait(SignedDuration::from_mins(1)).await;
    assert_snapshot!(team.told(), @":white_check_mark: *Delivered after all*: `(host)` got the release of the finding “what do people dislike about the sound?” (revision 1) (when), after 3 attempts.");
    let received = receiver.received();
    assert_eq!(received.len(), 3);
    assert!(received.iter().all(|one| one.id == received[0].id));
    assert_snapshot!(team.acts().await, @"
    bot finding.released finding
    bot release.undelivered finding
    maya release.sent_again finding
    bot release.delivered finding
    ");
    team.done().await;
}

#[tokio::test]
async fn what_does_not_arrive_for_days_is_told_to_the_channel() {
    let receiver = Receiver::start().await;
    let team = Team::that_tells(&receiver).await;
    for _ in 0..40 {
        receiver.answer(Answer::Status(500));
    }
    team.releases().await;
    for _ in 0..25 {
        team.wait(SignedDuration::from_hours(7)).await;
    }
    assert_eq!(receiver.received().len(), 20);
    assert_snapshot!(team.told(), @"
    :warning: *Not delivered*: `(host)` did not get the release of the finding “what do people dislike about the sound?” (revision 1).
    After 20 attempts: (host) answered 500 Internal Server Error.
    [Send again]
    ");
    assert_snapshot!(team.how_far().await, @":warning: Not delivered, and given up: (host) answered 500 Internal Server Error");
    assert_snapshot!(team.acts().await, @"
    bot finding.released finding
    bot release.undelivered finding
    ");

    let raj = team.member("raj");
    raj.clicks("#research", "Send again").await;
    team.settle().await;
    let said = raj.try_click("#research", "Send again").await.unwrap_err();
    assert!(said.contains("Send again"), "the button is gone: {said}");
    team.revokes("It took too long.").await;
    team.settle().await;
    assert_snapshot!(team.how_far().await, @"
    Not sent to `(host)` any more: it was called back
    Not delivered yet: (host) answered 500 Internal Server Error; next attempt (when)
    ");
    for _ in 0..25 {
        team.wait(SignedDuration::from_hours(7)).await;
    }
    assert_eq!(receiver.events().iter().filter(|event| event.ends_with("released")).count(), 21);
    team.forgets_what_was_given_up().await;
    team.done().await;
}

#[tokio::test]
async fn while_a_secret_is_changed_either_verifies() {
    let receiver = Receiver::start().await;
    let team = Team::that_tells_as(Some(receiver.webhook_with(Some(OLD_SECRET)))).await;
    team.releases().await;
    let received = &receiver.received()[0];
    let both = [signature(SECRET, received), signature(OLD_SECRET, received)];
    assert_eq!(received.signature, both.join(" "));
    team.done().await;
}

#[tokio::test]
async fn a_release_that_is_called_back_before_it_went_out_never_does() {
    let receiver = Receiver::start().await;
    let team = Team::that_tells(&receiver).await;
    receiver.answer(Answer::Status(503));
    team.releases().await;
    team.revokes("The price is wrong.").await;
    team.settle().await;
    for _ in 0..3 {
        team.wait(SignedDuration::from_hours(1)).await;
    }
    assert_eq!(receiver.events(), ["countersign.finding.released", "countersign.finding.revoked"]);
    let [released, revoked] = &receiver.received()[..] else { panic!() };
    let data = &revoked.json()["data"];
    assert_eq!(data["revokes"]["id"], released.id);
    assert_eq!(data["reason"], "The price is wrong.");
    assert_eq!(data["revoked_by"]["person"], "U0DANA0000");
    assert_eq!(revoked.signature, signature(SECRET, revoked));
    assert_ne!(revoked.id, released.id);
    assert_snapshot!(team.how_far().await, @"
    Not sent to `(host)` any more: it was called back
    Told `(host)` of the revocation (when)
    ");
    team.done().await;
}

#[tokio::test]
async fn whoever_may_decide_calls_it_back_and_receiver_and_channel_are_told() {
    let receiver = Receiver::start().await;
    let team = Team::that_tells(&receiver).await;
    team.releases().await;
    assert_ne!(team.member("lena").clicks("#research", "Revoke").await, "");
    let dana = team.member("dana");
    assert_eq!(dana.clicks("#research", "Revoke").await, "");
    assert_eq!(dana.submits("Why is it called back?", "The price is wrong.").await, "");
    team.settle().await;
    assert_eq!(receiver.events(), ["countersign.finding.released", "countersign.finding.revoked"]);
    assert_eq!(receiver.received()[1].json()["data"]["reason"], "The price is wrong.");
    let channel = team.channel("#research");
    assert!(channel.contains("was revoked (when): The price is wrong."), "{channel}");
    assert!(channel.contains("of the revocation (when)"), "{channel}");
    for status in team.sandbox.redeliver(10).await {
        assert_eq!(status, 200);
    }
    team.settle().await;
    assert_eq!(receiver.received().len(), 2, "a repeated form tells nobody again");
    assert_snapshot!(team.acts().await, @"
    bot finding.released finding
    bot release.delivered finding
    dana finding.revoked finding
    bot release.delivered finding
    ");
    team.done().await;
}

#[tokio::test]
async fn a_revocation_waits_for_the_release_that_is_on_its_way() {
    let receiver = Receiver::start().await;
    let mut webhook = receiver.webhook();
    webhook.timeout = std::time::Duration::from_secs(20);
    let team = Team::that_tells_as(Some(webhook)).await;
    receiver.answer(Answer::Held(200));
    team.approves().await;
    let revoking = async {
        receiver.reached().await;
        team.revokes("The price is wrong.").await;
        assert_eq!(receiver.events(), ["countersign.finding.released"]);
        receiver.release();
    };
    tokio::join!(team.settle(), revoking);
    team.wait(SignedDuration::from_mins(2)).await;
    assert_eq!(receiver.events(), ["countersign.finding.released", "countersign.finding.revoked"]);
    assert_snapshot!(team.how_far().await, @"
    Delivered to `(host)` (when)
    Told `(host)` of the revocation (when)
    ");
    team.done().await;
}

#[tokio::test]
async fn a_release_that_fails_while_it_is_called_back_is_not_tried_again() {
    let receiver = Receiver::start().await;
    let mut webhook = receiver.webhook();
    webhook.timeout = std::time::Duration::from_secs(20);
    let team = Team::that_tells_as(Some(webhook)).await;
    receiver.answer(Answer::Held(503));
    team.approves().await;
    let revoking = async {
        receiver.reached().await;
        team.revokes("The price is wrong.").await;
        receiver.release();
    };
    tokio::join!(team.settle(), revoking);
    team.wait(SignedDuration::from_mins(2)).await;
    team.wait(SignedDuration::from_hours(2)).await;
    assert_eq!(receiver.events(), ["countersign.finding.released", "countersign.finding.revoked"]);
    assert_snapshot!(team.how_far().await, @"
    Not sent to `(host)` any more: it was called back
    Told `(host)` of the revocation (when)
    ");
    team.done().await;
}

#[tokio::test]
async fn a_revocation_does_not_overtake_even_where_the_queue_would_let_it() {
    let receiver = Receiver::start().await;
    let team = Team::that_tells(&receiver).await;
    receiver.answer(Answer::Status(503));
    team.releases().await;
    // As another replica would have left it at this moment.
    sqlx::query("UPDATE dispatches SET sending_since = now()").execute(team.db()).await.unwrap();
    team.revokes("The price is wrong.").await;
    team.settle().await;
    assert_eq!(receiver.events(), ["countersign.finding.released"]);
    // That replica is gone: what it had begun is over.
    for _ in 0..2 {
        team.wait(SignedDuration::from_mins(2)).await;
    }
    assert_eq!(receiver.events(), ["countersign.finding.released", "countersign.finding.revoked"]);
    team.done().await;
}

#[tokio::test]
async fn a_text_that_was_changed_behind_the_decision_is_not_released() {
    let receiver = Receiver::start().await;
    let team = Team::that_tells(&receiver).await;
    team.approves().await;
    team.is_tampered_with().await;
    team.settle().await;
    for _ in 0..3 {
        team.asks_for_release().await;
    }
    assert!(receiver.received().is_empty());
    assert_eq!(team.count("SELECT count(*) FROM releases").await, 0);
    assert_snapshot!(team.told(), @":no_entry: *Not released*: what is stored of “what do people dislike about the sound?” is not what was decided on, so it did not leave the house. Whoever runs Countersign can find out who changed it; a new revision needs new decisions.");
    assert_snapshot!(team.acts().await, @"bot finding.release_refused finding");
    team.done().await;
}

#[tokio::test]
async fn a_text_that_was_changed_before_an_attempt_is_not_sent() {
    let receiver = Receiver::start().await;
    let team = Team::that_tells(&receiver).await;
    receiver.answer(Answer::Status(503));
    team.releases().await;
    team.is_tampered_with().await;
    team.wait(SignedDuration::from_mins(1)).await;
    team.wait(SignedDuration::from_hours(9)).await;
    assert_eq!(receiver.received().len(), 1);
    assert_snapshot!(team.told(), @"
    :warning: *Not delivered*: `(host)` did not get the release of the finding “what do people dislike about the sound?” (revision 1).
    After 2 attempts: what is stored is not what was decided on any more, so it was not sent.
    [Send again]
    ");
    assert_snapshot!(team.acts().await, @"
    bot finding.released finding
    bot finding.release_refused finding
    ");
    team.done().await;
}

#[tokio::test]
async fn no_address_and_no_secret_is_shown_or_stored() {
    let receiver = Receiver::start().await;
    let team = Team::that_tells(&receiver).await;
    receiver.answer(Answer::Silence);
    receiver.answer(Answer::Status(410));
    team.releases().await;
    team.wait(SignedDuration::from_mins(1)).await;
    let stored: String = sqlx::query_scalar(
        "SELECT (SELECT string_agg(dispatches::text, '') FROM dispatches)
            || (SELECT string_agg(convert_from(payload, 'UTF8'), '') FROM audit.entries)",
    )
    .fetch_one(team.db())
    .await
    .unwrap();
    for said in [stored, team.channel("#research")] {
        assert!(!said.contains("hidden") && !said.contains("whsec_"), "{said}");
    }
    team.done().await;
}
