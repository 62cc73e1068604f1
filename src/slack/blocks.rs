//! The blocks a message or a view is made of, as the plain JSON that Slack reads.

use serde::Serialize;
use serde_json::{Value, json};

use super::cut::{cut, split};
use super::limits;

/// One block of a message or a view.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(transparent)]
pub struct Block(Value);

impl Block {
    /// A block that this module has no builder for. It is checked, like all, before it is sent.
    pub fn raw(json: Value) -> Self {
        Self(json)
    }

    pub fn as_json(&self) -> &Value {
        &self.0
    }

    pub fn divider() -> Self {
        Self(json!({"type": "divider"}))
    }

    /// An image at a public address. `alt` says what it shows, with its numbers.
    pub fn image(url: &str, alt: &str) -> Self {
        let alt = cut(alt, limits::ALT_TEXT);
        Self(json!({"type": "image", "image_url": url, "alt_text": alt}))
    }

    /// An image that was uploaded before.
    pub fn image_file(file: &crate::ids::FileId, alt: &str) -> Self {
        let alt = cut(alt, limits::ALT_TEXT);
        Self(json!({"type": "image", "slack_file": {"id": file}, "alt_text": alt}))
    }

    /// A heading in large letters, in as many blocks as it takes.
    pub(super) fn heading(text: &str) -> Vec<Self> {
        let short = cut(text, limits::HEADER);
        let mut blocks = vec![Self(json!({"type": "header", "text": plain(&short)}))];
        if short != text {
            blocks.extend(Self::sections(&super::text::escape(text)));
        }
        blocks
    }

    pub(super) fn sections(text: &str) -> Vec<Self> {
        let mut sections = Vec::new();
        // Whether the line that was cut is a quotation, which must not go on as our own words.
        let mut quoting = false;
        for piece in split(text, limits::SECTION - QUOTE.len()) {
            let line = piece.rsplit('\n').next().unwrap_or_default();
            let goes_on = line.starts_with(QUOTE) || (quoting && line.len() == piece.len());
            if !piece.trim().is_empty() {
                let text = if quoting { &format!("{QUOTE}{piece}") } else { piece };
                sections.push(Self(json!({"type": "section", "text": markup(text)})));
            }
            quoting = goes_on && !line.is_empty();
        }
        sections
    }

    /// Text with a button or a menu beside its beginning.
    pub(super) fn sections_with(text: &str, element: Element) -> Vec<Self> {
        let mut blocks = Self::sections(text);
        match blocks.first_mut() {
            Some(Self(first)) => first["accessory"] = element.0,
            None => blocks = Self::actions([element]),
        }
        blocks
    }

    /// Names with their values in two columns. What is too long for a column gets the full width.
    pub(super) fn fields<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Self> {
        let (narrow, wide): (Vec<String>, Vec<String>) = pairs
            .into_iter()
            .map(|(name, value)| format!("*{}*\n{value}", super::text::escape(name)))
            .partition(|field| field.chars().count() <= limits::FIELD);
        let fields = narrow.iter().map(|field| markup(field));
        batches(fields, limits::SECTION_FIELDS)
            .map(|fields| Self(json!({"type": "section", "fields": fields})))
            .chain(wide.iter().flat_map(|field| Self::sections(field)))
            .collect()
    }

    /// Small grey text, as many blocks as it takes.
    pub(super) fn context<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        let elements = texts
            .into_iter()
            .flat_map(|text| split(text, limits::CONTEXT_TEXT))
            .filter(|piece| !piece.trim().is_empty())
            .map(markup);
        batches(elements, limits::CONTEXT_ELEMENTS)
            .map(|elements| Self(json!({"type": "context", "elements": elements})))
            .collect()
    }

    pub(super) fn actions(elements: impl IntoIterator<Item = Element>) -> Vec<Self> {
        let elements = elements.into_iter().map(|element| element.0);
        batches(elements, limits::ACTIONS_ELEMENTS)
            .map(|elements| Self(json!({"type": "actions", "elements": elements})))
            .collect()
    }
}

