//! The one card of a test, kept as it stands.

use super::readout_card::{self, Around, subject};
use super::running::{self, Ended, EndedBy, Test};
use super::{TestDecision, picture, store};
use crate::app::App;
use crate::config::SubjectKind;
use crate::error::Result;
use crate::ids::{ExperimentId, PersonId, TestDecisionId};
use crate::jobs::{self, Job};
use crate::reviews::{self, Review, Sent};
use crate::slack::Place;

/// Makes Slack show a test as it stands, where its plan was put up.
pub async fn show(app: &App, test: ExperimentId) -> Result<()> {
    let Some(test) = running::find(app, test).await? else { return Ok(()) };
    let picture = picture::of(app, &test).await?;
    let around = Around { picture, ..around(app, &test).await? };
    let today = app.now().to_zoned(app.manifest.zone.clone()).date();
    let card = readout_card::card(&test, &around, today).finish();
    let sent = Sent {
        subject: &subject(test.running.id),
        place: Place { channel: test.review.channel.clone(), thread: test.review.thread.clone() },
        title: &test.plan.name,
        requested_by: &test.review.requested_by,
        review: Some(test.review.id),
    };
    reviews::post(app, &sent, &card).await?;
    Ok(())
}

/// Has the card of the test that a review is about shown again: its plan, the plan that is to take its
/// place, or a decision.
pub async fn about(app: &App, review: &Review) -> Result<()> {
    let workspace = app.workspace.id;
    let tests = match review.subject {
        SubjectKind::TestDecision => {
            let decision = TestDecisionId(review.subject_id);
            store::test_of(&app.db, workspace, decision).await?.into_iter().collect()
        }
        _ => {
            let id = ExperimentId(review.subject_id);
            let mut tests = vec![id];
            tests.extend(store::replaces(&app.db, workspace, id).await?);
            tests
        }
    };
    let mut tx = app.db.begin().await?;
    for test in tests {
        if store::lock(&mut tx, workspace, test).await?.is_some() {
            jobs::enqueue(&mut tx, workspace, Job::ShowTest { test }).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// What stands beside a test: what waits, or how it was decided.
pub(super) async fn around(app: &App, test: &Test) -> Result<Around> {
    let mut db = app.db.acquire().await?;
    let waiting = store::waiting(&mut db, app.workspace.id, test.running.id).await?;
    drop(db);
    let decided = match test.running.ended {
        Some(Ended { by: EndedBy::Decision(decision), .. }) => decided(app, decision).await?,
        _ => None,
    };
    Ok(Around { waiting, decided, picture: None })
}

async fn decided(
    app: &App,
    decision: TestDecisionId,
) -> Result<Option<(TestDecision, Vec<PersonId>)>> {
    let workspace = app.workspace.id;
    let kind = SubjectKind::TestDecision;
    let Some(review) = reviews::of_subject(&app.db, workspace, kind, decision.0).await? else {
        return Ok(None);
    };
    let Some(review) = reviews::find(&app.db, workspace, review).await? else { return Ok(None) };
    let content = reviews::content(&app.db, workspace, review.revision).await?;
    let by = review.decisions.iter().map(|it| it.person.clone()).collect();
    Ok(Some((TestDecision::from_bytes(&content.bytes)?, by)))
}
