//! A text made ready for the checks: folded once, with its sentences, its parts, and what is not the
//! company's own voice in it.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::fold::{Folded, fold, pattern};
use super::kit::{Channel, Kit};
use super::phrases::Squeezed;
use super::sentences;
use crate::privacy;

/// A text as the checks see it. Ranges are bytes of the folded text unless they say otherwise.
pub struct Text<'a> {
    pub original: &'a str,
    pub folded: Folded,
    pub squeezed: Squeezed,
    pub sentences: Vec<Range<usize>>,
    /// What customers said: between quotation marks, with who said it beside it.
    pub quoted: Vec<Range<usize>>,
    pub code: Vec<Range<usize>>,
    personal: OnceCell<Vec<Personal>>,
    contacts: &'a [String],
    /// Lines that are a part of the channel's, in bytes of the original.
    pub parts: Vec<PartText>,
    /// Everything else, in bytes of the original.
    pub body: Vec<Range<usize>>,
}

/// Something that has the form of personal data.
pub struct Personal {
    pub kind: privacy::Kind,
    /// In bytes of the original.
    pub range: Range<usize>,
    /// Whether it is the company's own, and so nobody's.
    pub is_own: bool,
}

/// A line that begins with the label of a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartText {
    /// Which part of the channel.
    pub part: usize,
    /// What follows the label.
    pub value: Range<usize>,
}

impl<'a> Text<'a> {
    pub fn of(original: &'a str, kit: &'a Kit, channel: Option<&Channel>) -> Self {
        let folded = Folded::of(original);
        let squeezed = Squeezed::of(&folded, original);
        let (parts, body) = layout(original, channel);
        let quoted = quotations(original, &folded, &kit.company);
        let code = CODE.find_iter(folded.text()).map(|found| found.range()).collect();
        let whole = sentences::split(original, kit.language);
        let sentences = whole.into_iter().map(|sentence| {
            // A label is no word of its sentence.
            let value = parts.iter().find(|part| sentence.contains(&part.value.start));
            let start = value.map_or(sentence.start, |part| part.value.start);
            folded.image(&(start..sentence.end))
        });
        let sentences = sentences.filter(|range| !range.is_empty()).collect();
        let contacts = &kit.compiled.contacts;
        let personal = OnceCell::new();
        Self {
            original,
            squeezed,
            sentences,
            quoted,
            code,
            contacts,
            personal,
            parts,
            body,
            folded,
        }
    }

    /// What has the form of personal data.
    pub fn personal(&self) -> &[Personal] {
        self.personal.get_or_init(|| personal(self.original, self.contacts))
    }

    /// The original of what stands at `range`.
    pub fn written(&self, range: &Range<usize>) -> &'a str {
        &self.original[self.folded.origin(range.clone())]
    }

    pub fn is_quoted(&self, range: &Range<usize>) -> bool {
        within(&self.quoted, range)
    }

    pub fn is_code(&self, range: &Range<usize>) -> bool {
        within(&self.code, range)
    }

    /// The place of the sentence in which something stands.
    pub fn sentence_at(&self, range: &Range<usize>) -> Option<usize> {
        let index = self.sentences.partition_point(|sentence| sentence.end <= range.start);
        self.sentences.get(index).filter(|sentence| sentence.start <= range.start).map(|_| index)
    }

    /// The body alone, lines joined as they stand.
    pub fn body(&self) -> String {
        self.body.iter().map(|range| &self.original[range.clone()]).collect()
    }
}

impl Channel {
    /// A text for this channel: its parts with their labels, then the body.
    pub fn compose<'t>(
        &self,
        parts: impl IntoIterator<Item = (&'t str, &'t str)>,
        body: &str,
    ) -> String {
        let mut lines: Vec<String> =
            parts.into_iter().map(|(label, value)| format!("{label}: {value}")).collect();
        if !body.trim().is_empty() {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.push(body.trim().to_owned());
        }
        lines.join("\n")
    }

    /// What a text for this channel says in its parts, by label, and its body.
    pub fn split<'t>(&self, text: &'t str) -> (Vec<(&str, &'t str)>, String) {
        let (parts, body) = layout(text, Some(self));
        let parts =
            parts.iter().map(|one| (self.parts[one.part].label.as_str(), &text[one.value.clone()]));
        let body: String = body.into_iter().map(|range| &text[range]).collect();
        (parts.collect(), body.trim().to_owned())
    }
}

/// Lines that are parts, and the rest.
fn layout(text: &str, channel: Option<&Channel>) -> (Vec<PartText>, Vec<Range<usize>>) {
    let labels: Vec<String> = channel
        .map(|one| one.parts.iter().map(|part| fold(&part.label)).collect())
        .unwrap_or_default();
    let (mut parts, mut body) = (Vec::new(), Vec::new());
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let part = line.split_once(':').and_then(|(label, value)| {
            // "Headline 2:" is a headline.
            let label = fold(label.trim().trim_matches(['*', '#']));
            let label = label.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
            let part = labels.iter().position(|known| known == label)?;
            let value = value.trim_matches(|c: char| c.is_whitespace() || c == '*');
            let from = start + (value.as_ptr() as usize - line.as_ptr() as usize);
            Some(PartText { part, value: from..from + value.len() })
        });
        match part {
            Some(part) => parts.push(part),
            None => body.push(start..end),
        }
        start = end;
    }
    (parts, body)
}

