//! The table of elements: buttons, menus, inputs.

use super::spec::Kind::{
    Address, Confirm, Flag, Free, Integer, Line, OneOf, OptionGroups, Options, Plain,
    RichTextBlock, SlackFile, Word,
};
use super::spec::{Field, Kind, fields, may, must};

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
