//! The SQL of a turn: many rows travel in one statement, as columns. They are joined, because a long array
//! that is compared with is gone through anew for each row.

use std::collections::HashMap;

use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::super::super::lead::Lead;
use super::super::super::scoring::Activity;
use super::super::super::store::Row;
use crate::error::Result;
use crate::ids::{LeadId, WorkspaceId};

/// The leads that another system calls so.
pub async fn keyed(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    system: &str,
    keys: &[String],
) -> Result<HashMap<String, LeadId>> {
    let rows = sqlx::query!(
        "
        SELECT lead_keys.external_id, lead_id
        FROM UNNEST($3::text[]) AS wanted (external_id)
        JOIN lead_keys ON lead_keys.external_id = wanted.external_id
        WHERE workspace_id = $1 AND system = $2
        ",
        workspace.0,
        system,
        keys,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.external_id, LeadId(row.lead_id))).collect())
}

/// Those leads and those with these addresses, locked in the order of their ids.
pub async fn lock(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    ids: &[LeadId],
    emails: &[String],
) -> Result<Vec<Lead>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT id, email, name, phone, company, territory, source, campaign, attributes, known_as_of,
               consent, do_not_contact, stage, points, reasons, score_version,
               added_at AS "added_at: jiff_sqlx::Timestamp",
               changed_at AS "changed_at: jiff_sqlx::Timestamp",
               erased_at AS "erased_at: jiff_sqlx::Timestamp",
               merged_into
        FROM leads
        WHERE workspace_id = $1 AND id IN (
            SELECT UNNEST($2::bigint[])
            UNION
            SELECT leads.id
            FROM UNNEST($3::text[]) AS wanted (email)
            JOIN leads ON leads.workspace_id = $1 AND leads.email = wanted.email
        )
        ORDER BY id
        FOR UPDATE
        "#,
        workspace.0,
        ids as &[LeadId],
        emails,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(Lead::try_from).collect()
}

/// Ids for leads that are to be inserted.
pub async fn next_ids(tx: &mut PgConnection, count: i32) -> Result<Vec<LeadId>> {
    let ids = sqlx::query_scalar!(
        r#"
        SELECT nextval(pg_get_serial_sequence('leads', 'id')) AS "id!: LeadId"
        FROM generate_series(1, $1)
        "#,
        count,
    )
    .fetch_all(tx)
    .await?;
    Ok(ids)
}

