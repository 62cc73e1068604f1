//! The fence around text that we did not write.
//!
//! What a customer, a competitor's page or an asker wrote goes into a prompt as data. So it stands
//! between `<untrusted-NONCE>` and `</untrusted-NONCE>`, with a nonce that is drawn for each call and
//! that no text can know; what looks like such a fence inside the text is defused.
//!
//! **Invariant:** a value that was tainted reaches a prompt through the filter `untrusted` or not at
//! all. Printed in any other way it leaves a mark, and a prompt with that mark is refused.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Object, ObjectRepr, Serde};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value, escape_formatter};
use regex::Regex;

/// What stands for the nonce where a prompt is hashed, so that the same inputs give the same hash.
const NO_NONCE: &str = "00000000000000000000000000000000";

static IMITATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)<(\s*/?\s*untrusted)").expect("the pattern is one that compiles")
});

/// A fence for one call.
#[derive(Clone)]
pub(super) struct Fence {
    nonce: String,
    mark: String,
}

/// Text that must not be printed as it is.
struct Tainted {
    text: String,
    mark: String,
}

impl Fence {
    pub fn new() -> Self {
        let nonce = hex::encode(rand::random::<[u8; 16]>());
        let mark = format!("\u{1}tainted-{}\u{1}", hex::encode(rand::random::<[u8; 16]>()));
        Self { nonce, mark }
    }

    /// As the prompt names it, to say what it is.
    pub fn name(&self) -> String {
        format!("untrusted-{}", self.nonce)
    }

    /// An environment in which the filter is at hand, and in which nothing is left undefined.
    pub fn environment(&self) -> Environment<'static> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(
            SyntaxConfig::builder()
                .trim_blocks(true)
                .lstrip_blocks(true)
                .build()
                .expect("the usual delimiters are told apart"),
        );
        let fence = self.clone();
        environment.add_filter("untrusted", move |value: &Value| fence.around(value));
        environment.set_formatter(|out, state, value| {
            if value.downcast_object_ref::<Tainted>().is_some() {
                return Err(refused("text that we did not write is printed without | untrusted"));
            }
            escape_formatter(out, state, value)
        });
        environment
    }

    /// The same value, with every text in it tainted. Numbers and the like say nothing that could
    /// mislead; names of fields are ours, and refused where they are not.
    pub fn taint(&self, value: &serde_json::Value) -> Result<Value, Error> {
        use serde_json::Value as Json;
        Ok(match value {
            Json::String(text) => {
                Value::from_object(Tainted { text: text.clone(), mark: self.mark.clone() })
            }
            Json::Array(items) => {
                let items: Result<Vec<Value>, Error> =
                    items.iter().map(|item| self.taint(item)).collect();
                Value::from(items?)
            }
            Json::Object(fields) => {
                let tainted = fields.iter().map(|(name, value)| {
                    if !is_plain(name) {
                        return Err(refused("a name of a field holds text that we did not write"));
                    }
                    Ok((name.clone(), self.taint(value)?))
                });
                Value::from(tainted.collect::<Result<BTreeMap<String, Value>, Error>>()?)
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => Value::from(Serde(value)),
        })
    }

    /// Whether something tainted was printed past the filter.
    pub fn is_broken_in(&self, rendered: &str) -> bool {
        rendered.contains(&self.mark)
    }

    /// The text without what is drawn anew for each call.
    pub fn without_nonce(&self, rendered: &str) -> String {
        rendered.replace(&self.nonce, NO_NONCE)
    }

    fn around(&self, value: &Value) -> Result<String, Error> {
        let text = match value.downcast_object_ref::<Tainted>() {
            Some(tainted) => tainted.text.clone(),
            None if value.as_str().is_some() || value.is_number() => value.to_string(),
            None => return Err(refused("| untrusted takes one text at a time")),
        };
        let name = self.name();
        let text = IMITATION.replace_all(&text, "‹$1");
        Ok(format!("<{name}>\n{text}\n</{name}>"))
    }
}

impl Object for Tainted {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.text.is_empty()
    }

    /// Never the text: whatever prints it, within a list or joined to something, prints the mark.
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mark)
    }
}

impl fmt::Debug for Tainted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mark)
    }
}

/// A name such as a programmer writes.
fn is_plain(name: &str) -> bool {
    name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn refused(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, why)
}
