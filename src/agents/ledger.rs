//! The record of calls: entered before they begin, ended whatever becomes of them.

use rust_decimal::prelude::ToPrimitive as _;
use sqlx::PgPool;
use tokio::time::Instant;

use super::budget::{self, Day};
use super::model::{Failure, Model, Reply, Tally};
use super::prompts::Rendered;
use super::spent::Cost;
use super::store::{self, Ending, NewCall};
use super::{Asking, Books};
use crate::error::Result;
use crate::ids::WorkspaceId;

/// About how many bytes of a prompt make a token; rather too few, so that estimates are rather high.
const BYTES_A_TOKEN: usize = 3;

/// A call under way. Dropped before it has ended, it is recorded as given up.
pub(super) struct Call {
    db: PgPool,
    workspace: WorkspaceId,
    id: i64,
    model: Model,
    tally: Tally,
    began: Instant,
    has_ended: bool,
}

/// Enters a call, if the agent's budget has room for one more.
///
/// Until a call has ended it counts as what it may use at most, and one replica at a time looks and
/// enters. So a budget is exceeded by no more than the call that reaches it, as far as the estimate
/// holds.
pub(super) async fn enter(
    books: &Books<'_>,
    model: &Model,
    asking: &Asking<'_>,
    rendered: &Rendered,
    max_tokens: u32,
) -> Result<Result<Call, Failure>> {
    let now = books.clock.now();
    let agent = asking.agent;
    let mut tx = books.db.begin().await?;
    if let Some(budget) = &agent.budget {
        let day = Day::of(now, books.zone)?;
        store::lock(&mut tx, books.workspace, &agent.name).await?;
        let used = store::used(&mut tx, books.workspace, &agent.name, asking.subject, &day).await?;
        if let Err(failure) = budget::check(agent, budget, &used, &day) {
            return Ok(Err(failure));
        }
    }
    let bytes = rendered.system.len() + rendered.user.len();
    let estimate = bytes / BYTES_A_TOKEN + usize::try_from(max_tokens)?;
    let call = NewCall {
        workspace: books.workspace,
        agent: &agent.name,
        subject: asking.subject,
        model: model.name(),
        prompt: &asking.prompt.name,
        prompt_version: i32::try_from(asking.prompt.version)?,
        prompt_hash: &asking.prompt.hash,
        rendered_hash: &rendered.hash,
        counted_tokens: i64::try_from(estimate)?,
    };
    let id = store::insert(&mut tx, &call, now).await?;
    tx.commit().await?;
    Ok(Ok(Call {
        db: books.db.clone(),
        workspace: books.workspace,
        id,
        model: model.clone(),
        tally: Tally::default(),
        began: Instant::now(),
        has_ended: false,
    }))
}

impl Call {
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Records how it ended; what it cost, if that is known.
    pub async fn end(mut self, answer: &Result<Reply, Failure>) -> Result<Option<Cost>> {
        self.has_ended = true;
        let (outcome, provider_model) = match answer {
            Ok(reply) => ("answered", Some(reply.model.as_str())),
            Err(failure) => (failure.name(), None),
        };
        self.record(outcome, provider_model).await
    }

    async fn record(&self, outcome: &str, provider_model: Option<&str>) -> Result<Option<Cost>> {
        let usage = self.tally.usage();
        let price = self.model.config().price.as_ref();
        let cost = usage
            .cost(price)
            .zip(price)
            .map(|(amount, price)| Cost { amount, currency: price.currency.clone() });
        let counted = match (usage.total(), outcome) {
            (Some(total), _) => Some(total),
            // It was at work, and did not say how much: the estimate stands.
            (None, "answered" | "cut_off" | "not_as_asked" | "declined" | GIVEN_UP) => None,
            (None, "timed_out") => None,
            (None, _) => Some(0),
        };
        let ending = Ending {
            outcome,
            provider_model,
            usage,
            counted_tokens: counted.and_then(|tokens| i64::try_from(tokens).ok()),
            cost: cost.as_ref(),
            duration_ms: self.began.elapsed().as_millis().to_i64().unwrap_or(i64::MAX),
        };
        store::end(&self.db, self.workspace, self.id, &ending).await?;
        Ok(cost)
    }
}

const GIVEN_UP: &str = "given_up";

impl Drop for Call {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let call = Self {
            db: self.db.clone(),
            workspace: self.workspace,
            id: self.id,
            model: self.model.clone(),
            tally: self.tally.clone(),
            began: self.began,
            has_ended: true,
        };
        runtime.spawn(async move {
            if let Err(error) = call.record(GIVEN_UP, None).await {
                tracing::warn!("a call that was given up stays open in the record: {error}");
            }
        });
    }
}
