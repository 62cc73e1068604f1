//! Who may decide on one review, who has, what is missing, and why.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::PgPool;

use super::delegation::Delegation;
use super::message::{at, decided, people, short};
use super::{Review, State, Verdict, standing, store};
use crate::app::App;
use crate::config::{Facts, Manifest, Members};
use crate::error::{Error, Refusal, Result};
use crate::ids::{PersonId, ReviewId, WorkspaceId};
use crate::slack::{escape, mention};

/// What an explanation is made of.
struct Case<'a> {
    review: Review,
    facts: Facts,
    delegations: Vec<Delegation>,
    manifest: &'a Manifest,
    /// Who is in each group; or why that is not known.
    members: BTreeMap<String, Result<Vec<PersonId>, String>>,
}

/// The explanation, in markup. `asker` is told where they stand themselves.
pub async fn explain(app: &App, review: ReviewId, asker: Option<&PersonId>) -> Result<String> {
    let mut case = case(&app.db, app.workspace.id, &app.manifest, review, app.now()).await?;
    for group in case.review.group_names() {
        let members = match standing::members(app, &group).await {
            Ok((members, _)) => Ok(members),
            Err(Error::Refused(refusal)) => Err(refusal.to_string()),
            Err(fault) => return Err(fault),
        };
        case.members.insert(group, members);
    }
    let mut lines = case.lines();
    if let Some(asker) = asker.filter(|_| case.review.state == State::Open) {
        lines.push(own(app, &case.review, asker).await?);
    }
    Ok(lines.join("\n"))
}

/// The same for the command line, which does not ask Slack: user groups go by their handles.
pub async fn explain_without_slack(
    db: &PgPool,
    workspace: WorkspaceId,
    manifest: &Manifest,
    review: ReviewId,
    now: Timestamp,
) -> Result<String> {
    let mut case = case(db, workspace, manifest, review, now).await?;
    for group in case.review.group_names() {
        let members = match manifest.group(&group).map(|group| &group.members) {
            Some(Members::People(people)) => Ok(people.clone()),
            Some(Members::UserGroup(handle)) => Err(format!("Slack knows who is in @{handle}.")),
            None => Err("The manifest does not have this group any more.".to_owned()),
        };
        case.members.insert(group, members);
    }
    Ok(case.lines().join("\n"))
}

async fn case<'a>(
    db: &PgPool,
    workspace: WorkspaceId,
    manifest: &'a Manifest,
    review: ReviewId,
    now: Timestamp,
) -> Result<Case<'a>> {
    let review = store::find(db, workspace, review).await?.ok_or(Refusal::NoSuchReview)?;
    let content = store::content(db, workspace, review.revision).await?;
    let delegations = store::delegations(db, workspace, now).await?;
    Ok(Case { review, facts: content.facts, delegations, manifest, members: BTreeMap::new() })
}

impl Case<'_> {
    fn lines(&self) -> Vec<String> {
        let review = &self.review;
        let mut lines = vec![
            format!(
                "*Review {}: {}*: a {}, revision {}, SHA-256 `{}`",
                review.id,
                escape(&review.title),
                review.subject,
                review.number,
                short(&review.content_hash)
            ),
            state(review),
            matched(review, &self.facts),
        ];
        for need in &review.terms.needs {
            lines.push(self.group_line(&need.group, need.count));
        }
        lines.push(excluded(review));
        lines.push(rejections(review));
        lines.extend(times(review));
        lines.extend(review.decisions.iter().map(|decision| format!("• {}", decided(decision))));
        lines
    }

    fn group_line(&self, group: &str, count: u32) -> String {
        let review = &self.review;
        let have = review.approved_for(group).count();
        let mut line = format!("• *{}*: {have} of {count}", escape(group));
        let declared = self.manifest.group(group).map(|group| &group.members);
        if let Some(Members::UserGroup(handle)) = declared {
            line.push_str(&format!(" (user group @{})", escape(handle)));
        }
        let members = match self.members.get(group) {
            Some(Ok(members)) => members.as_slice(),
            Some(Err(why)) => {
                line.push_str(&format!(". {why}"));
                return line;
            }
            None => &[],
        };
        if review.state != State::Open || have as u64 >= u64::from(count) {
            return line;
        }
        let may: Vec<String> = members
            .iter()
            .filter(|person| !review.excludes(person))
            .filter(|person| review.decisions.iter().all(|one| one.person != **person))
            .map(|person| match self.delegations.iter().find(|one| one.from == *person) {
                Some(one) => {
                    format!("{} for {} until {}", mention(&one.to), mention(person), at(one.until))
                }
                None => mention(person),
            })
            .collect();
        line.push_str(&match may.as_slice() {
            [] => ". *Nobody is left who may decide*: add people to the group, or withdraw the request".to_owned(),
            may => format!(". May decide: {}", may.join(", ")),
        });
        line
    }
}

