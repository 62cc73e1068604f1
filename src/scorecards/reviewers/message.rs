//! What people read about what reviewers carry.

use super::{Load, Reviewer, WEEKS};
use crate::scorecards::message::duration;
use crate::slack::{Card, Post, escape, mention, plain_text};
use crate::words::{capitalised, count, listed};

/// How many people one message tells of.
const PEOPLE: usize = 40;

const FOOTER: &str = "How long a text takes is its words at 238 a minute, and half of that for those who read fast. An approval that came sooner is no fault by itself: a text may have been read elsewhere, or be known already. If it happens often, there is perhaps too much to decide, or too little time for it.";

/// `all` says whether the reader sees everybody; else they see themselves, and who sees more.
pub(super) fn card(reviewers: &[Reviewer], all: bool, owners: &[String]) -> Post {
    let title = if all { "What reviewers carry" } else { "What you decided" };
    let mut card = Card::new(title).header(title);
    if reviewers.is_empty() {
        card = card.section(if all {
            "Nobody has decided anything in the last four weeks."
        } else {
            "You have decided nothing in the last four weeks."
        });
    }
    for one in reviewers.iter().take(PEOPLE) {
        card = card.section(format!("{}: {}", mention(&one.person), told(one)));
    }
    if reviewers.len() > PEOPLE {
        card = card.section(format!(
            "… {} more; `countersign reviewers` tells of all.",
            reviewers.len() - PEOPLE
        ));
    }
    if !all {
        let owners: Vec<String> = owners.iter().map(|owner| escape(owner)).collect();
        let who = if owners.is_empty() {
            "Nobody reads this of everybody, for no agent has an owner.".to_owned()
        } else {
            format!("Those who answer for an agent ({}) read this of everybody.", listed(&owners))
        };
        card = card.context(who);
    }
    card.context(FOOTER).finish().0
}

/// For a terminal.
pub fn plain(reviewers: &[Reviewer]) -> String {
    if reviewers.is_empty() {
        return "Nobody has decided anything in the last four weeks.".to_owned();
    }
    let each = reviewers.iter().map(|one| plain_text(&format!("{}: {}", one.person, told(one))));
    let each: Vec<String> = each.collect();
    format!("{}\n\n{FOOTER}", each.join("\n"))
}

/// `40 decisions in four weeks (12, 9, 10 and 9 a week). Half of them within 3 min of when the text could
/// be read. 32 of 40 approved the text unchanged. 12 of 32 approvals came sooner than the text can be read.`
fn told(one: &Reviewer) -> String {
    let Load { decisions, waits, unchanged, hasty } = &one.load;
    let weeks: Vec<String> = one.weeks.iter().map(|week| week.load.decisions.to_string()).collect();
    let weeks = if weeks.len() == WEEKS { weeks } else { Vec::new() };
    let mut said = vec![format!(
        "{} in four weeks ({}, this week last).",
        count(*decisions, "decision"),
        listed(&weeks)
    )];
    said.extend(waits.median_s().map(|median| {
        format!("The median is {} from when the text could be read.", duration(median))
    }));
    if unchanged.of > 0 {
        said.push(format!("{} of {} approved the text unchanged.", unchanged.hits, unchanged.of));
    }
    if hasty.hits > 0 {
        let approvals = count(hasty.of, "approval");
        said.push(capitalised(&format!(
            "{} of {approvals} came sooner than the text can be read.",
            hasty.hits
        )));
    }
    said.join(" ")
}
