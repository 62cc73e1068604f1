//! Slack's markup ("mrkdwn"): what may be written plainly, and how the rest is made harmless.
//!
//! Source: <https://docs.slack.dev/messaging/formatting-message-text/>.

use jiff::Timestamp;
use url::Url;

use crate::ids::{ChannelId, GroupId, PersonId};

/// Makes text that others wrote safe to put into a message: it shows as it is and does nothing.
///
/// `&`, `<` and `>` become entities, so no mention, link or broadcast survives. Invisible
/// characters that make text read differently from what it is are taken out: bidirectional
/// embeddings, overrides and isolates; zero-width space, word joiner and byte order mark; the
/// "tag" letters in which hidden text travels; control characters. Line and paragraph separators
/// become line breaks. Joiners stay (emoji and several scripts need them), and so do the
/// left-to-right and right-to-left marks, which Hebrew and Arabic need and which reorder nothing
/// beyond themselves. A fence of three backticks is broken up, lest it swallow what follows.
/// Bold, italic and the like keep working: they are harmless.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + text.len() / 16);
    let mut backticks = 0;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        backticks = if c == '`' { backticks + 1 } else { 0 };
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '`' if backticks == 3 => {
                safe.push_str("\u{200B}`");
                backticks = 1;
            }
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => safe.push('\n'),
            '\n' | '\t' => safe.push(c),
            c if c.is_control() || is_deceptive(c) => {}
            c => safe.push(c),
        }
    }
    safe
}

/// How many characters of a text [`escape`] takes out because they do not show.
pub fn hidden(text: &str) -> usize {
    let is_hidden = |c: &char| {
        is_deceptive(*c)
            || (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{0B}' | '\u{0C}' | '\u{85}'))
    };
    text.chars().filter(is_hidden).count()
}

/// Text that others wrote as a block quotation: every line escaped and marked.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + text.len() / 8);
    for (index, line) in escape(text).trim_end().lines().enumerate() {
        if index > 0 {
            quoted.push('\n');
        }
        quoted.push_str("> ");
        quoted.push_str(line);
    }
    quoted
}

/// Untrusted text for where Slack reads Markdown instead of its own markup: every mark is taken at its
/// word.
pub fn markdown(text: &str) -> String {
    let mut plain = String::with_capacity(text.len() + text.len() / 8);
    for c in escape(text).chars() {
        if "\\`*_{}[]()#+-.!|~".contains(c) {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}

/// A link with a text of ours or others'. What is not a web or mail address stays plain text.
pub fn link(url: &str, text: &str) -> String {
    let label = escape(text).replace(['\n', '|'], " ");
    match Url::parse(url.trim()) {
        Ok(url) if matches!(url.scheme(), "http" | "https" | "mailto") => {
            let address = escape(&String::from(url).replace('|', "%7C"));
            if label.trim().is_empty() {
                format!("<{address}>")
            } else {
                format!("<{address}|{label}>")
            }
        }
        _ => label,
    }
}

/// Names a person. Slack shows the name, and notifies.
pub fn mention(person: &PersonId) -> String {
    format!("<@{}>", id(person.as_str()))
}

/// Names a user group, and notifies all of it.
pub fn usergroup(group: &GroupId) -> String {
    format!("<!subteam^{}>", id(group.as_str()))
}

pub fn channel_link(channel: &ChannelId) -> String {
    format!("<#{}>", id(channel.as_str()))
}

/// A moment, which Slack shows in the reader's own time zone; `fallback` where it cannot.
pub fn date(at: Timestamp, fallback: &str) -> String {
    let fallback = escape(fallback).replace(['\n', '|', '^'], " ");
    format!("<!date^{}^{{date_short_pretty}} at {{time}}|{fallback}>", at.as_second())
}

/// An id consists of letters and digits; anything else could end the sequence it stands in.
fn id(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{200B}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}'
        | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}'
        | '\u{E0000}'..='\u{E007F}')
}

