//! What a note is made of: all that is known of a lead and of its hand-off.

use jiff::{Timestamp, ToSpan};

use super::super::lead::{EMPLOYEES, INDUSTRY, JOB_TITLE, Lead};
use super::super::scoring::Activity;
use super::super::store as leads;
use super::hand_off::{HandOff, State};
use super::history::{self, Happened};
use super::note;
use crate::app::App;
use crate::error::{Error, Result};
use crate::readings::{self, Derived, Filter};
use crate::slack::escape;
use crate::words::amount;

/// What a note is made of.
pub struct Facts {
    pub hand_off: HandOff,
    pub lead: Lead,
    pub activities: Vec<Activity>,
    /// What became of it before, the newest first.
    pub before: Vec<State>,
    pub happened: Vec<Happened>,
    /// What its campaign cost, as a sentence; none where nothing is on record.
    pub cost: Option<String>,
    pub now: Timestamp,
}

pub async fn gather(app: &App, hand_off: HandOff) -> Result<Facts> {
    let (db, workspace, now) = (&app.db, app.workspace.id, app.now());
    let lead = leads::find(db, workspace, hand_off.lead).await?;
    let activities = leads::activities(db, workspace, lead.id, ACTS).await?;
    let before = history::answers_before(db, workspace, &hand_off).await?;
    let mut connection = db.acquire().await?;
    let happened = history::happened(&mut connection, workspace, hand_off.id).await?;
    drop(connection);
    let cost = cost(app, &lead, now).await?;
    Ok(Facts { hand_off, lead, activities, before, happened, cost, now })
}

/// What the lead's campaign has cost lately, where readings know a campaign of that name.
async fn cost(app: &App, lead: &Lead, now: Timestamp) -> Result<Option<String>> {
    let Some(campaign) = lead.campaign.clone() else { return Ok(None) };
    let today = now.to_zoned(app.manifest.zone.clone()).date();
    let from = today.checked_sub(COST_DAYS.days()).ok();
    let filter = Filter { campaign: Some(campaign), from, ..Filter::default() };
    let sums = readings::sums(&app.db, app.workspace.id, &filter, &[]).await;
    let Some(group) = (match sums {
        Ok(groups) => groups.into_iter().next(),
        // Several currencies cannot be added up, so nothing is said.
        Err(Error::Refused(_)) => None,
        Err(fault) => return Err(fault),
    }) else {
        return Ok(None);
    };
    let Some((spend, currency)) = group.sums.get(&readings::Metric::from("spend")) else {
        return Ok(None);
    };
    let spent =
        amount(spend.to_f64(), Some(currency).filter(|it| !it.is_empty()).map(|it| it.as_str()));
    let each = group.derived(Derived::Cpa).map(|each| {
        let each = amount(each, Some(currency).filter(|it| !it.is_empty()).map(|it| it.as_str()));
        format!(", {each} a conversion")
    });
    Ok(Some(format!("{spent} in {COST_DAYS} days{}", each.unwrap_or_default())))
}

/// What the note says of the lead, by name: nothing of it names or reaches the person.
pub fn facts_of(facts: &Facts) -> Vec<(&'static str, String)> {
    let Facts { lead, .. } = facts;
    let mut all = known(facts);
    all.extend(lead.company.clone().map(|company| ("Company", company)));
    all.push(("Points", facts.hand_off.points.to_string()));
    all.extend(lead.score.reasons.iter().map(|it| ("Why", it.to_string())));
    all.extend(facts.activities.iter().map(|it| {
        let day = it.at.strftime("%-d %b %Y");
        ("Did", format!("{} {} on {day}", it.kind.replace('_', " "), it.detail))
    }));
    all.extend(note::questions(lead).into_iter().map(|it| ("Not known yet", it.to_owned())));
    all.push(("Next", note::next_step(lead, &facts.activities, facts.now)));
    all
}

/// What is known of the lead, field by field.
pub fn known(facts: &Facts) -> Vec<(&'static str, String)> {
    let Facts { lead, cost, .. } = facts;
    let mut fields = Vec::new();
    let mut add = |name, value: Option<String>| {
        if let Some(value) = value {
            fields.push((name, escape(&value)));
        }
    };
    add("Role", lead.text(JOB_TITLE));
    add("Industry", lead.text(INDUSTRY));
    add("People there", lead.text(EMPLOYEES));
    add("Where", lead.territory.clone());
    add("Came by", lead.source.clone());
    let campaign = lead.campaign.as_ref().map(|campaign| match cost {
        Some(cost) => format!("{campaign}: {cost}"),
        None => campaign.clone(),
    });
    add("Campaign", campaign);
    fields
}

/// Acts that a note is made of.
const ACTS: i64 = 50;

/// Days over which the cost of a campaign is summed up.
const COST_DAYS: i32 = 30;