fn state(review: &Review) -> String {
    match (review.state, review.state.closed_at()) {
        (State::Open, _) => format!("It waits since {}.", at(review.asked_at)),
        (State::Approved { .. }, Some(when)) => match review.release_at() {
            Some(release) => format!("It was approved {} and goes out {}.", at(when), at(release)),
            None => format!("It was approved {}.", at(when)),
        },
        (state, Some(when)) => format!("It was {} {}.", state.words(), at(when)),
        (state, None) => format!("It is {}.", state.words()),
    }
}

fn matched(review: &Review, facts: &Facts) -> String {
    let rules: Vec<String> =
        review.terms.rules.iter().map(|rule| format!("“{}”", escape(rule))).collect();
    let mut about: Vec<String> = facts.labels.iter().map(ToString::to_string).collect();
    about.extend(facts.budget.map(|budget| format!("a budget of {budget}")));
    about.extend(facts.audience.map(|audience| format!("an audience of {audience}")));
    let about = if about.is_empty() {
        "the checks found nothing special in it".to_owned()
    } else {
        format!("the checks found: {}", about.join(", "))
    };
    let (policies, ask) =
        if rules.len() == 1 { ("The policy", "asks") } else { ("The policies", "ask") };
    format!(
        "{policies} {} {ask} for what follows (manifest {}; {about}).",
        rules.join(" and "),
        escape(&review.policy_version)
    )
}

fn excluded(review: &Review) -> String {
    let mut line = format!("Never: {} (asked for it)", mention(&review.requested_by));
    if let Some(editor) = &review.edited_by
        && review.excludes(editor)
        && *editor != review.requested_by
    {
        line.push_str(&format!(", {} (worded it)", mention(editor)));
    }
    line.push_str(", guests, bots, people of other workspaces.");
    line
}

fn rejections(review: &Review) -> String {
    let have = review.decisions.iter().filter(|one| one.verdict == Verdict::Reject).count();
    match review.terms.rejections {
        1 => "One rejection ends it; one request for changes sends it back.".to_owned(),
        many => format!(
            "{many} rejections end it, {have} there; one request for changes sends it back."
        ),
    }
}

fn times(review: &Review) -> Option<String> {
    let escalate_to = &review.terms.escalate_to;
    let mut parts = Vec::new();
    if review.state != State::Open {
        return None;
    }
    if review.reminders > 0 {
        parts.push(format!("reminded {} times", review.reminders));
    }
    match (review.escalated_at, review.terms.escalate_after()) {
        (Some(when), _) => {
            parts.push(format!("{} told {}", escape(&escalate_to.join(", ")), at(when)))
        }
        (None, Some(after)) => parts.push(format!(
            "{} told {}",
            escape(&escalate_to.join(", ")),
            at(review.asked_at + after)
        )),
        (None, None) => {}
    }
    if let Some(expiry) = review.expires_at() {
        parts.push(format!("expires {}, which approves nothing", at(expiry)));
    }
    (!parts.is_empty()).then(|| format!("In time: {}.", parts.join("; ")))
}

async fn own(app: &App, review: &Review, asker: &PersonId) -> Result<String> {
    let places = store::places(&app.db, app.workspace.id, asker, app.now()).await?;
    let standing = match standing::of(app, review, asker, &places).await {
        Ok(standing) => standing,
        Err(Error::Refused(refusal)) => return Ok(format!("You: {refusal}")),
        Err(fault) => return Err(fault),
    };
    Ok(match review.check_decision_by(asker, &standing, review.revision) {
        Ok(()) if standing.stands_for.is_empty() => {
            format!("You may decide, for {}.", escape(&standing.groups.join(" and ")))
        }
        Ok(()) => format!(
            "You may decide, for {}, in the place of {}.",
            escape(&standing.groups.join(" and ")),
            people(&standing.stands_for)
        ),
        Err(refusal) => format!("You: {refusal}"),
    })
}
