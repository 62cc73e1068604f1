//! The form of an answer: as a model is told of it, and as its answer is checked.
//!
//! Both providers take a part of JSON Schema, not the same, and refuse the rest. So a model is told
//! of the shape alone, and the whole schema is checked here when the answer has come.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// What is not sent: bounds that one of the providers refuses, and what says nothing about the shape.
const NOT_SENT: [&str; 19] = [
    "$id",
    "$schema",
    "default",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "title",
    "uniqueItems",
];

/// An object with these properties, all of them there and no other.
pub fn object_of(properties: Value) -> Value {
    let names: Vec<&String> =
        properties.as_object().map(|it| it.keys().collect()).unwrap_or_default();
    json!({
        "type": "object",
        "required": names,
        "additionalProperties": false,
        "properties": properties,
    })
}

/// The schema of what a Rust type reads.
pub fn schema_of<T: JsonSchema>() -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// The schema as a model is told of it: every object is closed and has all its fields, which both
/// providers ask for.
pub(super) fn shape(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut kept: Map<String, Value> = fields
                .iter()
                .filter(|(name, _)| !NOT_SENT.contains(&name.as_str()))
                .map(|(name, value)| (name.clone(), shape_of(name, value)))
                .collect();
            if let Some(properties) = fields.get("properties").and_then(Value::as_object) {
                kept.insert("additionalProperties".to_owned(), json!(false));
                kept.insert("required".to_owned(), properties.keys().cloned().collect());
            }
            Value::Object(kept)
        }
        Value::Array(items) => items.iter().map(shape).collect(),
        other => other.clone(),
    }
}

/// What is wrong with an answer, without its text; none if it is as asked.
pub(super) fn fault(schema: &Value, answer: &Value) -> anyhow::Result<Option<String>> {
    let validator = jsonschema::validator_for(schema)
        .map_err(|error| anyhow::anyhow!("the schema of an answer is none: {error}"))?;
    let first = validator.iter_errors(answer).next();
    Ok(first.map(|error| {
        let place = error.instance_path().to_string();
        let place = if place.is_empty() { "the answer".to_owned() } else { place };
        format!("{place} does not keep to {}", error.schema_path())
    }))
}

/// Names of properties are not keywords, and what is in a list of values is no schema.
fn shape_of(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("properties" | "$defs", Value::Object(named)) => {
            named.iter().map(|(name, schema)| (name.clone(), shape(schema))).collect()
        }
        ("enum" | "const" | "required", value) => value.clone(),
        (_, value) => shape(value),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Poem {
        title: String,
        #[schemars(length(min = 1))]
        lines: Vec<Line>,
        mood: Option<Mood>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Line {
        pattern: String,
        #[schemars(range(min = 1))]
        number: u32,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Mood {
        Calm,
        Wild,
    }

    #[test]
    fn models_are_told_of_the_shape_alone() {
        let shape = shape(&schema_of::<Poem>());
        assert_eq!(shape["required"], json!(["title", "lines", "mood"]));
        let line = &shape["properties"]["lines"]["items"];
        assert_eq!(line["additionalProperties"], json!(false));
        assert_eq!(line["properties"]["pattern"], json!({ "type": "string" }));
        assert_eq!(line["properties"]["number"], json!({ "type": "integer" }));
        assert!(!shape.to_string().contains("minItems"), "{shape}");
    }

    #[test]
    fn answers_are_checked_against_all_of_it() {
        let schema = schema_of::<Poem>();
        let check = |answer: Value, expected: Option<&str>| {
            assert_eq!(fault(&schema, &answer).unwrap().as_deref(), expected, "{answer}");
        };
        let line = json!({ "pattern": "a", "number": 1 });
        check(json!({ "title": "Rain", "lines": [line], "mood": "calm" }), None);
        check(json!({ "title": "Rain", "lines": [line], "mood": null }), None);
        check(json!({ "title": "Rain", "lines": [line] }), None);
        check(
            json!({ "title": "Rain", "lines": [] }),
            Some("/lines does not keep to /properties/lines/minItems"),
        );
        check(json!({ "lines": [line] }), Some("the answer does not keep to /required"));
        check(
            json!({ "title": "Rain", "lines": [{ "pattern": "hidden", "number": "hidden" }] }),
            Some("/lines/0/number does not keep to /properties/lines/items/properties/number/type"),
        );
    }
}
