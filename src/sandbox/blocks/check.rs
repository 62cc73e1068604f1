//! Reads the table against what the app sent.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::spec::{self, Field, Kind};
use super::{Problem, Surface};

pub struct Check<'a> {
    pub problems: Vec<Problem>,
    pub surface: Surface,
    is_file: &'a dyn Fn(&Value) -> bool,
    /// Menus and buttons of one block need different ids.
    pub action_ids: HashSet<String>,
}

impl<'a> Check<'a> {
    pub fn new(surface: Surface, is_file: &'a dyn Fn(&Value) -> bool) -> Self {
        Self { problems: Vec::new(), surface, is_file, action_ids: HashSet::new() }
    }

    pub fn view(&mut self, view: &Map<String, Value>) {
        const MODAL: &[Field] = &[
            Field { name: "title", required: true, kind: Kind::Plain(24) },
            Field { name: "blocks", required: true, kind: Kind::Free },
            Field { name: "submit", required: false, kind: Kind::Plain(24) },
            Field { name: "close", required: false, kind: Kind::Plain(24) },
            Field { name: "private_metadata", required: false, kind: Kind::Line(3000) },
            Field { name: "callback_id", required: false, kind: Kind::Line(255) },
            Field { name: "external_id", required: false, kind: Kind::Line(255) },
            Field { name: "clear_on_close", required: false, kind: Kind::Flag },
            Field { name: "notify_on_close", required: false, kind: Kind::Flag },
            Field { name: "submit_disabled", required: false, kind: Kind::Flag },
        ];
        const HOME: &[Field] = &[
            Field { name: "blocks", required: true, kind: Kind::Free },
            Field { name: "private_metadata", required: false, kind: Kind::Line(3000) },
            Field { name: "callback_id", required: false, kind: Kind::Line(255) },
            Field { name: "external_id", required: false, kind: Kind::Line(255) },
            // Meaningless on a Home tab, and tolerated.
            Field { name: "title", required: false, kind: Kind::Plain(24) },
        ];
        let fields = if self.surface == Surface::Modal { MODAL } else { HOME };
        self.object(view, fields, &["type"], "/view");
        match view.get("blocks") {
            Some(Value::Array(blocks)) => {
                self.blocks(blocks, "/view/blocks");
                self.submit_for_inputs(view, blocks);
            }
            Some(_) => self.report("must provide an array", "/view/blocks"),
            None => {}
        }
    }

    pub fn blocks(&mut self, blocks: &[Value], path: &str) {
        let most = if self.surface == Surface::Message { 50 } else { 100 };
        if blocks.len() > most {
            self.report(format!("no more than {most} items allowed"), path);
        }
        let mut block_ids = HashSet::new();
        for (index, block) in blocks.iter().enumerate() {
            let path = format!("{path}/{index}");
            self.block(block, &path);
            if let Some(id) = block["block_id"].as_str()
                && !id.is_empty()
                && !block_ids.insert(id)
            {
                self.report(
                    format!("`block_id` \"{id}\" already exists"),
                    &format!("{path}/block_id"),
                );
            }
        }
        self.count_of(blocks, "table", 1, path);
        self.count_of(blocks, "data_visualization", 2, path);
    }

    pub fn report(&mut self, sentence: impl Into<String>, path: &str) {
        self.problems.push(Problem { sentence: sentence.into(), path: path.to_owned() });
    }

    /// Checks the fields of an object, and that it has no others.
    pub fn object(
        &mut self,
        object: &Map<String, Value>,
        fields: &[Field],
        besides: &[&str],
        path: &str,
    ) {
        for field in fields {
            match object.get(field.name) {
                None | Some(Value::Null) if field.required => {
                    self.report(format!("missing required field: {}", field.name), path);
                }
                None | Some(Value::Null) => {}
                Some(value) => self.value(value, &field.kind, &format!("{path}/{}", field.name)),
            }
        }
        for name in object.keys() {
            let is_known = fields.iter().any(|field| field.name == name);
            if !is_known && !besides.contains(&name.as_str()) {
                self.report(format!("invalid additional property: {name}"), path);
            }
        }
    }

    fn block(&mut self, block: &Value, path: &str) {
        let Some(object) = self.as_object(block, path) else { return };
        let Some(kind) = object.get("type").and_then(Value::as_str) else {
            return self.report("missing required field: type", path);
        };
        let Some(fields) = spec::block(kind, self.surface) else {
            return self.report(format!("unsupported type: {kind}"), &format!("{path}/type"));
        };
        self.action_ids.clear();
        self.object(object, fields, &["type", "block_id"], path);
        if let Some(id) = object.get("block_id") {
            self.value(id, &Kind::Line(255), &format!("{path}/block_id"));
        }
        match kind {
            "section" if !object.contains_key("text") && !object.contains_key("fields") => {
                self.report("must define either `text` or `fields`", &format!("{path}/type"));
            }
            "image" => self.image(object, path),
            _ => {}
        }
    }

