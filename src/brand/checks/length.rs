//! Whether a text fits its channel. Characters are Unicode scalar values, as most tools count them.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::links::links;
use super::sms::Segments;
use super::{Context, Hit, Tested};
use crate::brand::claims::words;
use crate::brand::kit::{Channel, Kit, Part};
use crate::brand::report::Rule;
use crate::brand::text::Text;
use crate::words;

/// Spoken words a minute, as scripts are reckoned with.
const SPOKEN: usize = 150;

pub fn check(_: &Kit, text: &Text<'_>, context: &Context<'_>) -> Tested {
    let Some(channel) = context.channel else { return Err("no channel was named") };
    let mut hits = Vec::new();
    for (index, part) in channel.parts.iter().enumerate() {
        check_part(text, index, part, &mut hits);
    }
    let (Some(first), Some(last)) = (text.body.first(), text.body.last()) else { return Ok(hits) };
    let body = Body { text: text.body(), whole: first.start..last.end, title: &channel.title };
    body.check(channel, text, &mut hits);
    Ok(hits)
}

fn check_part(text: &Text<'_>, index: usize, part: &Part, hits: &mut Vec<Hit>) {
    let label = &part.label;
    let all: Vec<&Range<usize>> =
        text.parts.iter().filter(|one| one.part == index).map(|one| &one.value).collect();
    for value in &all {
        let written = &text.original[(*value).clone()];
        let length = written.chars().count();
        let limit = part.characters_max as usize;
        if length > limit {
            let reason = format!(
                "{label} has {}, and at most {limit} fit.",
                words::count(length, "character")
            );
            let hit = Hit::new(Rule::Length, beyond(written, value.start, limit), reason);
            hits.push(hit.suggest(format!("Shorten it by {}.", length - limit)));
        } else if length == 0 {
            let hit = Hit::new(Rule::Length, (*value).clone(), format!("{label} is empty."));
            hits.push(hit.suggest("Write it."));
        }
    }
    if all.len() < part.count_min as usize {
        let reason = match all.len() {
            0 => format!("{label} is missing."),
            there => format!(
                "There {} {label}, and {} are needed.",
                if there == 1 { "is 1".to_owned() } else { format!("are {there}") },
                part.count_min
            ),
        };
        let missing = part.count_min as usize - all.len();
        hits.push(Hit::new(Rule::Length, 0..0, reason).suggest(format!(
            "Add {} that begin{} with “{label}:”.",
            words::count(missing, "line"),
            if missing == 1 { "s" } else { "" }
        )));
    }
    if let Some(max) = part.count_max.filter(|max| all.len() > *max as usize) {
        let reason =
            format!("There are {} lines with {label}, and at most {max} are taken.", all.len());
        let extra = all[max as usize].clone();
        hits.push(Hit::new(Rule::Length, extra, reason).suggest("Keep the better ones."));
    }
}

struct Body<'a> {
    text: String,
    /// In bytes of the original.
    whole: Range<usize>,
    title: &'a str,
}

impl Body<'_> {
    fn check(&self, channel: &Channel, text: &Text<'_>, hits: &mut Vec<Hit>) {
        let limits = &channel.limits;
        let body = self.text.trim();
        let count = body.chars().count();
        if let Some(max) = limits.characters_max.filter(|max| count > *max as usize) {
            self.add(
                hits,
                text,
                format!(
                    "It has {}, and {} takes at most {max}.",
                    words::count(count, "character"),
                    self.title
                ),
                format!("Shorten it by {}.", count - max as usize),
            );
        }
        let number = words(body).count();
        if let Some(max) = limits.words_max.filter(|max| number > *max as usize) {
            self.add(
                hits,
                text,
                format!(
                    "It has {}, and {} takes at most {max}.",
                    words::count(number, "word"),
                    self.title
                ),
                format!("Take out {}.", words::count(number - max as usize, "word")),
            );
        }
        if let Some(min) = limits.words_min.filter(|min| number < *min as usize) {
            self.add(
                hits,
                text,
                format!(
                    "It has {}, and {} needs at least {min}.",
                    words::count(number, "word"),
                    self.title
                ),
                format!("Add {}.", words::count(min as usize - number, "word")),
            );
        }
        let hashtags = HASHTAG.find_iter(body).count();
        if let Some(max) = limits.hashtags_max.filter(|max| hashtags > *max as usize) {
            self.add(
                hits,
                text,
                format!(
                    "It has {}, and {} takes at most {max}.",
                    words::count(hashtags, "hashtag"),
                    self.title
                ),
                "Keep those that people follow.".to_owned(),
            );
        }
        if let Some(max) = limits.links_max {
            let there = links(body).len();
            if there > max as usize {
                self.add(
                    hits,
                    text,
                    format!(
                        "It has {}, and {} takes at most {max}.",
                        words::count(there, "link"),
                        self.title
                    ),
                    "Keep the one that matters.".to_owned(),
                );
            }
        }
        if let Some(max) = limits.seconds_max {
            let spoken: String = STAGE.replace_all(body, " ").into_owned();
            let seconds = (words(&spoken).count() * 60).div_ceil(SPOKEN);
            if seconds > max as usize {
                self.add(
                    hits,
                    text,
                    format!(
                        "Spoken it takes about {seconds} s, and {} takes at most {max} s.",
                        self.title
                    ),
                    format!(
                        "Take out about {}.",
                        words::count((seconds - max as usize) * SPOKEN / 60, "word")
                    ),
                );
            }
        }
        if let Some(max) = limits.sms_segments_max {
            self.check_sms(body, max as usize, text, hits);
        }
    }

    fn check_sms(&self, body: &str, max: usize, text: &Text<'_>, hits: &mut Vec<Hit>) {
        let segments = Segments::of(body);
        if segments.count <= max {
            return;
        }
        let reason = format!("It is sent as {} SMS, and at most {max} are taken.", segments.count);
        let suggestion = if segments.foreign.is_empty() {
            format!("Shorten it to {} characters.", if max == 1 { 160 } else { max * 153 })
        } else {
            let named: Vec<String> =
                segments.foreign.iter().take(5).map(|c| format!("“{c}”")).collect();
            format!(
                "Replace {}, which the short alphabet of SMS lacks: with them a message holds 70 characters instead of 160.",
                named.join(", ")
            )
        };
        self.add(hits, text, reason, suggestion);
    }

    fn add(&self, hits: &mut Vec<Hit>, text: &Text<'_>, reason: String, suggestion: String) {
        let written = &text.original[self.whole.clone()];
        let begin = self.whole.start + written.len() - written.trim_start().len();
        let first = written.trim().lines().next().unwrap_or_default();
        let hit = Hit::new(Rule::Length, begin..begin + written.trim().len(), reason);
        hits.push(hit.quoted(first.chars().take(80).collect::<String>()).suggest(suggestion));
    }
}

/// What is beyond so many characters.
fn beyond(written: &str, start: usize, limit: usize) -> Range<usize> {
    let at = written.char_indices().nth(limit).map_or(written.len(), |(at, _)| at);
    start + at..start + written.len()
}

static HASHTAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|\s)#\p{L}[\p{L}\p{N}_]*").expect("the pattern is fixed and tested")
});

/// What a script says of the picture, which nobody speaks: `[0:05 close-up]`, `(music)`, "Scene 2:".
static STAGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\[[^\]\n]*\]|\([^)\n]*\)|(?m:^\s*(?:scene|shot|visual|picture|on screen|vo|voice-over|narrator)\b[^:\n]{0,20}:)")
        .expect("the pattern is fixed and tested")
});
