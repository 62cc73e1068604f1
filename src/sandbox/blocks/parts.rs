//! Elements, texts, options and dialogs: what blocks are made of.

use serde_json::{Map, Value};
use url::Url;

use super::spec::{Field, Kind};
use super::{Check, Problem, elements};

impl Check<'_> {
    pub fn element(&mut self, element: &Value, types: &[&str], path: &str) {
        let Some(object) = self.as_object(element, path) else { return };
        let Some(kind) = object.get("type").and_then(Value::as_str) else {
            return self.report("missing required field: type", path);
        };
        let fields = elements::element(kind).filter(|_| types.contains(&kind));
        let Some(fields) = fields else {
            return self.report(format!("unsupported type: {kind}"), &format!("{path}/type"));
        };
        self.object(object, fields, &["type"], path);
        if let Some(id) = object.get("action_id").and_then(Value::as_str)
            && !id.is_empty()
            && !self.action_ids.insert(id.to_owned())
        {
            self.report(
                format!("`action_id` \"{id}\" already exists"),
                &format!("{path}/action_id"),
            );
        }
        match kind {
            "image" => self.image(object, path),
            "static_select" | "multi_static_select"
                if object.contains_key("options") == object.contains_key("option_groups") =>
            {
                self.report("must define either `options` or `option_groups`", path);
            }
            _ => {}
        }
    }

    pub fn image(&mut self, image: &Map<String, Value>, path: &str) {
        if image.contains_key("image_url") == image.contains_key("slack_file") {
            self.report("must define either `image_url` or `slack_file`", path);
        }
    }

    pub fn options(&mut self, value: &Value, fewest: usize, most: usize, path: &str) {
        for (index, option) in self.items(value, fewest, most, path).iter().enumerate() {
            self.option(option, &format!("{path}/{index}"));
        }
    }

    pub fn option(&mut self, option: &Value, path: &str) {
        const FIELDS: &[Field] = &[
            Field { name: "text", required: true, kind: Kind::Text(75) },
            Field { name: "value", required: true, kind: Kind::Word(150) },
            Field { name: "description", required: false, kind: Kind::Text(75) },
            Field { name: "url", required: false, kind: Kind::Address(3000) },
        ];
        if let Some(object) = self.as_object(option, path) {
            self.object(object, FIELDS, &[], path);
        }
    }

    pub fn option_groups(&mut self, groups: &Value, path: &str) {
        const FIELDS: &[Field] = &[
            Field { name: "label", required: true, kind: Kind::Plain(75) },
            Field { name: "options", required: true, kind: Kind::Options { fewest: 1, most: 100 } },
        ];
        for (index, group) in self.items(groups, 1, 100, path).iter().enumerate() {
            let path = format!("{path}/{index}");
            if let Some(object) = self.as_object(group, &path) {
                self.object(object, FIELDS, &[], &path);
            }
        }
    }

    pub fn confirm(&mut self, confirm: &Value, path: &str) {
        const FIELDS: &[Field] = &[
            Field { name: "title", required: true, kind: Kind::Plain(100) },
            Field { name: "text", required: true, kind: Kind::Text(300) },
            Field { name: "confirm", required: true, kind: Kind::Plain(30) },
            Field { name: "deny", required: true, kind: Kind::Plain(30) },
            Field { name: "style", required: false, kind: Kind::OneOf(&["primary", "danger"]) },
        ];
        if let Some(object) = self.as_object(confirm, path) {
            self.object(object, FIELDS, &[], path);
        }
    }

    pub fn address(&mut self, value: &Value, most: usize, path: &str) {
        self.string(value, 1, most, path);
        let is_address = value.as_str().is_some_and(|text| Url::parse(text).is_ok());
        if !is_address {
            self.report("must be a valid URL", path);
        }
    }

    pub fn text(&mut self, value: &Value, types: &[&str], most: usize, path: &str) {
        let Some(object) = self.as_object(value, path) else { return };
        match object.get("type").and_then(Value::as_str) {
            None => self.report("missing required field: type", path),
            Some(kind) if !types.contains(&kind) => {
                self.report("must be a valid enum value", &format!("{path}/type"));
            }
            Some(_) => {}
        }
        match object.get("text") {
            None => self.report("missing required field: text", path),
            Some(text) => self.string(text, 1, most, &format!("{path}/text")),
        }
        let allowed = match object.get("type").and_then(Value::as_str) {
            Some("mrkdwn") => ["type", "text", "verbatim"],
            _ => ["type", "text", "emoji"],
        };
        for name in object.keys().filter(|name| !allowed.contains(&name.as_str())) {
            self.report(format!("invalid additional property: {name}"), path);
        }
    }

    /// A text that may be of two types; Slack reports that none fits before it says why.
    pub fn either_text(&mut self, value: &Value, most: usize, path: &str) {
        let before = self.problems.len();
        self.text(value, &["plain_text", "mrkdwn"], most, path);
        if self.problems.len() > before {
            let sentence = "failed to match all allowed schemas".to_owned();
            self.problems.insert(before, Problem { sentence, path: path.to_owned() });
        }
    }
}
