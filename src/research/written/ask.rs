//! What the model is given, and the shape of what it must give back.

use std::collections::HashMap;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::{Earlier, Passage};
use crate::agents::object_of;

/// The inputs of the prompt.
///
/// Documents get numbers in the order of their passages, so that the model can tell whether two
/// passages are one voice; their own ids may be personal data and stay here.
pub fn inputs(question: &str, earlier: &[Earlier], passages: &[Passage], today: Date) -> Value {
    let mut documents: HashMap<(&str, &str), usize> = HashMap::new();
    let mut shown = Vec::with_capacity(passages.len());
    for passage in passages {
        let next = documents.len() + 1;
        let document = *documents.entry((&passage.source, &passage.document)).or_insert(next);
        shown.push(json!({
            "number": passage.number,
            "document": document,
            "from": from(passage),
            // In numbers, which can go into the prompt as they are: texts go behind a fence.
            "written": passage.written.map(|it| {
                json!({"year": it.year(), "month": it.month(), "day": it.day()})
            }),
            "text": passage.text,
        }));
    }
    let earlier: Vec<Value> =
        earlier.iter().map(|it| json!({"question": it.question, "answer": it.answer})).collect();
    json!({
        "question": question,
        "earlier": earlier,
        "passages": shown,
        "today": today.to_string(),
    })
}

fn from(passage: &Passage) -> String {
    match passage.title.trim() {
        "" => passage.source.clone(),
        title => format!("{}: {title}", passage.source),
    }
}

/// The JSON schema of an answer.
///
/// Only what both Anthropic's `output_config.format` and OpenAI's strict mode take: every property
/// is required, none may be added, and there are no limits on lengths or sizes. An absent text is
/// an empty one. What order properties have here is the order in which they are written.
pub fn schema() -> Value {
    let quote = object_of(json!({
        "passage": {"type": "integer", "description": "The number of the passage."},
        "text": {"type": "string", "description": "Copied from the passage letter by letter."},
    }));
    let claim = object_of(json!({
        "text": {"type": "string", "description": "One or two sentences in your own words."},
        "quotes": {"type": "array", "items": quote},
    }));
    object_of(json!({
        "summary": {
            "type": "string",
            "description": "The answer in one or two sentences; empty if there is none.",
        },
        "claims": {"type": "array", "items": claim},
        "unanswered": {
            "type": "string",
            "description": "What the passages leave open; empty if nothing.",
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::PassageId;

    /// What both protocols take in a schema, and nothing else.
    fn strict(schema: &Value) {
        let known =
            ["type", "description", "properties", "required", "additionalProperties", "items"];
        let fields = schema.as_object().unwrap();
        assert!(fields.keys().all(|it| known.contains(&it.as_str())), "{schema}");
        match schema["type"].as_str().unwrap() {
            "object" => {
                assert_eq!(schema["additionalProperties"], json!(false));
                let properties = schema["properties"].as_object().unwrap();
                let names: Vec<Value> = properties.keys().map(|it| json!(it)).collect();
                assert_eq!(schema["required"], Value::Array(names));
                properties.values().for_each(strict);
            }
            "array" => strict(&schema["items"]),
            kind => assert!(["string", "integer"].contains(&kind)),
        }
    }

    #[test]
    fn the_schema_is_one_that_both_protocols_take() {
        let schema = schema();
        strict(&schema);
        assert_eq!(schema["required"], json!(["summary", "claims", "unanswered"]));
        assert_eq!(schema["properties"]["claims"]["items"]["required"], json!(["text", "quotes"]));
    }

    #[test]
    fn the_model_sees_numbers_and_no_ids() {
        let passage = |number: usize, document: &str, title: &str| Passage {
            number,
            id: PassageId(77_000 + number as i64),
            text: format!("Text {number}"),
            source: "reviews".to_owned(),
            document: document.to_owned(),
            title: title.to_owned(),
            written: (number == 1).then(|| jiff::civil::date(2026, 3, 2)),
        };
        let passages = [
            passage(1, "anna@example.org", ""),
            passage(2, "R-9", "Sound"),
            passage(3, "anna@example.org", ""),
        ];
        let earlier = [Earlier { question: "Q".to_owned(), answer: "A".to_owned() }];
        let inputs = inputs("Why?", &earlier, &passages, jiff::civil::date(2026, 11, 22));
        assert_eq!(
            inputs,
            json!({
                "question": "Why?",
                "earlier": [{"question": "Q", "answer": "A"}],
                "passages": [
                    {"number": 1, "document": 1, "from": "reviews", "written": {"year": 2026, "month": 3, "day": 2}, "text": "Text 1"},
                    {"number": 2, "document": 2, "from": "reviews: Sound", "written": null, "text": "Text 2"},
                    {"number": 3, "document": 1, "from": "reviews", "written": null, "text": "Text 3"},
                ],
                "today": "2026-11-22",
            })
        );
    }
}
