//! What is not a message: modals and the Home tab.

use serde::Serialize;
use serde_json::Value;

use super::blocks::{Block, Element, plain};
use super::check;
use super::cut::cut;
use super::limits;

/// A window with inputs over the conversation.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Modal {
    r#type: &'static str,
    callback_id: String,
    title: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    submit: Option<Value>,
    close: Value,
    private_metadata: String,
    notify_on_close: bool,
    clear_on_close: bool,
    blocks: Vec<Block>,
}

impl Modal {
    /// `callback_id` is what its submission will be known by.
    pub fn new(callback_id: &str, title: &str) -> Self {
        Self {
            r#type: "modal",
            callback_id: callback_id.to_owned(),
            title: plain(&cut(title, limits::MODAL_TITLE)),
            submit: None,
            close: plain("Cancel"),
            private_metadata: String::new(),
            notify_on_close: false,
            clear_on_close: false,
            blocks: Vec::new(),
        }
    }

    /// The button that sends the inputs. A modal with inputs needs one.
    pub fn submit(mut self, label: &str) -> Self {
        self.submit = Some(plain(&cut(label, limits::MODAL_BUTTON)));
        self
    }

    pub fn close(mut self, label: &str) -> Self {
        self.close = plain(&cut(label, limits::MODAL_BUTTON));
        self
    }

    /// Handed back with the submission: ids. Never cut; what is over the limit is not opened.
    pub fn private_metadata(mut self, data: impl Into<String>) -> Self {
        self.private_metadata = data.into();
        self
    }

    /// Asks for a `view_closed` when people leave without submitting.
    pub fn notify_on_close(mut self) -> Self {
        self.notify_on_close = true;
        self
    }

    /// An [`Input`](super::inputs::Input) or any other block.
    pub fn block(mut self, block: impl Into<Block>) -> Self {
        self.blocks.push(block.into());
        self
    }

    pub fn header(mut self, text: impl AsRef<str>) -> Self {
        self.blocks.extend(Block::heading(text.as_ref()));
        self
    }

    pub fn section(mut self, text: impl AsRef<str>) -> Self {
        self.blocks.extend(Block::sections(text.as_ref()));
        self
    }

    pub fn context(mut self, text: impl AsRef<str>) -> Self {
        self.blocks.extend(Block::context([text.as_ref()]));
        self
    }

    pub fn divider(mut self) -> Self {
        self.blocks.push(Block::divider());
        self
    }

    pub fn actions<E: Into<Element>>(mut self, elements: impl IntoIterator<Item = E>) -> Self {
        self.blocks.extend(Block::actions(elements.into_iter().map(Into::into)));
        self
    }

    /// The answer to a submission that leaves the modal open, showing this in its place.
    pub fn as_update(&self) -> Value {
        serde_json::json!({"response_action": "update", "view": self})
    }

    /// The answer to a submission that opens this on top of the modal.
    pub fn as_push(&self) -> Value {
        serde_json::json!({"response_action": "push", "view": self})
    }

    /// Whether Slack would take it; else what is wrong with it.
    pub(super) fn check(&self) -> Result<(), String> {
        check::within("callback_id", &self.callback_id, limits::CALLBACK_ID)?;
        check::within("private_metadata", &self.private_metadata, limits::PRIVATE_METADATA)?;
        let is_input = |block: &Block| block.as_json()["type"] == "input";
        if self.submit.is_none() && self.blocks.iter().any(is_input) {
            return Err("a modal with inputs needs a submit button".to_owned());
        }
        check::view(&self.blocks)
    }
}

/// The answer to a submission that cannot be accepted: a sentence at each input by its name.
pub fn submission_errors<'a>(errors: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let errors: serde_json::Map<String, Value> =
        errors.into_iter().map(|(name, sentence)| (name.to_owned(), sentence.into())).collect();
    serde_json::json!({"response_action": "errors", "errors": errors})
}

/// The answer to a submission that closes all modals of the stack.
pub fn close_all() -> Value {
    serde_json::json!({"response_action": "clear"})
}

/// One person's Home tab.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Home {
    r#type: &'static str,
    blocks: Vec<Block>,
}

impl Default for Home {
    fn default() -> Self {
        Self { r#type: "home", blocks: Vec::new() }
    }
}

impl Home {
    pub fn header(self, text: impl AsRef<str>) -> Self {
        self.add(Block::heading(text.as_ref()))
    }

    pub fn section(self, text: impl AsRef<str>) -> Self {
        self.add(Block::sections(text.as_ref()))
    }

    pub fn section_with(self, text: impl AsRef<str>, element: impl Into<Element>) -> Self {
        self.add(Block::sections_with(text.as_ref(), element.into()))
    }

    pub fn context(self, text: impl AsRef<str>) -> Self {
        self.add(Block::context([text.as_ref()]))
    }

    pub fn divider(self) -> Self {
        self.add([Block::divider()])
    }

    pub fn actions<E: Into<Element>>(self, elements: impl IntoIterator<Item = E>) -> Self {
        self.add(Block::actions(elements.into_iter().map(Into::into)))
    }

    pub fn block(self, block: Block) -> Self {
        self.add([block])
    }

    /// How many more blocks there is room for, one kept for the line that says what is missing.
    /// A Home tab has no thread to continue in, so a list asks before each of its items.
    pub fn room(&self) -> usize {
        (limits::VIEW_BLOCKS - 1).saturating_sub(self.blocks.len())
    }

    pub(super) fn check(&self) -> Result<(), String> {
        check::view(&self.blocks)
    }

    fn add(mut self, blocks: impl IntoIterator<Item = Block>) -> Self {
        self.blocks.extend(blocks);
        self
    }
}
