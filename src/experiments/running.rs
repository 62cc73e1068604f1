//! A test that runs: what is in force, since when, and what became of it.

use super::{TestPlan, store};
use crate::app::App;
use crate::error::{Refusal, Result};
use crate::ids::ExperimentId;
use crate::reviews;

/// The plan that is in force.
pub(super) async fn plan_of(app: &App, test: ExperimentId) -> Result<TestPlan> {
    let revision = store::in_force(&app.db, app.workspace.id, test).await?;
    let revision =
        revision.ok_or_else(|| Refusal::Missing(format!("Test {test} has not started.")))?;
    let content = reviews::content(&app.db, app.workspace.id, revision).await?;
    TestPlan::from_bytes(&content.bytes)
}
