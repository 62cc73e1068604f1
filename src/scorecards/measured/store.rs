//! The SQL of what came of a stretch of work: one query a kind of thing, for all agents and versions.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;

use super::{Measured, Ratio, Share, Waits};
use crate::alerts;
use crate::error::Result;
use crate::ids::WorkspaceId;
use crate::leads::handoffs;
use crate::scorecards::Decisions;

/// By agent, and by what it calls the version that did it; none where nobody says.
pub type ByVersion = BTreeMap<(String, Option<String>), Measured>;

/// What was made, decided, judged and paid in that time.
pub async fn read(
    db: &PgPool,
    workspace: WorkspaceId,
    within: &Range<Timestamp>,
) -> Result<ByVersion> {
    let mut all = ByVersion::new();
    read_first_texts(db, workspace, within, &mut all).await?;
    read_reviews(db, workspace, within, &mut all).await?;
    read_decisions(db, workspace, within, &mut all).await?;
    read_editing(db, workspace, within, &mut all).await?;
    read_calls(db, workspace, within, &mut all).await?;
    read_costs(db, workspace, within, &mut all).await?;
    for rule in alerts::rule_cards(db, workspace, within.clone()).await? {
        let of = rule.useful + rule.not_useful;
        let measured = all.entry((alerts::AGENT.to_owned(), None)).or_default();
        measured.alert_precision += Share { of, hits: rule.useful };
    }
    for (version, sales) in handoffs::tallies(db, workspace, within.clone()).await? {
        let version = Some(version).filter(|version| !version.is_empty());
        let measured = all.entry((handoffs::AGENT.to_owned(), version)).or_default();
        let of = sales.accepted + sales.returned;
        *measured += Measured {
            first_at: Some(sales.first_at),
            last_at: Some(sales.last_at),
            acceptance: Share { of, hits: sales.accepted },
            ..Measured::default()
        };
    }
    Ok(all)
}

async fn read_first_texts(
    db: &PgPool,
    workspace: WorkspaceId,
    within: &Range<Timestamp>,
    all: &mut ByVersion,
) -> Result<()> {
    let rows = sqlx::query!(
        r#"
        SELECT agent AS "agent!", version, count(*) AS "put_up!", count(disputed.subject_id) AS "disputed!",
               min(created_at) AS "first_at!: jiff_sqlx::Timestamp",
               max(created_at) AS "last_at!: jiff_sqlx::Timestamp",
               count(*) FILTER (WHERE rules_tested > 0) AS "checked!",
               coalesce(sum(rules_passed), 0)::float8 AS "passed!",
               coalesce(sum(rules_tested), 0)::float8 AS "tested!",
               coalesce(sum(rules_passed * rules_passed), 0)::float8 AS "passed_squared!",
               coalesce(sum(rules_tested * rules_tested), 0)::float8 AS "tested_squared!",
               coalesce(sum(rules_passed * rules_tested), 0)::float8 AS "passed_tested!",
               count(*) FILTER (WHERE claims_kept + claims_cut > 0) AS "claiming!",
               coalesce(sum(claims_cut), 0)::float8 AS "cut!",
               coalesce(sum(claims_kept + claims_cut), 0)::float8 AS "claims!",
               coalesce(sum(claims_cut * claims_cut), 0)::float8 AS "cut_squared!",
               coalesce(sum((claims_kept + claims_cut) ^ 2), 0)::float8 AS "claims_squared!",
               coalesce(sum(claims_cut * (claims_kept + claims_cut)), 0)::float8 AS "cut_claims!"
        FROM reviews
        JOIN revisions AS first USING (workspace_id, subject_kind, subject_id)
        LEFT JOIN (
            SELECT DISTINCT subject_kind, subject_id
            FROM opinions
            WHERE workspace_id = $1 AND kind = 'disputed' AND ended_at IS NULL
        ) AS disputed USING (subject_kind, subject_id)
        WHERE workspace_id = $1 AND agent IS NOT NULL AND number = 1
            AND created_at >= $2 AND created_at < $3
        GROUP BY agent, version
        "#,
        workspace.0,
        within.start.to_sqlx() as _,
        within.end.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        let measured = all.entry((row.agent, row.version)).or_default();
        let put_up = row.put_up.try_into()?;
        *measured += Measured {
            first_at: Some(row.first_at.to_jiff()),
            last_at: Some(row.last_at.to_jiff()),
            put_up,
            disputed_share: Share { of: put_up, hits: row.disputed.try_into()? },
            brand: Ratio {
                pieces: row.checked.try_into()?,
                part: row.passed,
                whole: row.tested,
                part_squared: row.passed_squared,
                whole_squared: row.tested_squared,
                product: row.passed_tested,
            },
            unsupported: Ratio {
                pieces: row.claiming.try_into()?,
                part: row.cut,
                whole: row.claims,
                part_squared: row.cut_squared,
                whole_squared: row.claims_squared,
                product: row.cut_claims,
            },
            ..Measured::default()
        };
    }
    Ok(())
}