    fn value(&mut self, value: &Value, kind: &Kind, path: &str) {
        match kind {
            Kind::Free => {}
            Kind::Flag if !value.is_boolean() => self.report("must be a boolean", path),
            Kind::Flag => {}
            Kind::Integer(least, most) => match value.as_i64() {
                None => self.report("must be an integer", path),
                Some(number) if number < *least => {
                    self.report(format!("must be greater than {}", least - 1), path);
                }
                Some(number) if number > *most => {
                    self.report(format!("must be less than {}", most + 1), path);
                }
                Some(_) => {}
            },
            Kind::Word(most) => self.string(value, 1, *most, path),
            Kind::Line(most) => self.string(value, 0, *most, path),
            Kind::OneOf(words) => {
                if !value.as_str().is_some_and(|word| words.contains(&word)) {
                    self.report("must be a valid enum value", path);
                }
            }
            Kind::Address(most) => self.address(value, *most, path),
            Kind::Plain(most) => self.text(value, &["plain_text"], *most, path),
            Kind::Text(most) => self.either_text(value, *most, path),
            Kind::Texts { items, length } => {
                for (index, text) in self.items(value, 1, *items, path).iter().enumerate() {
                    self.either_text(text, *length, &format!("{path}/{index}"));
                }
            }
            Kind::Element(types) => self.element(value, types, path),
            Kind::Elements { types, most } => {
                for (index, element) in self.items(value, 1, *most, path).iter().enumerate() {
                    self.element(element, types, &format!("{path}/{index}"));
                }
            }
            Kind::Option => self.option(value, path),
            Kind::Options { fewest, most } => self.options(value, *fewest, *most, path),
            Kind::OptionGroups => self.option_groups(value, path),
            Kind::Confirm => self.confirm(value, path),
            Kind::SlackFile => {
                if !(self.is_file)(value) {
                    self.report("invalid slack file", path);
                }
            }
            Kind::RichText => self.rich_text(value, path),
            Kind::RichTextBlock => match value["type"].as_str() {
                Some("rich_text") => {
                    self.rich_text(&value["elements"], &format!("{path}/elements"));
                }
                _ => self.report("must be a rich text block", path),
            },
            Kind::Table => self.table(value, path),
            Kind::DataTable => self.data_table(value, path),
            Kind::Chart => self.chart(value, path),
        }
    }

    pub fn string(&mut self, value: &Value, fewest: usize, most: usize, path: &str) {
        let Some(text) = value.as_str() else {
            return self.report("must provide a string", path);
        };
        let length = text.chars().count();
        if length < fewest {
            self.report(format!("must be more than {} characters", fewest - 1), path);
        } else if length > most {
            self.report(format!("must be less than {} characters", most + 1), path);
        }
    }

    /// The items of an array whose length is reported when it is not within bounds.
    pub fn items<'v>(
        &mut self,
        value: &'v Value,
        fewest: usize,
        most: usize,
        path: &str,
    ) -> &'v [Value] {
        let Some(items) = value.as_array() else {
            self.report("must provide an array", path);
            return &[];
        };
        if items.len() < fewest {
            self.report(format!("no less than {fewest} items allowed"), path);
        } else if items.len() > most {
            self.report(format!("no more than {most} items allowed"), path);
        }
        items
    }

    pub fn as_object<'v>(
        &mut self,
        value: &'v Value,
        path: &str,
    ) -> Option<&'v Map<String, Value>> {
        if !value.is_object() {
            self.report("must provide an object", path);
        }
        value.as_object()
    }

    fn submit_for_inputs(&mut self, view: &Map<String, Value>, blocks: &[Value]) {
        if self.surface != Surface::Modal || view.contains_key("submit") {
            return;
        }
        if let Some(index) = blocks.iter().position(|block| block["type"] == "input") {
            self.report(
                "must define `submit` to use an `input` block in modals",
                &format!("/view/blocks/{index}/input"),
            );
        }
    }

    fn count_of(&mut self, blocks: &[Value], kind: &str, most: usize, path: &str) {
        if blocks.iter().filter(|block| block["type"] == kind).count() > most {
            self.report(format!("no more than {most} {kind} blocks allowed"), path);
        }
    }
}