/// How a line of a block quotation begins.
const QUOTE: &str = "> ";

/// Something to press or choose from in a message.
#[derive(Clone, PartialEq, Debug)]
pub struct Element(pub(super) Value);

impl From<Button> for Element {
    fn from(button: Button) -> Self {
        Self(button.0)
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct Button(Value);

impl Button {
    /// `action` is what the click will be known by.
    pub fn new(label: &str, action: &str) -> Self {
        let label = plain(&cut(label, limits::BUTTON));
        Self(json!({"type": "button", "action_id": action, "text": label}))
    }

    /// What the click hands back: ids. Never text that people may have made long, for a value is
    /// not cut; one over the limit keeps the message from being sent.
    pub fn value(mut self, value: impl ToString) -> Self {
        self.0["value"] = value.to_string().into();
        self
    }

    /// Green: what most people will want to do.
    pub fn primary(mut self) -> Self {
        self.0["style"] = "primary".into();
        self
    }

    /// Red: what cannot be taken back.
    pub fn danger(mut self) -> Self {
        self.0["style"] = "danger".into();
        self
    }

    /// Also opens an address in the browser.
    pub fn url(mut self, url: &str) -> Self {
        self.0["url"] = url.into();
        self
    }

    /// What a screen reader says, where the label alone is not enough.
    pub fn spoken(mut self, label: &str) -> Self {
        self.0["accessibility_label"] = cut(label, limits::BUTTON).into();
        self
    }

    pub fn confirm(mut self, confirm: Confirm) -> Self {
        self.0["confirm"] = confirm.0;
        self
    }
}

/// The question asked before a click counts.
#[derive(Clone, PartialEq, Debug)]
pub struct Confirm(Value);

impl Confirm {
    pub fn new(title: &str, question: &str, yes: &str, no: &str) -> Self {
        Self(json!({
            "title": plain(&cut(title, limits::CONFIRM_TITLE)),
            "text": plain(&cut(question, limits::CONFIRM_TEXT)),
            "confirm": plain(&cut(yes, limits::CONFIRM_BUTTON)),
            "deny": plain(&cut(no, limits::CONFIRM_BUTTON)),
        }))
    }

    pub fn danger(mut self) -> Self {
        self.0["style"] = "danger".into();
        self
    }
}

/// Deals elements out to blocks, so that none gets too many, or too large to share a message.
fn batches(
    elements: impl IntoIterator<Item = Value>,
    at_most: usize,
) -> impl Iterator<Item = Vec<Value>> {
    let mut batches: Vec<Vec<Value>> = Vec::new();
    let mut size = 0;
    for element in elements {
        let length = element.to_string().chars().count();
        match batches.last_mut() {
            Some(batch) if batch.len() < at_most && size + length <= limits::BLOCK_JSON => {
                batch.push(element);
                size += length;
            }
            _ => {
                batches.push(vec![element]);
                size = length;
            }
        }
    }
    batches.into_iter()
}

/// Text shown as it is, but for `:emoji:`.
pub(super) fn plain(text: &str) -> Value {
    // Slack refuses an empty text; a space shows the same.
    let text = if text.is_empty() { " " } else { text };
    json!({"type": "plain_text", "text": text, "emoji": true})
}

/// Text with markup. `verbatim`: Slack makes no links and mentions beyond those we wrote.
pub(super) fn markup(text: &str) -> Value {
    json!({"type": "mrkdwn", "text": text, "verbatim": true})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::text::quote;

    #[test]
    fn a_quotation_stays_one_across_blocks() {
        let long = format!("{}\nend", "so loud ".repeat(1_200));
        let text = format!("They say:\n{}\nWe say: calm down.", quote(&long));
        let shown: Vec<String> = Block::sections(&text)
            .iter()
            .map(|block| block.as_json()["text"]["text"].as_str().unwrap().to_owned())
            .collect();
        assert!(shown.len() > 3);
        for line in shown.iter().flat_map(|text| text.lines()) {
            assert_eq!(line.starts_with("> "), line.contains("loud") || line == "> end", "{line}");
        }
    }
}
