//! Texts that are too long for one input, in as many inputs as they need.

use super::cut;
use super::inbound::Values;

/// How much of a long text one input of a form shows; an input takes somewhat more, so that each part
/// may grow.
const PART: usize = 2_500;

/// A part of a text, in an input of its own.
#[derive(PartialEq, Eq, Debug)]
pub struct LongPart {
    pub name: String,
    pub shown: String,
    /// White space after it, which no input is trusted to keep.
    after: String,
}

/// A text in inputs called `name`, `name.2`, `name.3`; one, even if it is empty.
pub fn long_parts(name: &str, text: &str) -> Vec<LongPart> {
    cut::split(text, PART)
        .into_iter()
        .enumerate()
        .map(|(index, part)| {
            let shown = part.trim_end();
            LongPart {
                name: if index == 0 { name.to_owned() } else { format!("{name}.{}", index + 1) },
                shown: shown.to_owned(),
                after: part[shown.len()..].to_owned(),
            }
        })
        .collect()
}

/// The parts of a text that was `before` put together again: what nobody touched is as it was, to the
/// character.
pub fn long_text(values: &Values, name: &str, before: &str) -> String {
    let mut text = String::new();
    for part in long_parts(name, before) {
        let typed = values.text(&part.name).unwrap_or_default();
        if !typed.trim().is_empty() {
            text.push_str(typed.trim_end());
            text.push_str(&part.after);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_long_text_comes_back_as_it_was() {
        let paragraph = format!("{}\n\n", "Words of a long text. ".repeat(60));
        let before = format!("{}end", paragraph.repeat(7));
        let parts = long_parts("text", &before);
        assert!(parts.len() > 3 && parts.iter().all(|part| part.shown.chars().count() <= PART));
        let mut state = serde_json::Map::new();
        for part in &parts {
            let typed = json!({"value": part.shown});
            state.insert(part.name.clone(), json!({ part.name.clone(): typed }));
        }
        let values =
            |state: &serde_json::Map<String, serde_json::Value>| Values::from_state(json!(state));
        assert_eq!(long_text(&values(&state), "text", &before), before);

        state["text.2"]["text.2"]["value"] = "Something else.".into();
        let changed = long_text(&values(&state), "text", &before);
        assert!(changed.contains("\n\nSomething else.") && changed.ends_with("end"), "{changed}");
        assert_eq!(long_parts("text", "").len(), 1);
    }
}