/// What stands between quotation marks, where who said it is named before or after.
fn quotations(original: &str, folded: &Folded, company: &str) -> Vec<Range<usize>> {
    if !folded.text().contains('"') {
        return Vec::new();
    }
    let company = fold(company);
    let is_said = |range: &Range<usize>| {
        let before = &folded.text()[..range.start];
        if SAID_BEFORE.is_match(tail(before, 60)) {
            return true;
        }
        let after = head(&folded.text()[range.end..], 60);
        if SAID_AFTER.is_match(after) {
            return true;
        }
        // "…" — Anna, Leipzig: a name begins with a capital, which only the original has.
        let Some(found) = SIGNED.find(after) else { return false };
        let name = range.end + found.end();
        let signed = folded.origin(name..name + 1);
        let is_name = original[signed].starts_with(|c: char| c.is_uppercase() || c == '@');
        is_name && !folded.text()[name..].starts_with(&company)
    };
    QUOTATION.find_iter(folded.text()).map(|found| found.range()).filter(is_said).collect()
}

fn personal(original: &str, contacts: &[String]) -> Vec<Personal> {
    let spans = privacy::mask(original).spans.into_iter();
    let found = spans.map(|span| {
        let plain = super::kit::plain_contact(&original[span.original.clone()]);
        Personal { kind: span.kind, range: span.original, is_own: contacts.contains(&plain) }
    });
    found.collect()
}

fn within(all: &[Range<usize>], range: &Range<usize>) -> bool {
    all.iter().any(|one| one.start <= range.start && range.end <= one.end)
}

/// At most so many characters from the end.
fn tail(text: &str, characters: usize) -> &str {
    let at = text.char_indices().rev().nth(characters.saturating_sub(1)).map_or(0, |(at, _)| at);
    &text[at..]
}

fn head(text: &str, characters: usize) -> &str {
    let at = text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
    &text[..at]
}

static CODE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)```.*?```|`[^`\n]+`"));
static QUOTATION: LazyLock<Regex> = LazyLock::new(|| pattern(r#""[^"]{6,600}""#));
static SAID_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:says|said|writes|wrote|tells us|told us|asked|puts it|answered|in the words of|according to|a review|one review|a customer|customers? (?:of ours )?(?:from|in)|sagt|sagte|schreibt|schrieb|bewertung)\b[^\n.!?]{0,40}$",
    )
});
static SAID_AFTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^ ?,? ?(?:\w+ ){0,3}?(?:says|said|writes|wrote|tells us|told us|asked|puts it|sagt|schreibt)\b|^ ?[\[(](?:reviews?|tickets?|survey|interview|[a-z]-\d)",
    )
});
static SIGNED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[ \n]?(?:-{1,2}|~|\() ?"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_told_from_quotation_marks() {
        let kit = Kit::load(None).unwrap();
        let check = |text: &str, expected: &[&str]| {
            let prepared = Text::of(text, &kit, None);
            let found: Vec<&str> =
                prepared.quoted.iter().map(|range| prepared.written(range)).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("“The best sheets ever” — Anna, Leipzig", &["“The best sheets ever”"]);
        check("Anna from Leipzig writes: \"The best sheets ever\".", &["\"The best sheets ever\""]);
        check("„Die besten Laken“ (review R-12)", &["„Die besten Laken“"]);
        check("\"I slept until nine\", says Tom.", &["\"I slept until nine\""]);
        check("“The best sheets ever” is what we make.", &[]);
        check("“The best sheets ever” — Larch & Loom", &[]);
        check("“The best sheets ever” — and warm", &[]);
    }

    #[test]
    fn parts_are_lines_with_labels() {
        let kit = Kit::load(None).unwrap();
        let email = kit.channel("email").unwrap();
        let text = email.compose(
            [("Subject", "Linen for spring"), ("Preview", "Heron is back")],
            "Hello.\nBody: yes.",
        );
        assert_eq!(text, "Subject: Linen for spring\nPreview: Heron is back\n\nHello.\nBody: yes.");
        let (parts, body) = email.split(&text);
        assert_eq!(parts, [("Subject", "Linen for spring"), ("Preview", "Heron is back")]);
        assert_eq!(body, "Hello.\nBody: yes.");
        let ads = kit.channel("ad-copy").unwrap();
        let (parts, body) =
            ads.split("Headline 1: Linen\n**Headline 2:** Percale\nDescription: Dry.");
        assert_eq!(
            parts,
            [("Headline", "Linen"), ("Headline", "Percale"), ("Description", "Dry.")]
        );
        assert_eq!(body, "");
    }
}
