//! The lines of a history, for Slack and for a terminal.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::History;
use super::sentences::{Voice, tell};
use crate::audit::Entry;
use crate::ids::ChannelId;
use crate::slack::cut::cut_markup;
use crate::slack::{Card, Post, channel_link, escape, mention};

/// How much of one line a message shows.
const LINE: usize = 700;

const SLACK: Voice =
    Voice { person: mention, channel: |channel| channel_link(&ChannelId::from(channel)), escape };

const TERMINAL: Voice = Voice {
    person: |person| person.to_string(),
    channel: |channel| format!("channel {channel}"),
    // What a terminal would take for an order is not shown.
    escape: |text| text.chars().filter(|c| !c.is_control() || *c == '\n').collect(),
};

/// One message. Where it does not hold everything, the oldest and the newest stand, and it says how
/// many do not and how they are read.
pub fn post(history: &History, zone: &TimeZone) -> Post {
    let lines: Vec<String> = history
        .entries
        .iter()
        .map(|entry| cut_markup(&line(entry, history, zone, &SLACK, "*"), LINE))
        .collect();
    let mut shown = lines.len();
    loop {
        let (post, more) = card(history, &lines, shown).finish();
        if more.is_empty() || shown <= 2 {
            return post;
        }
        shown = shown * 3 / 4;
    }
}

/// All of it, as plain text.
pub fn plain(history: &History, zone: &TimeZone) -> String {
    let mut text = format!("{}\n\n", title(history));
    for entry in &history.entries {
        text += &line(entry, history, zone, &TERMINAL, "");
        text += "\n";
    }
    text += "\n";
    text += &check(history).replace('`', "");
    text += "\n";
    text
}

fn card(history: &History, lines: &[String], shown: usize) -> Card {
    let first = shown.div_ceil(2);
    let (oldest, rest) = lines.split_at(first);
    let (between, newest) = rest.split_at(rest.len() - (shown - first));
    let mut card = Card::new(title(history)).header(title(history));
    if lines.is_empty() {
        return card.section("Nothing was recorded about it.");
    }
    card = card.section(oldest.join("\n"));
    if !between.is_empty() {
        let named = history.review.map_or("CARD".to_owned(), |review| review.to_string());
        card = card.context(format!(
            "… {} more; whoever runs Countersign reads all of them with `countersign audit history {named}`",
            between.len()
        ));
    }
    if !newest.is_empty() {
        card = card.section(newest.join("\n"));
    }
    card.context(check(history))
}

fn title(history: &History) -> String {
    let kind = history.subject.kind.replace('_', " ");
    match history.review {
        Some(review) => {
            format!("What was recorded about review {review} ({kind} {})", history.subject.id)
        }
        None => format!("What was recorded about {kind} {}", history.subject.id),
    }
}

/// `Entry 12 · 22 Nov 2026, 09:00:00 UTC (10:00:00 Europe/Berlin) · Dana approved …`
fn line(entry: &Entry, history: &History, zone: &TimeZone, voice: &Voice, bold: &str) -> String {
    let told = tell(entry, &history.texts, voice);
    format!("{bold}Entry {}{bold} · {} · {told}", entry.id, moment(entry.at, zone))
}

fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let utc = at.to_zoned(TimeZone::UTC);
    let there = at.to_zoned(zone.clone());
    let in_utc = utc.strftime("%-d %b %Y, %H:%M:%S UTC");
    let name = match zone.iana_name() {
        None | Some("UTC" | "Etc/UTC") => return in_utc.to_string(),
        Some(name) => name,
    };
    let day = if utc.date() == there.date() { "" } else { "%-d %b, " };
    format!("{in_utc} ({} {name})", there.strftime(&format!("{day}%H:%M:%S")))
}

fn check(history: &History) -> String {
    let entry = history.entries.last().map_or("ENTRY".to_owned(), |entry| entry.id.to_string());
    format!(
        "Each line is an entry of the audit trail. To check one offline, whoever runs Countersign writes its proof with `countersign audit prove {entry} --out {entry}.tlog-proof`, and anyone with the public key checks that with `countersign audit verify-proof {entry}.tlog-proof --key KEY`."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_both_zones() {
        let check = |at: &str, zone: &str, expected: &str| {
            let zone = TimeZone::get(zone).unwrap();
            assert_eq!(moment(at.parse().unwrap(), &zone), expected);
        };
        let at = "2026-11-22T20:30:00Z";
        check(at, "Etc/UTC", "22 Nov 2026, 20:30:00 UTC");
        check(at, "Europe/Berlin", "22 Nov 2026, 20:30:00 UTC (21:30:00 Europe/Berlin)");
        check(at, "Asia/Kolkata", "22 Nov 2026, 20:30:00 UTC (23 Nov, 02:00:00 Asia/Kolkata)");
    }
}
