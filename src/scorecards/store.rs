//! The SQL of scorecards: what was recorded elsewhere, counted by agent.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;

use super::measured::{self, Measured};
use super::{Calls, HandOffs, Last, Runs, Scorecard, Tests, versions};
use crate::agents::Cost;
use crate::error::Result;
use crate::ids::WorkspaceId;
use crate::leads::handoffs;
use crate::{alerts, drafts, experiments};

/// The scorecards of all agents of whom there is anything to count, by name.
pub(super) async fn cards(
    db: &PgPool,
    workspace: WorkspaceId,
    midnight: Timestamp,
    until: Timestamp,
) -> Result<BTreeMap<String, Scorecard>> {
    let mut cards = BTreeMap::new();
    count_runs(db, workspace, midnight, &mut cards).await?;
    count_calls(db, workspace, midnight, &mut cards).await?;
    count_opinions(db, workspace, &mut cards).await?;
    count_tests(db, workspace, &mut cards).await?;
    find_last(db, workspace, &mut cards).await?;
    let rules = alerts::rule_cards(db, workspace, ever()).await?;
    if !rules.is_empty() {
        cards.entry(alerts::AGENT.to_owned()).or_default().alerts = rules;
    }
    for (_, sales) in handoffs::tallies(db, workspace, ever()).await? {
        let card = cards.entry(handoffs::AGENT.to_owned()).or_default();
        let all = card.hand_offs.get_or_insert(HandOffs { handed_over: 0, won: 0 });
        all.handed_over += sales.handed_over;
        all.won += sales.won;
    }
    let mut versions: BTreeMap<String, Vec<(String, Measured)>> = BTreeMap::new();
    let until_now = Timestamp::UNIX_EPOCH..until;
    for ((agent, version), measured) in measured::read(db, workspace, &until_now).await? {
        cards.entry(agent.clone()).or_default().measured += measured.clone();
        if let Some(version) = version {
            versions.entry(agent).or_default().push((version, measured));
        }
    }
    for (agent, measured) in versions {
        cards.entry(agent).or_default().versions = versions::in_order(measured);
    }
    Ok(cards)
}

/// From when there could be anything.
fn ever() -> Range<Timestamp> {
    Timestamp::UNIX_EPOCH..Timestamp::MAX
}

type Cards = BTreeMap<String, Scorecard>;

async fn count_runs(
    db: &PgPool,
    workspace: WorkspaceId,
    midnight: Timestamp,
    cards: &mut Cards,
) -> Result<()> {
    let rows = sqlx::query!(
        r#"
        SELECT agent AS "agent!", count(*) AS "total!",
               count(*) FILTER (WHERE requested_at >= $2) AS "today!",
               count(*) FILTER (WHERE state = 'done') AS "answered!",
               count(*) FILTER (WHERE state = 'empty') AS "found_nothing!",
               count(*) FILTER (WHERE state = 'failed') AS "failed!",
               count(*) FILTER (WHERE state = 'stopped') AS "stopped!",
               count(*) FILTER (WHERE state IN ('queued', 'running', 'writing')) AS "under_way!",
               count(fell_back) AS "fell_back!"
        FROM (
            SELECT agent, requested_at, state, fell_back
            FROM runs
            WHERE workspace_id = $1
            UNION ALL
            SELECT $3, requested_at, state, NULL
            FROM campaigns
            WHERE workspace_id = $1
        ) AS work
        GROUP BY agent
        "#,
        workspace.0,
        midnight.to_sqlx() as _,
        drafts::AGENT,
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        cards.entry(row.agent).or_default().runs = Runs {
            total: row.total.try_into()?,
            today: row.today.try_into()?,
            answered: row.answered.try_into()?,
            found_nothing: row.found_nothing.try_into()?,
            failed: row.failed.try_into()?,
            stopped: row.stopped.try_into()?,
            under_way: row.under_way.try_into()?,
            fell_back: row.fell_back.try_into()?,
        };
    }
    Ok(())
}

