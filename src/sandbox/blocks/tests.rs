use serde_json::{Value, json};

use super::*;

fn problems_of(surface: Surface, blocks: Value) -> Vec<String> {
    let is_file = |file: &Value| file["id"] == "F1";
    let mut check = Check::new(surface, &is_file);
    check.blocks(blocks.as_array().unwrap(), "/blocks");
    check.problems.iter().map(Problem::to_string).collect()
}

fn check(blocks: Value, expected: &[&str]) {
    assert_eq!(problems_of(Surface::Message, blocks), expected);
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

fn button(text: &str, action_id: &str) -> Value {
    json!({
        "type": "button", "text": { "type": "plain_text", "text": text }, "action_id": action_id
    })
}

#[test]
fn good_blocks_pass() {
    check(
        json!([
            { "type": "header", "text": { "type": "plain_text", "text": "Finding" } },
            section(&"a".repeat(3000)),
            { "type": "divider" },
            { "type": "image", "alt_text": "a chart", "slack_file": { "id": "F1" } },
            { "type": "context", "elements": [{ "type": "mrkdwn", "text": "_today_" }] },
            { "type": "actions", "elements": [button("Approve", "approve"), button("Reject", "no")] },
            { "type": "markdown", "text": "**bold**" },
            { "type": "rich_text", "elements": [{
                "type": "rich_text_section", "elements": [{ "type": "text", "text": "hello" }]
            }] },
        ]),
        &[],
    );
}

#[test]
fn texts_have_limits() {
    check(
        json!([section("")]),
        &[
            "failed to match all allowed schemas [json-pointer:/blocks/0/text]",
            "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
        ],
    );
    check(
        json!([section(&"é".repeat(3001))]),
        &[
            "failed to match all allowed schemas [json-pointer:/blocks/0/text]",
            "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
        ],
    );
    check(
        json!([{ "type": "actions", "elements": [button(&"x".repeat(76), "a")] }]),
        &["must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"],
    );
}

#[test]
fn counts_have_limits() {
    check(
        Value::Array(vec![json!({ "type": "divider" }); 51]),
        &["no more than 50 items allowed [json-pointer:/blocks]"],
    );
    let field = json!({ "type": "mrkdwn", "text": "a" });
    check(
        json!([{ "type": "section", "fields": vec![field; 11] }]),
        &["no more than 10 items allowed [json-pointer:/blocks/0/fields]"],
    );
    let many: Vec<Value> = (0..26).map(|n| button("x", &n.to_string())).collect();
    check(
        json!([{ "type": "actions", "elements": many }]),
        &["no more than 25 items allowed [json-pointer:/blocks/0/elements]"],
    );
}

#[test]
fn unknown_things_are_refused() {
    check(
        json!([{ "type": "marquee" }]),
        &["unsupported type: marquee [json-pointer:/blocks/0/type]"],
    );
    check(
        json!([{ "type": "divider", "colour": "red" }]),
        &["invalid additional property: colour [json-pointer:/blocks/0]"],
    );
    check(
        json!([{ "type": "section" }]),
        &["must define either `text` or `fields` [json-pointer:/blocks/0/type]"],
    );
    check(
        json!([{ "type": "image", "image_url": "https://example.com/a.png" }]),
        &["missing required field: alt_text [json-pointer:/blocks/0]"],
    );
    check(
        json!([{ "type": "image", "alt_text": "a", "slack_file": { "id": "F2" } }]),
        &["invalid slack file [json-pointer:/blocks/0/slack_file]"],
    );
}

#[test]
fn ids_are_unique() {
    check(
        json!([{ "type": "actions", "elements": [button("A", "go"), button("B", "go")] }]),
        &["`action_id` \"go\" already exists [json-pointer:/blocks/0/elements/1/action_id]"],
    );
    check(
        json!([
            { "type": "actions", "elements": [button("A", "go")] },
            { "type": "actions", "elements": [button("B", "go")] },
        ]),
        &[],
    );
    check(
        json!([{ "type": "divider", "block_id": "b" }, { "type": "divider", "block_id": "b" }]),
        &["`block_id` \"b\" already exists [json-pointer:/blocks/1/block_id]"],
    );
}

#[test]
fn charts_have_a_point_for_each_category() {
    let chart = |data: Value| {
        json!([{ "type": "data_visualization", "title": "Leads", "chart": {
            "type": "line",
            "axis_config": { "categories": ["Mon", "Tue"] },
            "series": [{ "name": "leads", "data": data }],
        } }])
    };
    check(chart(json!([{ "label": "Mon", "value": 1 }, { "label": "Tue", "value": 2 }])), &[]);
    check(
        chart(json!([{ "label": "Mon", "value": 1 }])),
        &["must have one data point for each category \
           [json-pointer:/blocks/0/chart/series/0/data]"],
    );
    assert_eq!(
        problems_of(Surface::Home, chart(json!([]))),
        ["unsupported type: data_visualization [json-pointer:/blocks/0/type]"]
    );
}

#[test]
fn a_modal_with_inputs_needs_a_submit_button() {
    let view = json!({
        "type": "modal",
        "title": { "type": "plain_text", "text": "A title of more than 24 characters" },
        "blocks": [{
            "type": "input", "label": { "type": "plain_text", "text": "Why?" },
            "element": { "type": "plain_text_input", "action_id": "why" },
        }],
    });
    let mut view = view.as_object().unwrap().clone();
    let problems = of_view(&mut view, &|_| false, &|| "id".to_owned());
    let problems: Vec<String> = problems.iter().map(Problem::to_string).collect();
    assert_eq!(
        problems,
        [
            "must be less than 25 characters [json-pointer:/view/title/text]",
            "must define `submit` to use an `input` block in modals \
             [json-pointer:/view/blocks/0/input]",
        ]
    );
}