/// A review counts as decided on once somebody decided it, or once a decision had its text changed.
async fn read_reviews(
    db: &PgPool,
    workspace: WorkspaceId,
    within: &Range<Timestamp>,
    all: &mut ByVersion,
) -> Result<()> {
    let rows = sqlx::query!(
        r#"
        SELECT agent AS "agent!", version,
               count(*) FILTER (
                   WHERE state IN ('approved', 'released', 'revoked', 'rejected', 'changes_requested')
                       OR (revision_id <> first.id AND EXISTS (
                           SELECT FROM decisions
                           WHERE review_id = reviews.id AND undone_at IS NULL
                       ))
               ) AS "decided!",
               count(*) FILTER (
                   WHERE state IN ('approved', 'released', 'revoked') AND revision_id = first.id
               ) AS "first_pass!"
        FROM reviews
        JOIN revisions AS first USING (workspace_id, subject_kind, subject_id)
        WHERE workspace_id = $1 AND agent IS NOT NULL AND number = 1
            AND coalesce(closed_at, asked_at) >= $2 AND coalesce(closed_at, asked_at) < $3
        GROUP BY agent, version
        "#,
        workspace.0,
        within.start.to_sqlx() as _,
        within.end.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        let measured = all.entry((row.agent, row.version)).or_default();
        measured.first_pass =
            Share { of: row.decided.try_into()?, hits: row.first_pass.try_into()? };
    }
    Ok(())
}

async fn read_decisions(
    db: &PgPool,
    workspace: WorkspaceId,
    within: &Range<Timestamp>,
    all: &mut ByVersion,
) -> Result<()> {
    let rows = sqlx::query!(
        r#"
        SELECT agent AS "agent!", version,
               count(*) FILTER (WHERE verdict = 'approve') AS "approved!",
               count(*) FILTER (WHERE verdict = 'request_changes') AS "changes_requested!",
               count(*) FILTER (WHERE verdict = 'reject') AS "rejected!",
               array_agg(open_s ORDER BY open_s) FILTER (WHERE open_s IS NOT NULL) AS waits
        FROM decisions
        JOIN reviews ON reviews.id = review_id
        JOIN revisions AS first
            ON first.workspace_id = reviews.workspace_id AND first.subject_kind = reviews.subject_kind
            AND first.subject_id = reviews.subject_id AND number = 1
        WHERE decisions.workspace_id = $1 AND agent IS NOT NULL AND undone_at IS NULL AND kept_from IS NULL
            AND decided_at >= $2 AND decided_at < $3
            AND NOT EXISTS (
                SELECT FROM revisions WHERE id = decisions.revision_id AND edited_by IS NOT NULL
            )
        GROUP BY agent, version
        "#,
        workspace.0,
        within.start.to_sqlx() as _,
        within.end.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        let measured = all.entry((row.agent, row.version)).or_default();
        measured.decisions = Decisions {
            approved: row.approved.try_into()?,
            changes_requested: row.changes_requested.try_into()?,
            rejected: row.rejected.try_into()?,
        };
        measured.waits = Waits::new(row.waits.unwrap_or_default());
    }
    Ok(())
}

async fn read_editing(
    db: &PgPool,
    workspace: WorkspaceId,
    within: &Range<Timestamp>,
    all: &mut ByVersion,
) -> Result<()> {
    let rows = sqlx::query!(
        r#"
        SELECT agent AS "agent!", version, count(*) AS "drafts!",
               sum(words_changed)::float8 AS "changed!", sum(drafts.words)::float8 AS "words!",
               sum(words_changed::float8 ^ 2) AS "changed_squared!",
               sum(drafts.words::float8 ^ 2) AS "words_squared!",
               sum(words_changed::float8 * drafts.words) AS "changed_words!"
        FROM drafts
        JOIN reviews ON reviews.subject_kind = 'draft' AND reviews.subject_id = drafts.id
        JOIN revisions AS first
            ON first.workspace_id = reviews.workspace_id AND first.subject_kind = reviews.subject_kind
            AND first.subject_id = reviews.subject_id AND number = 1
        WHERE drafts.workspace_id = $1 AND drafts.words IS NOT NULL AND agent IS NOT NULL
            AND closed_at >= $2 AND closed_at < $3
        GROUP BY agent, version
        "#,
        workspace.0,
        within.start.to_sqlx() as _,
        within.end.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        let measured = all.entry((row.agent, row.version)).or_default();
        measured.editing = Ratio {
            pieces: row.drafts.try_into()?,
            part: row.changed,
            whole: row.words,
            part_squared: row.changed_squared,
            whole_squared: row.words_squared,
            product: row.changed_words,
        };
    }
    Ok(())
}

