//! Rich text: what is in a `rich_text` block.

use serde_json::Value;

use super::Check;

const PARTS: &[&str] =
    &["rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"];

/// What may stand in a section, with the field that each cannot do without.
const INLINE: &[(&str, &str)] = &[
    ("text", "text"),
    ("link", "url"),
    ("user", "user_id"),
    ("usergroup", "usergroup_id"),
    ("channel", "channel_id"),
    ("team", "team_id"),
    ("emoji", "name"),
    ("broadcast", "range"),
    ("date", "timestamp"),
    ("color", "value"),
];

impl Check<'_> {
    pub fn rich_text(&mut self, parts: &Value, path: &str) {
        for (index, part) in self.items(parts, 0, usize::MAX, path).iter().enumerate() {
            let path = format!("{path}/{index}");
            match part["type"].as_str() {
                Some("rich_text_list") => self.list(part, &path),
                Some(kind) if PARTS.contains(&kind) => self.inline(&part["elements"], &path),
                Some(kind) => {
                    self.report(format!("unsupported type: {kind}"), &format!("{path}/type"));
                }
                None => self.report("missing required field: type", &path),
            }
        }
    }

    fn list(&mut self, list: &Value, path: &str) {
        if !list["style"].as_str().is_some_and(|style| ["bullet", "ordered"].contains(&style)) {
            self.report("must be a valid enum value", &format!("{path}/style"));
        }
        let items_path = format!("{path}/elements");
        let items = self.items(&list["elements"], 0, usize::MAX, &items_path);
        for (index, item) in items.iter().enumerate() {
            let path = format!("{items_path}/{index}");
            if item["type"] == "rich_text_section" {
                self.inline(&item["elements"], &path);
            } else {
                self.report("unsupported type in a list", &format!("{path}/type"));
            }
        }
    }

    fn inline(&mut self, elements: &Value, path: &str) {
        let path = format!("{path}/elements");
        for (index, element) in self.items(elements, 0, usize::MAX, &path).iter().enumerate() {
            let path = format!("{path}/{index}");
            let kind = element["type"].as_str().unwrap_or_default();
            match INLINE.iter().find(|(name, _)| *name == kind) {
                None => self.report(format!("unsupported type: {kind}"), &format!("{path}/type")),
                Some((_, needed)) if element.get(*needed).is_none() => {
                    self.report(format!("missing required field: {needed}"), &path);
                }
                Some(("text", _)) => {
                    self.string(&element["text"], 1, usize::MAX - 1, &format!("{path}/text"));
                }
                Some(_) => {}
            }
        }
    }
}