/// What is known of leads, to be scored anew; those that are new are inserted.
pub async fn save(tx: &mut PgConnection, workspace: WorkspaceId, leads: &[&Lead]) -> Result<()> {
    if leads.is_empty() {
        return Ok(());
    }
    let it = Columns::of(leads)?;
    sqlx::query!(
        "
        INSERT INTO leads
            (workspace_id, id, email, name, phone, company, territory, source, campaign, attributes,
             known_as_of, consent, do_not_contact, stage, changed_at, added_at)
        OVERRIDING SYSTEM VALUE
        SELECT $1, *
        FROM UNNEST($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                    $8::text[], $9::text[], $10::jsonb[], $11::jsonb[], $12::boolean[],
                    $13::boolean[], $14::text[], $15::timestamptz[], $16::timestamptz[])
        ON CONFLICT ON CONSTRAINT leads_pkey DO UPDATE
        SET email = EXCLUDED.email, name = EXCLUDED.name, phone = EXCLUDED.phone,
            company = EXCLUDED.company, territory = EXCLUDED.territory, source = EXCLUDED.source,
            campaign = EXCLUDED.campaign, attributes = EXCLUDED.attributes,
            known_as_of = EXCLUDED.known_as_of, consent = EXCLUDED.consent,
            do_not_contact = EXCLUDED.do_not_contact, stage = EXCLUDED.stage,
            changed_at = EXCLUDED.changed_at, added_at = EXCLUDED.added_at, is_stale = true
        ",
        workspace.0,
        &it.ids as &[LeadId],
        &it.emails as &[Option<&str>],
        &it.names as &[Option<&str>],
        &it.phones as &[Option<&str>],
        &it.companies as &[Option<&str>],
        &it.territories as &[Option<&str>],
        &it.sources as &[Option<&str>],
        &it.campaigns as &[Option<&str>],
        &it.attributes,
        &it.known_as_of,
        &it.consents as &[Option<bool>],
        &it.do_not_contact,
        &it.stages as &[&str],
        &it.changed_at as &[jiff_sqlx::Timestamp],
        &it.added_at as &[jiff_sqlx::Timestamp],
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn add_keys(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    system: &str,
    keys: &[(String, LeadId)],
) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let (keys, leads): (Vec<&str>, Vec<LeadId>) =
        keys.iter().map(|(key, lead)| (key.as_str(), *lead)).unzip();
    sqlx::query!(
        "
        INSERT INTO lead_keys (workspace_id, system, external_id, lead_id)
        SELECT $1, $2, *
        FROM UNNEST($3::text[], $4::bigint[])
        ON CONFLICT ON CONSTRAINT lead_keys_one_lead DO NOTHING
        ",
        workspace.0,
        system,
        &keys as &[&str],
        &leads as &[LeadId],
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The lead of each activity that is new.
pub async fn insert_activities(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    activities: &[(LeadId, Activity)],
) -> Result<Vec<LeadId>> {
    if activities.is_empty() {
        return Ok(Vec::new());
    }
    let leads: Vec<LeadId> = activities.iter().map(|(lead, _)| *lead).collect();
    let kinds: Vec<&str> = activities.iter().map(|(_, it)| it.kind.as_str()).collect();
    let details: Vec<&str> = activities.iter().map(|(_, it)| it.detail.as_str()).collect();
    let times: Vec<_> = activities.iter().map(|(_, it)| it.at.to_sqlx()).collect();
    let inserted = sqlx::query_scalar!(
        r#"
        INSERT INTO lead_activities (workspace_id, lead_id, kind, detail, at)
        SELECT $1, *
        FROM UNNEST($2::bigint[], $3::text[], $4::text[], $5::timestamptz[])
        ON CONFLICT ON CONSTRAINT lead_activities_once DO NOTHING
        RETURNING lead_id AS "lead_id: LeadId"
        "#,
        workspace.0,
        &leads as &[LeadId],
        &kinds as &[&str],
        &details as &[&str],
        &times as &[jiff_sqlx::Timestamp],
    )
    .fetch_all(tx)
    .await?;
    Ok(inserted)
}

pub async fn set_stale(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    leads: &[LeadId],
) -> Result<()> {
    if leads.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "
        UPDATE leads
        SET is_stale = true
        WHERE workspace_id = $1 AND id IN (SELECT UNNEST($2::bigint[])) AND NOT is_stale
        ",
        workspace.0,
        leads as &[LeadId],
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Leads as the columns of a table.
struct Columns<'a> {
    ids: Vec<LeadId>,
    emails: Vec<Option<&'a str>>,
    names: Vec<Option<&'a str>>,
    phones: Vec<Option<&'a str>>,
    companies: Vec<Option<&'a str>>,
    territories: Vec<Option<&'a str>>,
    sources: Vec<Option<&'a str>>,
    campaigns: Vec<Option<&'a str>>,
    attributes: Vec<serde_json::Value>,
    known_as_of: Vec<serde_json::Value>,
    consents: Vec<Option<bool>>,
    do_not_contact: Vec<bool>,
    stages: Vec<&'a str>,
    changed_at: Vec<jiff_sqlx::Timestamp>,
    added_at: Vec<jiff_sqlx::Timestamp>,
}

impl<'a> Columns<'a> {
    fn of(leads: &'a [&'a Lead]) -> Result<Self> {
        let text = |of: fn(&Lead) -> &Option<String>| -> Vec<Option<&'a str>> {
            leads.iter().map(|lead| of(lead).as_deref()).collect()
        };
        let attributes = leads.iter().map(|it| serde_json::to_value(&it.attributes));
        let known_as_of = leads.iter().map(|it| serde_json::to_value(&it.known_as_of));
        Ok(Self {
            ids: leads.iter().map(|it| it.id).collect(),
            emails: text(|it| &it.contact.email),
            names: text(|it| &it.contact.name),
            phones: text(|it| &it.contact.phone),
            companies: text(|it| &it.company),
            territories: text(|it| &it.territory),
            sources: text(|it| &it.source),
            campaigns: text(|it| &it.campaign),
            attributes: attributes.collect::<Result<_, _>>()?,
            known_as_of: known_as_of.collect::<Result<_, _>>()?,
            consents: leads.iter().map(|it| it.consent).collect(),
            do_not_contact: leads.iter().map(|it| it.do_not_contact).collect(),
            stages: leads.iter().map(|it| it.stage.name()).collect(),
            changed_at: leads.iter().map(|it| it.changed_at.to_sqlx()).collect(),
            added_at: leads.iter().map(|it| it.added_at.to_sqlx()).collect(),
        })
    }
}
