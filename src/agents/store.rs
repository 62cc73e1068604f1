//! The SQL of agents: what models were asked.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool};

use super::budget::{Day, Used};
use super::model::Usage;
use super::spent::{Cost, Spent};
use crate::error::Result;
use crate::ids::WorkspaceId;

/// A call that begins.
pub(super) struct NewCall<'a> {
    pub workspace: WorkspaceId,
    pub agent: &'a str,
    pub subject: &'a str,
    pub model: &'a str,
    pub prompt: &'a str,
    pub prompt_version: i32,
    pub prompt_hash: &'a str,
    pub rendered_hash: &'a str,
    pub counted_tokens: i64,
}

/// How a call ended.
pub(super) struct Ending<'a> {
    pub outcome: &'a str,
    pub provider_model: Option<&'a str>,
    pub usage: Usage,
    /// None: the estimate stands.
    pub counted_tokens: Option<i64>,
    pub cost: Option<&'a Cost>,
    pub duration_ms: i64,
}

/// Lets one replica at a time look at an agent's budget and enter a call.
pub(super) async fn lock(tx: &mut PgConnection, workspace: WorkspaceId, agent: &str) -> Result<()> {
    let name = format!("model calls of {workspace}:{agent}");
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name).execute(tx).await?;
    Ok(())
}

/// What an agent has used in a day, and whether `subject` is among what it was used for.
pub(super) async fn used(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    agent: &str,
    subject: &str,
    day: &Day,
) -> Result<Used> {
    let row = sqlx::query!(
        r#"
        SELECT count(DISTINCT subject) AS "runs!",
               coalesce(sum(counted_tokens), 0)::bigint AS "tokens!",
               coalesce(bool_or(subject = $3), false) AS "has_begun!"
        FROM model_calls
        WHERE workspace_id = $1 AND agent = $2 AND started_at >= $4 AND started_at < $5
        "#,
        workspace.0,
        agent,
        subject,
        day.from.to_sqlx() as _,
        day.until.to_sqlx() as _,
    )
    .fetch_one(tx)
    .await?;
    Ok(Used {
        runs: u64::try_from(row.runs)?,
        tokens: u64::try_from(row.tokens)?,
        has_begun: row.has_begun,
    })
}

pub(super) async fn insert(
    tx: &mut PgConnection,
    call: &NewCall<'_>,
    now: Timestamp,
) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        "
        INSERT INTO model_calls (
            workspace_id, agent, subject, model, prompt, prompt_version, prompt_hash, rendered_hash,
            counted_tokens, started_at
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        RETURNING id
        ",
        call.workspace.0,
        call.agent,
        call.subject,
        call.model,
        call.prompt,
        call.prompt_version,
        call.prompt_hash,
        call.rendered_hash,
        call.counted_tokens,
        now.to_sqlx() as _,
    )
    .fetch_one(tx)
    .await?)
}

/// Ends a call, once.
pub(super) async fn end(
    db: &PgPool,
    workspace: WorkspaceId,
    id: i64,
    ending: &Ending<'_>,
) -> Result<()> {
    let tokens = |tokens: Option<u64>| tokens.and_then(|tokens| i64::try_from(tokens).ok());
    sqlx::query!(
        "
        UPDATE model_calls
        SET outcome = $3, provider_model = $4, input_tokens = $5, output_tokens = $6,
            counted_tokens = coalesce($7, counted_tokens), cost = $8, currency = $9, duration_ms = $10
        WHERE workspace_id = $1 AND id = $2 AND outcome IS NULL
        ",
        workspace.0,
        id,
        ending.outcome,
        ending.provider_model,
        tokens(ending.usage.input_tokens),
        tokens(ending.usage.output_tokens),
        ending.counted_tokens,
        ending.cost.map(|cost| cost.amount),
        ending.cost.map(|cost| cost.currency.as_str()),
        ending.duration_ms,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn spent(
    db: &PgPool,
    workspace: WorkspaceId,
    agent: &str,
    day: &Day,
) -> Result<Spent> {
    let rows = sqlx::query!(
        r#"
        SELECT currency,
               count(*) AS "calls!",
               count(*) FILTER (WHERE outcome = 'answered') AS "answered!",
               coalesce(sum(input_tokens), 0)::bigint AS "input_tokens!",
               coalesce(sum(output_tokens), 0)::bigint AS "output_tokens!",
               sum(cost) AS cost
        FROM model_calls
        WHERE workspace_id = $1 AND agent = $2 AND started_at >= $3 AND started_at < $4
        GROUP BY currency
        ORDER BY currency
        "#,
        workspace.0,
        agent,
        day.from.to_sqlx() as _,
        day.until.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    let mut spent = Spent::default();
    for row in rows {
        spent.calls += u64::try_from(row.calls)?;
        spent.answered += u64::try_from(row.answered)?;
        spent.input_tokens += u64::try_from(row.input_tokens)?;
        spent.output_tokens += u64::try_from(row.output_tokens)?;
        let amount: Option<Decimal> = row.cost;
        spent
            .costs
            .extend(amount.zip(row.currency).map(|(amount, currency)| Cost { amount, currency }));
    }
    Ok(spent)
}
