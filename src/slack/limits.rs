//! Slack's limits, each in this place only. Lengths are in characters.
//!
//! Source: <https://docs.slack.dev/reference/block-kit/> unless said otherwise.

/// Blocks of one message.
pub const MESSAGE_BLOCKS: usize = 50;
/// Blocks of one modal or Home tab.
pub const VIEW_BLOCKS: usize = 100;

/// All blocks of one message together, as JSON. Slack refuses about 13,200 characters with
/// `msg_blocks_too_long` and documents no figure (slackapi/bolt-js#2509); this leaves room.
pub const MESSAGE_JSON: usize = 12_000;

/// What the builders put into one block at most, as JSON, so that several find room in a message.
pub const BLOCK_JSON: usize = 7_000;

/// The fallback text. Slack takes 40,000 and breaks what is longer than 4,000 into pieces.
pub const FALLBACK: usize = 3_000;

pub const SECTION: usize = 3_000;
pub const SECTION_FIELDS: usize = 10;
pub const FIELD: usize = 2_000;
pub const HEADER: usize = 150;
pub const CONTEXT_ELEMENTS: usize = 10;
pub const CONTEXT_TEXT: usize = 3_000;
pub const ACTIONS_ELEMENTS: usize = 25;
pub const BUTTON: usize = 75;
pub const VALUE: usize = 2_000;
pub const ACTION_ID: usize = 255;
pub const BLOCK_ID: usize = 255;
pub const URL: usize = 3_000;
pub const ALT_TEXT: usize = 2_000;
pub const IMAGE_TITLE: usize = 2_000;

pub const CONFIRM_TITLE: usize = 100;
pub const CONFIRM_TEXT: usize = 300;
pub const CONFIRM_BUTTON: usize = 30;

pub const MODAL_TITLE: usize = 24;
pub const MODAL_BUTTON: usize = 24;
pub const PRIVATE_METADATA: usize = 3_000;
pub const CALLBACK_ID: usize = 255;

pub const LABEL: usize = 2_000;
pub const HINT: usize = 2_000;
pub const PLACEHOLDER: usize = 150;
pub const INPUT_TEXT: usize = 3_000;

pub const OPTION: usize = 75;
pub const OPTION_VALUE: usize = 150;
pub const OPTIONS: usize = 100;
pub const OPTION_GROUPS: usize = 100;
pub const CHECKBOXES: usize = 10;
