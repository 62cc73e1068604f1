//! The table of blocks: their fields, and what each may hold.

use super::Surface;
use Kind::{
    Address, Chart, DataTable, Element, Elements, Flag, Free, Integer, OneOf, Plain, RichText,
    SlackFile, Table, Text, Texts, Word,
};

/// A table that costs nothing at run time.
macro_rules! fields {
    ($($field:expr),* $(,)?) => {
        const { &[$($field),*] as &[Field] }
    };
}

pub(super) use fields;

pub struct Field {
    pub name: &'static str,
    pub required: bool,
    pub kind: Kind,
}

pub enum Kind {
    Flag,
    Integer(i64, i64),
    /// 1 to so many characters.
    Word(usize),
    /// 0 to so many characters.
    Line(usize),
    OneOf(&'static [&'static str]),
    Address(usize),
    /// A text object of type `plain_text`.
    Plain(usize),
    /// A text object of either type.
    Text(usize),
    Texts {
        items: usize,
        length: usize,
    },
    /// One element of these types.
    Element(&'static [&'static str]),
    Elements {
        types: &'static [&'static str],
        most: usize,
    },
    Option,
    Options {
        fewest: usize,
        most: usize,
    },
    OptionGroups,
    Confirm,
    SlackFile,
    RichText,
    RichTextBlock,
    Table,
    DataTable,
    Chart,
    /// Anything: what Slack itself hardly checks.
    Free,
}

pub const fn must(name: &'static str, kind: Kind) -> Field {
    Field { name, required: true, kind }
}

pub const fn may(name: &'static str, kind: Kind) -> Field {
    Field { name, required: false, kind }
}

const MENUS: &[&str] = &[
    "button",
    "checkboxes",
    "channels_select",
    "conversations_select",
    "datepicker",
    "datetimepicker",
    "external_select",
    "multi_channels_select",
    "multi_conversations_select",
    "multi_external_select",
    "multi_static_select",
    "multi_users_select",
    "overflow",
    "radio_buttons",
    "static_select",
    "timepicker",
    "users_select",
    "workflow_button",
];
const ACCESSORIES: &[&str] = &[
    "image",
    "button",
    "checkboxes",
    "channels_select",
    "conversations_select",
    "datepicker",
    "external_select",
    "multi_channels_select",
    "multi_conversations_select",
    "multi_external_select",
    "multi_static_select",
    "multi_users_select",
    "overflow",
    "radio_buttons",
    "static_select",
    "timepicker",
    "users_select",
    "workflow_button",
];
const INPUTS: &[&str] = &[
    "channels_select",
    "checkboxes",
    "conversations_select",
    "datepicker",
    "datetimepicker",
    "email_text_input",
    "external_select",
    "file_input",
    "multi_channels_select",
    "multi_conversations_select",
    "multi_external_select",
    "multi_static_select",
    "multi_users_select",
    "number_input",
    "plain_text_input",
    "radio_buttons",
    "rich_text_input",
    "static_select",
    "timepicker",
    "url_text_input",
    "users_select",
];

/// The fields of a block, save `type` and `block_id`; `None` if there is no such block there.
pub fn block(kind: &str, surface: Surface) -> Option<&'static [Field]> {
    let in_messages = surface == Surface::Message;
    Some(match kind {
        "section" => fields![
            may("text", Text(3000)),
            may("fields", Texts { items: 10, length: 2000 }),
            may("accessory", Element(ACCESSORIES)),
            may("expand", Flag),
        ],
        "header" => fields![must("text", Plain(150)), may("level", Integer(1, 4))],
        "divider" => fields![],
        "image" => fields![
            must("alt_text", Word(2000)),
            may("image_url", Address(3000)),
            may("slack_file", SlackFile),
            may("title", Plain(2000)),
            // Slack hands these out with the blocks of a message, and takes them back.
            may("image_width", Free),
            may("image_height", Free),
            may("image_bytes", Free),
            may("fallback", Free),
        ],
        "actions" => fields![must("elements", Elements { types: MENUS, most: 25 })],
        "context" => fields![must(
            "elements",
            Elements { types: &["image", "mrkdwn", "plain_text"], most: 10 },
        )],
        "context_actions" if in_messages => fields![must(
            "elements",
            Elements { types: &["feedback_buttons", "icon_button"], most: 5 },
        )],
        "input" => fields![
            must("label", Plain(2000)),
            must("element", Element(INPUTS)),
            may("dispatch_action", Flag),
            may("hint", Plain(2000)),
            may("optional", Flag),
        ],
        "rich_text" => fields![must("elements", RichText)],
        "markdown" if in_messages => fields![must("text", Word(12_000))],
        "video" => fields![
            must("alt_text", Word(2000)),
            must("title", Plain(200)),
            must("thumbnail_url", Address(3000)),
            must("video_url", Address(3000)),
            may("author_name", Word(50)),
            may("description", Plain(200)),
            may("provider_icon_url", Address(3000)),
            may("provider_name", Word(50)),
            may("title_url", Address(3000)),
        ],
        "file" if in_messages => {
            fields![must("external_id", Word(255)), must("source", OneOf(&["remote"]))]
        }
        "table" if in_messages => fields![must("rows", Table), may("column_settings", Free)],
        "data_table" if in_messages => fields![
            must("caption", Word(3000)),
            must("rows", DataTable),
            may("page_size", Integer(1, 100)),
            may("row_header_column_index", Integer(0, 19)),
        ],
        "data_visualization" if in_messages => {
            fields![must("title", Word(50)), must("chart", Chart)]
        }
        _ => return None,
    })
}
