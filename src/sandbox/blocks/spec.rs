//! The table of blocks and elements: their fields, and what each may hold.

use super::Surface;

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

use Kind::{
    Address, Chart, Confirm, DataTable, Element, Elements, Flag, Free, Integer, Line, OneOf,
    OptionGroups, Options, Plain, RichText, RichTextBlock, SlackFile, Table, Text, Texts, Word,
};

const fn must(name: &'static str, kind: Kind) -> Field {
    Field { name, required: true, kind }
}

const fn may(name: &'static str, kind: Kind) -> Field {
    Field { name, required: false, kind }
}

macro_rules! fields {
    ($($field:expr),* $(,)?) => {
        const { &[$($field),*] as &[Field] }
    };
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

/// The fields of an element, save `type`; `None` if there is no such element.
pub fn element(kind: &str) -> Option<&'static [Field]> {
    Some(match kind {
        "button" => fields![
            must("text", Plain(75)),
            may("action_id", Word(255)),
            may("url", Address(3000)),
            may("value", Word(2000)),
            may("style", OneOf(&["primary", "danger"])),
            may("confirm", Confirm),
            may("accessibility_label", Word(75)),
        ],
        "image" => fields![
            must("alt_text", Word(2000)),
            may("image_url", Address(3000)),
            may("slack_file", SlackFile),
            may("image_width", Free),
            may("image_height", Free),
            may("image_bytes", Free),
            may("fallback", Free),
        ],
        "mrkdwn" => fields![must("text", Word(3000)), may("verbatim", Flag)],
        "plain_text" => fields![must("text", Word(3000)), may("emoji", Flag)],
        "overflow" => fields![
            may("action_id", Word(255)),
            must("options", Options { fewest: 2, most: 5 }),
            may("confirm", Confirm),
        ],
        "checkboxes" => fields![
            may("action_id", Word(255)),
            must("options", Options { fewest: 1, most: 10 }),
            may("initial_options", Options { fewest: 1, most: 10 }),
            may("confirm", Confirm),
            may("focus_on_load", Flag),
        ],
        "radio_buttons" => fields![
            may("action_id", Word(255)),
            must("options", Options { fewest: 1, most: 10 }),
            may("initial_option", Kind::Option),
            may("confirm", Confirm),
            may("focus_on_load", Flag),
        ],
        "feedback_buttons" => fields![
            may("action_id", Word(255)),
            must("positive_button", Free),
            must("negative_button", Free),
        ],
        "icon_button" => fields![
            may("action_id", Word(255)),
            must("icon", OneOf(&["trash"])),
            must("text", Plain(75)),
            may("value", Word(2000)),
            may("confirm", Confirm),
            may("accessibility_label", Word(75)),
            may("visible_to_user_ids", Free),
        ],
        "workflow_button" => fields![
            must("text", Plain(75)),
            must("workflow", Free),
            may("action_id", Word(255)),
            may("style", OneOf(&["primary", "danger"])),
            may("accessibility_label", Word(75)),
        ],
        _ => return menu(kind).or_else(|| input(kind)),
    })
}

fn menu(kind: &str) -> Option<&'static [Field]> {
    macro_rules! menu {
        ($($field:expr),* $(,)?) => {
            fields![
                may("action_id", Word(255)),
                may("placeholder", Plain(150)),
                may("confirm", Confirm),
                may("focus_on_load", Flag),
                $($field),*
            ]
        };
    }
    Some(match kind {
        "static_select" => menu![
            may("options", Options { fewest: 1, most: 100 }),
            may("option_groups", OptionGroups),
            may("initial_option", Kind::Option),
        ],
        "multi_static_select" => menu![
            may("options", Options { fewest: 1, most: 100 }),
            may("option_groups", OptionGroups),
            may("initial_options", Options { fewest: 1, most: 100 }),
            may("max_selected_items", Integer(1, 100)),
        ],
        "external_select" => {
            menu![may("initial_option", Kind::Option), may("min_query_length", Integer(0, 1000)),]
        }
        "multi_external_select" => menu![
            may("initial_options", Options { fewest: 1, most: 100 }),
            may("min_query_length", Integer(0, 1000)),
            may("max_selected_items", Integer(1, 100)),
        ],
        "users_select" => menu![may("initial_user", Word(255))],
        "multi_users_select" => {
            menu![may("initial_users", Free), may("max_selected_items", Integer(1, 100))]
        }
        "channels_select" => {
            menu![may("initial_channel", Word(255)), may("response_url_enabled", Flag)]
        }
        "multi_channels_select" => {
            menu![may("initial_channels", Free), may("max_selected_items", Integer(1, 100))]
        }
        "conversations_select" => menu![
            may("initial_conversation", Word(255)),
            may("default_to_current_conversation", Flag),
            may("response_url_enabled", Flag),
            may("filter", Free),
        ],
        "multi_conversations_select" => menu![
            may("initial_conversations", Free),
            may("default_to_current_conversation", Flag),
            may("max_selected_items", Integer(1, 100)),
            may("filter", Free),
        ],
        "datepicker" => menu![may("initial_date", Word(10))],
        "timepicker" => menu![may("initial_time", Word(5)), may("timezone", Word(100))],
        "datetimepicker" => menu![may("initial_date_time", Integer(1_000_000_000, 9_999_999_999))],
        _ => return None,
    })
}

fn input(kind: &str) -> Option<&'static [Field]> {
    macro_rules! input {
        ($($field:expr),* $(,)?) => {
            fields![
                may("action_id", Word(255)),
                may("placeholder", Plain(150)),
                may("dispatch_action_config", Free),
                may("focus_on_load", Flag),
                $($field),*
            ]
        };
    }
    Some(match kind {
        "plain_text_input" => input![
            may("initial_value", Line(3000)),
            may("multiline", Flag),
            may("min_length", Integer(0, 3000)),
            may("max_length", Integer(1, 3000)),
        ],
        "email_text_input" | "url_text_input" => input![may("initial_value", Line(3000))],
        "number_input" => input![
            must("is_decimal_allowed", Flag),
            may("initial_value", Line(100)),
            may("min_value", Line(100)),
            may("max_value", Line(100)),
        ],
        "rich_text_input" => input![may("initial_value", RichTextBlock)],
        "file_input" => {
            fields![
                may("action_id", Word(255)),
                may("filetypes", Free),
                may("max_files", Integer(1, 10))
            ]
        }
        _ => return None,
    })
}
