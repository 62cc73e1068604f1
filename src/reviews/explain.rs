//! Who may decide on one review, who has, what is missing, and why.

use super::message::{at, decided, people, short};
use super::{Review, State, delegation, standing, store};
use crate::app::App;
use crate::config::{Members, Terms};
use crate::error::{Error, Refusal, Result};
use crate::ids::{PersonId, ReviewId};
use crate::slack::{escape, mention};

/// The explanation, in markup. `asker` is told where they stand themselves.
pub async fn explain(app: &App, review: ReviewId, asker: Option<&PersonId>) -> Result<String> {
    let review =
        store::find(&app.db, app.workspace.id, review).await?.ok_or(Refusal::NoSuchReview)?;
    let content = store::content(&app.db, app.workspace.id, review.revision).await?;
    let delegations = delegation::delegations(app).await?;

    let mut lines = vec![
        format!(
            "*Review {}: {}*: a {}, revision {}, SHA-256 `{}`",
            review.id,
            escape(&review.title),
            review.subject,
            review.number,
            short(&review.content_hash)
        ),
        state(&review),
        matched(&review, &content.facts),
    ];
    for need in &review.terms.needs {
        lines.push(group_line(app, &review, &need.group, need.count, &delegations).await?);
    }
    lines.push(excluded(&review));
    lines.push(rejections(&review));
    lines.extend(times(&review));
    lines.extend(review.decisions.iter().map(|decision| format!("• {}", decided(decision))));
    if let Some(asker) = asker {
        lines.push(own(app, &review, asker).await?);
    }
    Ok(lines.join("\n"))
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

fn matched(review: &Review, facts: &crate::config::Facts) -> String {
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

async fn group_line(
    app: &App,
    review: &Review,
    group: &str,
    count: u32,
    delegations: &[delegation::Delegation],
) -> Result<String> {
    let have = review.approved_for(group).count();
    let mut line = format!("• *{}*: {have} of {count}", escape(group));
    let declared = app.manifest.group(group).map(|group| &group.members);
    if let Some(Members::UserGroup(handle)) = declared {
        line.push_str(&format!(" (user group @{})", escape(handle)));
    }
    let members = match standing::members(app, group).await {
        Ok((members, _)) => members,
        Err(Error::Refused(refusal)) => {
            line.push_str(&format!(". Who is in it cannot be said: {refusal}"));
            return Ok(line);
        }
        Err(fault) => return Err(fault),
    };
    let away = |person: &PersonId| delegations.iter().find(|one| one.from == *person);
    let mut may: Vec<String> = Vec::new();
    for person in &members {
        if review.excludes(person) || review.decisions.iter().any(|one| one.person == *person) {
            continue;
        }
        may.push(match away(person) {
            Some(one) => {
                format!("{} for {} until {}", mention(&one.to), mention(person), at(one.until))
            }
            None => mention(person),
        });
    }
    if review.state == State::Open && (have as u64) < u64::from(count) {
        line.push_str(if may.is_empty() {
            ". *Nobody is left who may decide*; add people to the group, or withdraw the request"
        } else {
            ". May decide: "
        });
        line.push_str(&may.join(", "));
    }
    Ok(line)
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
    let have = review.decisions.iter().filter(|one| one.verdict == super::Verdict::Reject).count();
    match review.terms.rejections {
        1 => "One rejection ends it; one request for changes sends it back.".to_owned(),
        many => format!(
            "{many} rejections end it, {have} there; one request for changes sends it back."
        ),
    }
}

fn times(review: &Review) -> Option<String> {
    let Terms { escalate_to, .. } = &review.terms;
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
