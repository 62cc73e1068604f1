//! What Slack would refuse, found before it is sent.
//!
//! Text is cut or continued by the builders; what a machine reads back (ids, values, addresses)
//! must never be cut, so it is refused here, as are blocks that were made by hand.

use std::collections::HashSet;

use serde_json::Value;

use super::blocks::Block;
use super::limits;

type Check = Result<(), String>;

pub fn message(blocks: &[Block]) -> Check {
    at_most("blocks in a message", blocks.len(), limits::MESSAGE_BLOCKS)?;
    let json: usize = blocks.iter().map(|block| block.as_json().to_string().chars().count()).sum();
    at_most("characters of blocks in a message", json, limits::MESSAGE_JSON)?;
    all(blocks)
}

pub fn view(blocks: &[Block]) -> Check {
    at_most("blocks in a view", blocks.len(), limits::VIEW_BLOCKS)?;
    all(blocks)
}

pub fn within(what: &str, text: &str, limit: usize) -> Check {
    at_most(&format!("characters in {what}"), text.chars().count(), limit)
}

fn at_most(what: &str, count: usize, limit: usize) -> Check {
    if count > limit { Err(format!("{count} {what}; Slack takes {limit}")) } else { Ok(()) }
}

fn all(blocks: &[Block]) -> Check {
    let mut ids = HashSet::new();
    for (index, block) in blocks.iter().enumerate() {
        let block = block.as_json();
        one(block).map_err(|problem| format!("/blocks/{index}: {problem}"))?;
        if let Some(id) = block["block_id"].as_str()
            && !ids.insert(id)
        {
            return Err(format!("/blocks/{index}: block_id `{id}` stands twice"));
        }
    }
    Ok(())
}

fn one(block: &Value) -> Check {
    let Some(kind) = block["type"].as_str() else {
        return Err("a block without a type".to_owned());
    };
    text_within(block, "block_id", limits::BLOCK_ID)?;
    match kind {
        "header" => inner_text_within(block, "text", limits::HEADER),
        "section" => section(block),
        "context" => {
            let elements = list(block, "elements");
            at_most("elements in a context", elements.len(), limits::CONTEXT_ELEMENTS)?;
            elements.iter().try_for_each(|element| {
                text_within(element, "text", limits::CONTEXT_TEXT)?;
                not_empty(element, "text")
            })
        }
        "actions" => {
            let elements = list(block, "elements");
            if elements.is_empty() {
                return Err("actions without elements".to_owned());
            }
            at_most("elements in actions", elements.len(), limits::ACTIONS_ELEMENTS)?;
            elements.iter().try_for_each(element)?;
            distinct_actions(elements)
        }
        "image" => {
            text_within(block, "image_url", limits::URL)?;
            text_within(block, "alt_text", limits::ALT_TEXT)?;
            inner_text_within(block, "title", limits::IMAGE_TITLE)
        }
        "input" => {
            inner_text_within(block, "label", limits::LABEL)?;
            inner_text_within(block, "hint", limits::HINT)?;
            element(&block["element"])
        }
        _ => Ok(()),
    }
}

fn section(block: &Value) -> Check {
    inner_text_within(block, "text", limits::SECTION)?;
    let fields = list(block, "fields");
    if fields.is_empty() {
        not_empty(&block["text"], "text")?;
    }
    at_most("fields in a section", fields.len(), limits::SECTION_FIELDS)?;
    fields.iter().try_for_each(|field| {
        text_within(field, "text", limits::FIELD)?;
        not_empty(field, "text")
    })?;
    if block["accessory"].is_object() { element(&block["accessory"]) } else { Ok(()) }
}

fn element(element: &Value) -> Check {
    text_within(element, "action_id", limits::ACTION_ID)?;
    text_within(element, "value", limits::VALUE)?;
    text_within(element, "url", limits::URL)?;
    text_within(element, "initial_value", limits::INPUT_TEXT)?;
    inner_text_within(element, "placeholder", limits::PLACEHOLDER)?;
    let kind = element["type"].as_str().unwrap_or_default();
    if kind == "button" {
        inner_text_within(element, "text", limits::BUTTON)?;
        not_empty(&element["text"], "text")?;
    }

    let choices = list(element, "options");
    let groups = list(element, "option_groups");
    let is_few = matches!(kind, "checkboxes" | "radio_buttons");
    let limit = if is_few { limits::CHECKBOXES } else { limits::OPTIONS };
    at_most("options", choices.len(), limit)?;
    at_most("groups of options", groups.len(), limits::OPTION_GROUPS)?;
    if (is_few || kind == "static_select") && choices.is_empty() && groups.is_empty() {
        return Err(format!("`{kind}` without options"));
    }
    choices.iter().chain(groups.iter().flat_map(|group| list(group, "options"))).try_for_each(
        |choice| {
            inner_text_within(choice, "text", limits::OPTION)?;
            inner_text_within(choice, "description", limits::OPTION)?;
            text_within(choice, "value", limits::OPTION_VALUE)
        },
    )
}

fn distinct_actions(elements: &[Value]) -> Check {
    let mut ids = HashSet::new();
    match elements.iter().filter_map(|it| it["action_id"].as_str()).find(|id| !ids.insert(*id)) {
        Some(id) => Err(format!("action_id `{id}` stands twice in one block")),
        None => Ok(()),
    }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn inner_text_within(value: &Value, key: &str, limit: usize) -> Check {
    value[key]["text"].as_str().map_or(Ok(()), |text| within(&format!("`{key}`"), text, limit))
}

fn text_within(value: &Value, key: &str, limit: usize) -> Check {
    value[key].as_str().map_or(Ok(()), |text| within(&format!("`{key}`"), text, limit))
}

fn not_empty(value: &Value, key: &str) -> Check {
    // Context elements may be images, which have no text.
    if value["type"] == "image" || value[key].as_str().is_some_and(|text| !text.is_empty()) {
        Ok(())
    } else {
        Err(format!("`{key}` is missing or empty"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_slack_refuses_is_named() {
        fn check(block: Value, expected: &str) {
            assert_eq!(message(&[Block::raw(block)]).unwrap_err(), expected);
        }
        let button = |id: &str, value: String| {
            json!({"type": "button", "action_id": id, "value": value,
                "text": {"type": "plain_text", "text": "Go"}})
        };
        check(
            json!({"type": "actions", "elements": [button("a", "x".repeat(2_001))]}),
            "/blocks/0: 2001 characters in `value`; Slack takes 2000",
        );
        check(
            json!({"type": "actions", "elements": [button("a", "1".into()), button("a", "2".into())]}),
            "/blocks/0: action_id `a` stands twice in one block",
        );
        check(json!({"type": "actions", "elements": []}), "/blocks/0: actions without elements");
        check(json!({"text": "?"}), "/blocks/0: a block without a type");
        check(
            json!({"type": "section", "text": {"type": "mrkdwn", "text": ""}}),
            "/blocks/0: `text` is missing or empty",
        );
        check(
            json!({"type": "input", "element": {"type": "static_select", "options": []}}),
            "/blocks/0: `static_select` without options",
        );
        let many = vec![Block::divider(); 51];
        assert_eq!(message(&many).unwrap_err(), "51 blocks in a message; Slack takes 50");
    }
}
