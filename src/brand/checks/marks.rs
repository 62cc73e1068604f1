//! What was not meant to be there: fields nobody filled in, Slack's control sequences, hidden characters.

use std::sync::LazyLock;

use regex::Regex;

use super::{Context, Hit, Tested};
use crate::brand::fold::is_hidden;
use crate::brand::kit::Kit;
use crate::brand::report::Rule;
use crate::brand::text::Text;
use crate::words;

/// Fields such as `{{name}}`, `[NAME]`, `<NAME>`, `TODO`, "lorem ipsum", `XX`, but for those that the
/// channel's tool fills in.
pub fn placeholders(_: &Kit, text: &Text<'_>, context: &Context<'_>) -> Tested {
    let fields = context.channel.map(|channel| channel.merge_fields.as_slice()).unwrap_or_default();
    let is_script = context.channel.is_some_and(|channel| channel.limits.seconds_max.is_some());
    let mut hits = Vec::new();
    for found in PLACEHOLDER.find_iter(text.original) {
        let written = found.as_str();
        let squeezed: String = written.chars().filter(|c| !c.is_whitespace()).collect();
        let is_field = fields
            .iter()
            .any(|field| field.chars().filter(|c| !c.is_whitespace()).eq(squeezed.chars()));
        let folded = text.folded.image(&found.range());
        if is_field
            || !is_meant(written, text.original, found.end(), is_script)
            || text.is_code(&folded)
        {
            continue;
        }
        let hit = Hit::new(Rule::Placeholder, found.range(), "Nobody filled this in.");
        hits.push(match fields {
            [] => hit.suggest("Write what belongs here."),
            fields => hit.suggest(format!(
                "Write what belongs here; the channel's own fields are {}.",
                fields.join(", ")
            )),
        });
    }
    Ok(hits)
}

/// Not a link in Markdown, the number of a footnote, a box to tick, a roman number in a name; nor what a
/// script says of the picture.
fn is_meant(written: &str, text: &str, end: usize, is_script: bool) -> bool {
    if let Some(inside) = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let inside = inside.trim();
        let is_link = text[end..].starts_with(['(', '[']);
        if is_script && inside.contains(char::is_lowercase) && !inside.starts_with("insert") {
            return false;
        }
        let is_box = matches!(inside, "" | "x" | "X" | "…" | "..." | "sic");
        return !is_link
            && !is_box
            && !inside
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, ':' | '-' | ',' | ' ' | '–'));
    }
    if written == "XX" {
        // "Super Bowl XX" is a name; "save XX", "XX %" and "on XX" are not.
        let before = text[..end - 2].trim_end();
        let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        return !word.starts_with(char::is_uppercase)
            || text[end..].trim_start().starts_with(['%', '€', '$']);
    }
    true
}

/// `<!channel>`, `<@U…>` and the like, which call people, and what people type for them.
pub fn slack_control(_: &Kit, text: &Text<'_>, _: &Context<'_>) -> Tested {
    let hits = SLACK.find_iter(text.original).map(|found| {
        Hit::new(
            Rule::SlackControl,
            found.range(),
            "In Slack this calls people, or links to a channel.",
        )
        .suggest("Leave it out.")
    });
    Ok(hits.filter(|hit| !text.is_code(&text.folded.image(&hit.bytes))).collect())
}

/// Characters that do not show, but for those that emoji and scripts need.
pub fn hidden(_: &Kit, text: &Text<'_>, _: &Context<'_>) -> Tested {
    let is_needed = |at: usize, c: char| match c {
        // A soft hyphen is typography; variation selectors and joiners make emoji.
        '\u{AD}' | '\u{FE0E}' | '\u{FE0F}' => true,
        '\u{200C}' | '\u{200D}' => {
            let former = text.original[..at].chars().next_back();
            former.is_some_and(|former| !former.is_ascii() && !former.is_whitespace())
        }
        '\u{200E}' | '\u{200F}' => text.original.chars().any(is_right_to_left),
        // The flags of England, Scotland and Wales are a black flag with tags.
        '\u{E0020}'..='\u{E007F}' => text.original[..at].contains('\u{1F3F4}'),
        _ => false,
    };
    if text.original.is_ascii() {
        return Ok(Vec::new());
    }
    let all = text.original.char_indices().filter(|(at, c)| is_hidden(*c) && !is_needed(*at, *c));
    let mut hits: Vec<(std::ops::Range<usize>, usize)> = Vec::new();
    for (at, c) in all {
        match hits.last_mut() {
            Some((range, count)) if range.end == at => {
                range.end += c.len_utf8();
                *count += 1;
            }
            _ => hits.push((at..at + c.len_utf8(), 1)),
        }
    }
    let hits = hits.into_iter().map(|(range, count)| {
        let named: Vec<String> = text.original[range.clone()]
            .chars()
            .take(3)
            .map(|c| format!("U+{:04X}", c as u32))
            .collect();
        Hit::new(
            Rule::HiddenCharacters,
            range,
            format!("{} that nobody sees.", words::count(count, "character")),
        )
        .quoted(named.join(" "))
        .suggest("Delete it, and type the word anew.")
    });
    Ok(hits.collect())
}

fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}')
}

static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\{\{[^{}\n]{0,80}\}\}|\$\{[^{}\n]{1,60}\}|\{[A-Za-z_][A-Za-z0-9_ ]{0,40}\}|%[A-Z][A-Z_]{2,30}%|\*\|[A-Z_:]{2,40}\|\*",
        r"|\[[^\[\]\n]{0,80}\]|<[A-Z][A-Z _]{1,40}>|<(?:name|first name|company|product|date|insert [^<>\n]{1,40})>",
        r"|\b(?:TODO|TBD|TBC|TBA|FIXME|XXX+|XX|xxx+)\b|\b(?i:lorem ipsum|dolor sit amet|placeholder|insert (?:name|company|product|date|link|text|number) here|your (?:text|name|company) here)\b",
        r"|_{3,}|\?{3,}",
    ))
    .expect("the pattern is fixed and tested")
});

static SLACK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"<(?:![a-zA-Z][^<>\n]{0,80}|[@#][A-Z0-9][^<>\n]{0,80})>|<mailto:[^<>\n]{1,120}\|[^<>\n]{0,120}>|(?:^|[\s(])@(?:channel|here|everyone)\b")
        .expect("the pattern is fixed and tested")
});
