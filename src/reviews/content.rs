//! The bytes that decisions are bound to.

use serde_json::Value;

/// JSON after RFC 8785 (JCS), of which this product uses a part: objects with their keys sorted,
/// no white space, strings escaped as `serde_json` does, whole numbers only. The same content gives
/// the same bytes, and their SHA-256 is the content hash that cards, decisions and the audit trail
/// name.
pub fn canonical(content: &Value) -> Vec<u8> {
    sorted(content).to_string().into_bytes()
}

fn sorted(content: &Value) -> Value {
    match content {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            members.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_content_gives_the_same_bytes() {
        let one: Value =
            serde_json::from_str(r#"{ "b": [1, {"z": "ü", "y": true}], "a": "x\n" }"#).unwrap();
        let other: Value =
            serde_json::from_str(r#"{"a":"x\u000a","b":[1,{"y":true,"z":"\u00fc"}]}"#).unwrap();

        let bytes = canonical(&one);

        assert_eq!(String::from_utf8_lossy(&bytes), r#"{"a":"x\n","b":[1,{"y":true,"z":"ü"}]}"#);
        assert_eq!(bytes, canonical(&other));
    }
}