/// Markup of ours as a terminal shows it: names for mentions, words for dates, no marks.
pub fn plain_text(markup: &str) -> String {
    let mut plain = String::with_capacity(markup.len());
    let mut rest = markup;
    while let Some(start) = rest.find('<') {
        plain.push_str(&rest[..start]);
        let Some(end) = rest[start..].find('>') else { break };
        let inside = &rest[start + 1..start + end];
        let (target, label) = inside.split_once('|').unwrap_or((inside, ""));
        match (label, target.chars().next()) {
            ("", Some('!')) => plain.push_str(target.trim_start_matches("!subteam^")),
            ("", _) => plain.push_str(target),
            (label, _) => plain.push_str(label),
        }
        rest = &rest[start + end + 1..];
    }
    plain.push_str(rest);
    plain
        .replace(['*', '`', '\u{200b}'], "")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    #[test]
    fn untrusted_text_does_nothing() {
        fn check(input: &str, expected: &str) {
            assert_eq!(escape(input), expected);
        }
        check("Q&A: 3 < 4 > 2", "Q&amp;A: 3 &lt; 4 &gt; 2");
        check("<!channel> <@U1> <#C1>", "&lt;!channel&gt; &lt;@U1&gt; &lt;#C1&gt;");
        check("<https://evil.example|your bank>", "&lt;https://evil.example|your bank&gt;");
        check("&lt;!here&gt;", "&amp;lt;!here&amp;gt;");
        check("invoice\u{202E}fdp.exe", "invoicefdp.exe");
        check("pay\u{200B}pal\u{FEFF}", "paypal");
        check("hi\u{E0041}\u{E0042}", "hi");
        check("a\r\nb\rc\u{2028}d\0e", "a\nb\nc\nde");
        check("👩‍👩‍👧 می‌خواهم", "👩‍👩‍👧 می‌خواهم");
        check("```rm -rf```", "``\u{200B}`rm -rf``\u{200B}`");
    }

    #[test]
    fn what_does_not_show_is_counted() {
        assert_eq!(hidden("pay\u{200B}pal\u{FEFF} hi\u{E0041}\0"), 4);
        assert_eq!(hidden("a\tb\r\n👩‍👩‍👧 می‌خواهم"), 0);
    }

    #[test]
    fn nothing_that_slack_acts_on_survives() {
        let mut rng = StdRng::seed_from_u64(3);
        let bits = ["<", ">", "!channel", "&", "lt;", "|", "@U1", "`", "\r", "\n", "\u{2028}", "x"];
        for _ in 0..5_000 {
            let text: String =
                (0..rng.random_range(0..40)).map(|_| bits[rng.random_range(0..12)]).collect();
            let safe = escape(&text);
            assert!(!safe.contains(['<', '>']), "{safe:?}");
            assert!(!safe.contains("```"), "{safe:?}");
            let entities = ["&amp;", "&lt;", "&gt;"];
            for (at, _) in safe.match_indices('&') {
                assert!(entities.iter().any(|entity| safe[at..].starts_with(entity)), "{safe:?}");
            }
            assert!(quote(&text).lines().all(|line| line.starts_with("> ")), "{text:?}");
        }
    }

    #[test]
    fn every_line_is_quoted() {
        assert_eq!(quote("one\n<!here>\n\ntwo\n"), "> one\n> &lt;!here&gt;\n> \n> two");
        assert_eq!(quote("a\u{2029}b"), "> a\n> b");
        assert_eq!(quote(""), "");
    }

    #[test]
    fn only_web_and_mail_addresses_become_links() {
        fn check(url: &str, text: &str, expected: &str) {
            assert_eq!(link(url, text), expected);
        }
        check("https://a.example/?x=1&y=2", "a | b", "<https://a.example/?x=1&amp;y=2|a   b>");
        check("https://a.example/|x>y", "see", "<https://a.example/%7Cx%3Ey|see>");
        check("https://a.example", "", "<https://a.example/>");
        check("javascript:alert(1)", "see", "see");
        check("!channel", "see <!here>", "see &lt;!here&gt;");
    }

    #[test]
    fn names_and_dates() {
        assert_eq!(mention(&"U1".into()), "<@U1>");
        assert_eq!(mention(&"U1> <!channel".into()), "<@U1channel>");
        assert_eq!(usergroup(&"S1".into()), "<!subteam^S1>");
        assert_eq!(channel_link(&"C1".into()), "<#C1>");
        assert_eq!(
            date(Timestamp::UNIX_EPOCH, "1 Jan 1970"),
            "<!date^0^{date_short_pretty} at {time}|1 Jan 1970>"
        );
    }

    #[test]
    fn a_terminal_shows_words_and_no_marks() {
        let at = Timestamp::UNIX_EPOCH;
        let markup =
            format!("*R&amp;D* by {} on {}: `1 &lt; 2`", mention(&"U1".into()), date(at, "1 Jan"));
        assert_eq!(plain_text(&markup), "R&D by @U1 on 1 Jan: 1 < 2");
    }
}