/// Budgets count what calls were for, and an estimate of what providers said nothing of.
async fn count_calls(
    db: &PgPool,
    workspace: WorkspaceId,
    midnight: Timestamp,
    cards: &mut Cards,
) -> Result<()> {
    let rows = sqlx::query!(
        r#"
        SELECT agent, count(*) AS "total!",
               count(*) FILTER (WHERE outcome = 'answered') AS "answered!",
               coalesce(sum(input_tokens), 0)::bigint AS "input_tokens!",
               coalesce(sum(output_tokens), 0)::bigint AS "output_tokens!",
               count(DISTINCT subject) FILTER (WHERE started_at >= $2) AS "runs_today!",
               coalesce(sum(counted_tokens) FILTER (WHERE started_at >= $2), 0)::bigint
                   AS "tokens_today!"
        FROM model_calls
        WHERE workspace_id = $1
        GROUP BY agent
        "#,
        workspace.0,
        midnight.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        cards.entry(row.agent).or_default().models = Calls {
            total: row.total.try_into()?,
            answered: row.answered.try_into()?,
            input_tokens: row.input_tokens.try_into()?,
            output_tokens: row.output_tokens.try_into()?,
            costs: Vec::new(),
            runs_today: row.runs_today.try_into()?,
            tokens_today: row.tokens_today.try_into()?,
        };
    }
    let costs = sqlx::query!(
        r#"
        SELECT agent, currency AS "currency!", sum(cost) AS "amount!"
        FROM model_calls
        WHERE workspace_id = $1 AND currency IS NOT NULL
        GROUP BY agent, currency
        ORDER BY currency
        "#,
        workspace.0,
    )
    .fetch_all(db)
    .await?;
    for row in costs {
        let cost = Cost { amount: row.amount, currency: row.currency };
        cards.entry(row.agent).or_default().models.costs.push(cost);
    }
    Ok(())
}

async fn count_opinions(db: &PgPool, workspace: WorkspaceId, cards: &mut Cards) -> Result<()> {
    let rows = sqlx::query!(
        r#"
        SELECT agent AS "agent!",
               count(*) FILTER (WHERE kind = 'useful' AND ended_at IS NULL) AS "useful!",
               count(*) FILTER (WHERE kind = 'not_useful' AND ended_at IS NULL) AS "not_useful!",
               count(*) FILTER (WHERE kind = 'disputed' AND ended_at IS NULL) AS "disputed!",
               count(*) FILTER (WHERE kind = 'disputed' AND ended_at IS NOT NULL) AS "withdrawn!"
        FROM opinions
        WHERE workspace_id = $1 AND agent IS NOT NULL
        GROUP BY agent
        "#,
        workspace.0,
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        let card = cards.entry(row.agent).or_default();
        card.useful = row.useful.try_into()?;
        card.not_useful = row.not_useful.try_into()?;
        card.disputed = row.disputed.try_into()?;
        card.disputes_withdrawn = row.withdrawn.try_into()?;
    }
    Ok(())
}

async fn count_tests(db: &PgPool, workspace: WorkspaceId, cards: &mut Cards) -> Result<()> {
    let row = sqlx::query!(
        r#"
        SELECT count(*) AS "started!", count(ended_by) AS "decided!"
        FROM experiments
        WHERE workspace_id = $1 AND started_at IS NOT NULL
        "#,
        workspace.0,
    )
    .fetch_one(db)
    .await?;
    if row.started > 0 {
        cards.entry(experiments::AGENT.to_owned()).or_default().tests =
            Some(Tests { started: row.started.try_into()?, decided: row.decided.try_into()? });
    }
    Ok(())
}

/// The last run; of agents that run elsewhere, the last thing that they put up.
async fn find_last(db: &PgPool, workspace: WorkspaceId, cards: &mut Cards) -> Result<()> {
    let rows = sqlx::query!(
        r#"
        SELECT DISTINCT ON (agent) agent AS "agent!", at AS "at!: jiff_sqlx::Timestamp",
               outcome AS "outcome!"
        FROM (
            (
                SELECT DISTINCT ON (agent) agent, requested_at AS at, state AS outcome, true AS is_run
                FROM runs
                WHERE workspace_id = $1
                ORDER BY agent, requested_at DESC, id DESC
            )
            UNION ALL
            (
                SELECT $2, requested_at, state, true
                FROM campaigns
                WHERE workspace_id = $1
                ORDER BY requested_at DESC, id DESC
                LIMIT 1
            )
            UNION ALL
            (
                SELECT DISTINCT ON (agent) agent, opened_at, state, false
                FROM reviews
                WHERE workspace_id = $1 AND agent IS NOT NULL
                ORDER BY agent, opened_at DESC, id DESC
            )
        ) AS acts
        ORDER BY agent, is_run DESC
        "#,
        workspace.0,
        drafts::AGENT,
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        let last = Last { at: row.at.to_jiff(), outcome: row.outcome };
        cards.entry(row.agent).or_default().last = Some(last);
    }
    Ok(())
}
