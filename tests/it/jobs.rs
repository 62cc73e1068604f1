//! What is done later: again after a failure, once, and for its own workspace only.

use countersign::ids::WorkspaceId;
use countersign::jobs::{self, Job};
use countersign::sandbox::{Fault, FaultKind};
use jiff::SignedDuration;

use crate::harness::Team;

const REVIEWS: &str = "id,text
R-1,The sound is tinny and the bass is missing.
R-2,Sound quality is poor at high volume.
";

const QUESTION: &str = "/research what do people dislike about the sound?";

#[tokio::test]
async fn a_card_that_slack_refused_for_a_while_is_posted_once() {
    let team = Team::start().await;
    team.has_documents("reviews", REVIEWS).await;
    let down = Fault { code: Some("internal_error".to_owned()), ..Fault::new(FaultKind::Error) };
    team.sandbox.fault(down.on("chat.postMessage").times(2));
    team.member("maya").types("#research", QUESTION).await;
    team.settle().await;
    assert!(!team.channel("#research").contains("[Approve]"));

    for _ in 0..3 {
        team.wait(SignedDuration::from_mins(1)).await;
    }

    assert_eq!(team.channel("#research").matches("[Approve]").count(), 1);
    team.done().await;
}

#[tokio::test]
async fn another_workspaces_jobs_are_left_alone() {
    let team = Team::start().await;
    let mut tx = team.db().begin().await.unwrap();
    let other = WorkspaceId(team.app.workspace.id.0 + 1);
    let job = Job::ShowHome { person: "U0STRANGER".into() };
    jobs::enqueue(&mut tx, other, job).await.unwrap();
    tx.commit().await.unwrap();

    team.settle().await;

    let waiting = "SELECT count(*) FROM graphile_worker._private_jobs WHERE attempts = 0";
    assert_eq!(team.count(waiting).await, 1);
    sqlx::query("DELETE FROM graphile_worker._private_jobs").execute(team.db()).await.unwrap();
    team.done().await;
}

#[tokio::test]
async fn two_waiting_jobs_with_one_key_are_one() {
    let team = Team::start().await;
    let mut tx = team.db().begin().await.unwrap();
    for _ in 0..5 {
        let job = Job::ShowHome { person: "U0MAYA0000".into() };
        jobs::enqueue(&mut tx, team.app.workspace.id, job).await.unwrap();
    }
    tx.commit().await.unwrap();
    team.settle().await;

    let calls = team.sandbox.calls();
    assert_eq!(calls.iter().filter(|call| call.method == "views.publish").count(), 1);
    team.done().await;
}
