//! What a note says beyond the score: what the lead did and read, what nobody knows yet, and what to do
//! next. Pure, and made of the record alone.

use jiff::Timestamp;

use super::super::lead::{EMPLOYEES, INDUSTRY, JOB_TITLE, Lead};
use super::super::scoring::Activity;
use super::message::moment;
use crate::slack::escape;
use crate::words::count;

/// How many acts a note lists, and how many things that were read.
const ACTS: usize = 5;
const READ: usize = 5;

/// Kinds of activity by which somebody asks to be called.
const ASKS: [&str; 5] =
    ["demo_request", "contact_request", "quote_request", "call_request", "trial"];

/// Kinds of activity that are reading.
const READS: [&str; 5] = ["page_view", "download", "email_click", "content_view", "webinar"];

/// What it did last, the newest first, a line each.
pub fn acts(activities: &[Activity]) -> Vec<String> {
    let mut lines: Vec<String> = activities
        .iter()
        .take(ACTS)
        .map(|one| {
            let kind = one.kind.replace('_', " ");
            let of = if one.detail.is_empty() { String::new() } else { format!(" {}", one.detail) };
            format!("• {} · {}", escape(&format!("{kind}{of}")), moment(one.at))
        })
        .collect();
    if activities.len() > ACTS {
        lines.push(format!("… and {} before", count(activities.len() - ACTS, "act")));
    }
    lines
}

/// What it read, what most often first: `/pricing (3 times), /cases`.
pub fn read(activities: &[Activity]) -> Option<String> {
    let mut pages: Vec<(&str, usize)> = Vec::new();
    for one in activities.iter().filter(|one| READS.contains(&one.kind.as_str())) {
        match pages.iter_mut().find(|(page, _)| *page == one.detail) {
            Some((_, times)) => *times += 1,
            None if !one.detail.is_empty() => pages.push((&one.detail, 1)),
            None => {}
        }
    }
    pages.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    let more = pages.len().saturating_sub(READ);
    let mut told: Vec<String> = pages
        .iter()
        .take(READ)
        .map(|(page, times)| match times {
            1 => escape(page),
            2 => format!("{} (twice)", escape(page)),
            times => format!("{} ({times} times)", escape(page)),
        })
        .collect();
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    (!told.is_empty()).then(|| told.join(", "))
}

/// What nobody knows yet, as questions to ask.
pub fn questions(lead: &Lead) -> Vec<&'static str> {
    let lacks = |attribute: &str| lead.text(attribute).is_none();
    [
        (lead.contact.phone.is_none(), "On which number can they be called?"),
        (lacks(JOB_TITLE), "What is their role, and do they decide?"),
        (lead.company.is_none(), "Which company are they with?"),
        (lacks(EMPLOYEES), "How many people work there?"),
        (lacks(INDUSTRY), "What does the company do?"),
        (lead.territory.is_none(), "Where are they?"),
        (lead.consent.is_none(), "May we write to them? Nobody has recorded it."),
    ]
    .into_iter()
    .filter_map(|(open, question)| open.then_some(question))
    .collect()
}

/// What to do next, and because of what.
pub fn next_step(lead: &Lead, activities: &[Activity], now: Timestamp) -> String {
    let newest = |is: &dyn Fn(&&Activity) -> bool| activities.iter().find(is);
    let asked = newest(&|one| ASKS.contains(&one.kind.as_str()));
    let prices = newest(&|one| one.detail.contains("pric") || one.detail.contains("preis"));
    let by = if lead.contact.phone.is_some() { "Call" } else { "Write, and ask for a number" };
    match (asked, prices, activities.first()) {
        (Some(asked), _, _) => {
            let what = asked.kind.replace('_', " ");
            format!("{by} today: they left a {what} {}.", ago(asked.at, now))
        }
        (None, Some(prices), _) => {
            format!(
                "{by}, and have prices ready: they looked at {} {}.",
                escape(&prices.detail),
                ago(prices.at, now)
            )
        }
        (None, None, Some(last)) => format!(
            "Write first, and pick up what they read last{}.",
            if last.detail.is_empty() {
                String::new()
            } else {
                format!(", {}", escape(&last.detail))
            }
        ),
        (None, None, None) => {
            "Write first: they fit, but nothing that they did is on record.".to_owned()
        }
    }
}

fn ago(at: Timestamp, now: Timestamp) -> String {
    match now.duration_since(at).as_hours() {
        ..1 => "within the last hour".to_owned(),
        hours @ 1..48 => format!("{} ago", count(hours, "hour")),
        hours => format!("{} ago", count(hours / 24, "day")),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::super::super::lead::tests::lead;
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    fn act(kind: &str, detail: &str, hours_ago: i64) -> Activity {
        let at = now() - SignedDuration::from_hours(hours_ago);
        Activity { kind: kind.to_owned(), at, detail: detail.to_owned() }
    }

    #[test]
    fn the_next_step_follows_from_what_they_did() {
        let mut lead = lead();
        lead.contact.phone = Some("+49".to_owned());
        let check = |acts: &[Activity], expected: &str| {
            assert_eq!(next_step(&lead, acts, now()), expected);
        };
        let view = act("page_view", "/pricing/teams", 30);
        let demo = act("demo_request", "", 3);
        check(&[demo, view.clone()], "Call today: they left a demo request 3 hours ago.");
        check(&[view], "Call, and have prices ready: they looked at /pricing/teams 30 hours ago.");
        check(
            &[act("page_view", "/blog", 72)],
            "Write first, and pick up what they read last, /blog.",
        );
        check(&[], "Write first: they fit, but nothing that they did is on record.");
    }

    #[test]
    fn what_was_read_is_counted() {
        let acts: Vec<Activity> = ["/a", "/pricing", "/pricing", "/b", "/pricing"]
            .map(|page| act("page_view", page, 1))
            .into();
        assert_eq!(read(&acts).as_deref(), Some("/pricing (3 times), /a, /b"));
        assert_eq!(read(&[act("form", "/contact", 1)]), None);
    }
}