/// What was asked of a model for a draft alone belongs to the work on its brief, and all of it to the
/// prompt that began it.
async fn read_calls(
    db: &PgPool,
    workspace: WorkspaceId,
    within: &Range<Timestamp>,
    all: &mut ByVersion,
) -> Result<()> {
    let rows = sqlx::query!(
        r#"
        SELECT agent AS "agent!", version AS "version!", count(outcome) AS "ended!",
               count(*) FILTER (WHERE outcome <> 'answered') AS "failed!",
               min(started_at) AS "first_at!: jiff_sqlx::Timestamp",
               max(started_at) AS "last_at!: jiff_sqlx::Timestamp"
        FROM (
            SELECT agent, outcome, started_at, first_value(prompt || '@' || prompt_version) OVER work AS version
            FROM model_calls
            LEFT JOIN drafts ON model_calls.subject = 'draft:' || drafts.id AND drafts.workspace_id = $1
            WHERE model_calls.workspace_id = $1 AND started_at >= $2 AND started_at < $3
            WINDOW work AS (
                PARTITION BY agent, coalesce('campaign:' || campaign_id, model_calls.subject)
                ORDER BY model_calls.id
            )
        ) AS calls
        GROUP BY agent, version
        "#,
        workspace.0,
        within.start.to_sqlx() as _,
        within.end.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        let measured = all.entry((row.agent, Some(row.version))).or_default();
        *measured += Measured {
            first_at: Some(row.first_at.to_jiff()),
            last_at: Some(row.last_at.to_jiff()),
            calls_failed: Share { of: row.ended.try_into()?, hits: row.failed.try_into()? },
            ..Measured::default()
        };
    }
    Ok(())
}

/// A piece is what calls were for; what was accepted of it counts whenever that was.
async fn read_costs(
    db: &PgPool,
    workspace: WorkspaceId,
    within: &Range<Timestamp>,
    all: &mut ByVersion,
) -> Result<()> {
    let rows = sqlx::query!(
        r#"
        WITH calls AS (
            SELECT agent, coalesce('campaign:' || campaign_id, model_calls.subject) AS work, cost, currency,
                   first_value(prompt || '@' || prompt_version) OVER work AS version
            FROM model_calls
            LEFT JOIN drafts ON model_calls.subject = 'draft:' || drafts.id AND drafts.workspace_id = $1
            WHERE model_calls.workspace_id = $1 AND started_at >= $2 AND started_at < $3
            WINDOW work AS (
                PARTITION BY agent, coalesce('campaign:' || campaign_id, model_calls.subject)
                ORDER BY model_calls.id
            )
        ), accepted AS (
            SELECT coalesce('run:' || run_id, 'campaign:' || campaign_id, reviews.subject_kind || ':' || subject_id)
                       AS work
            FROM reviews
            LEFT JOIN findings ON reviews.subject_kind = 'finding' AND findings.id = subject_id
            LEFT JOIN drafts ON reviews.subject_kind = 'draft' AND drafts.id = subject_id
            WHERE reviews.workspace_id = $1 AND state IN ('approved', 'released')
            UNION ALL
            SELECT 'hand_off:' || id
            FROM hand_offs
            WHERE workspace_id = $1
                AND (state IN ('claimed', 'qualified', 'won', 'lost')
                     OR (state = 'snoozed' AND claimed_at IS NOT NULL))
        ), results AS (
            SELECT work, count(*)::float8 AS accepted
            FROM accepted
            GROUP BY work
        ), pieces AS (
            SELECT agent, version, currency, work, sum(cost)::float8 AS cost
            FROM calls
            WHERE currency IS NOT NULL
            GROUP BY agent, version, currency, work
        )
        SELECT agent AS "agent!", version AS "version!", currency AS "currency!", count(*) AS "pieces!",
               sum(cost) AS "cost!", sum(coalesce(accepted, 0)) AS "accepted!",
               sum(cost * cost) AS "cost_squared!", sum(coalesce(accepted * accepted, 0)) AS "accepted_squared!",
               sum(cost * coalesce(accepted, 0)) AS "cost_accepted!"
        FROM pieces
        LEFT JOIN results USING (work)
        GROUP BY agent, version, currency
        "#,
        workspace.0,
        within.start.to_sqlx() as _,
        within.end.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        let measured = all.entry((row.agent, Some(row.version))).or_default();
        let ratio = Ratio {
            pieces: row.pieces.try_into()?,
            part: row.cost,
            whole: row.accepted,
            part_squared: row.cost_squared,
            whole_squared: row.accepted_squared,
            product: row.cost_accepted,
        };
        *measured.cost_per_accepted.entry(row.currency).or_default() += ratio;
    }
    Ok(())
}
