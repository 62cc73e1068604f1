use jiff::civil::Date;
use serde_json::Value;

use crate::ids::{ChannelId, PersonId};

/// What people filled in: `state.values`, by block and action.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Values(pub(super) Value);

impl Values {
    /// The values of inputs as Slack writes them: `state.values`.
    #[cfg(test)]
    pub(crate) fn from_state(values: Value) -> Self {
        Self(values)
    }

    /// The raw state of one input.
    pub fn get(&self, block: &str, action: &str) -> Option<&Value> {
        self.0.get(block)?.get(action)
    }

    /// The text in the [`Input`](crate::slack::Input) of this name; none if it was left empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.text_at(name, name)
    }

    pub fn text_at(&self, block: &str, action: &str) -> Option<&str> {
        self.get(block, action)?["value"].as_str().filter(|text| !text.trim().is_empty())
    }

    /// The value of the choice made in a menu or among radio buttons.
    pub fn choice(&self, name: &str) -> Option<&str> {
        self.get(name, name)?["selected_option"]["value"].as_str()
    }

    /// The values of the boxes ticked.
    pub fn choices(&self, name: &str) -> Vec<&str> {
        let options = self.get(name, name).and_then(|state| state["selected_options"].as_array());
        options.into_iter().flatten().filter_map(|option| option["value"].as_str()).collect()
    }

    pub fn person(&self, name: &str) -> Option<PersonId> {
        self.get(name, name)?["selected_user"].as_str().map(PersonId::from)
    }

    pub fn people(&self, name: &str) -> Vec<PersonId> {
        let users = self.get(name, name).and_then(|state| state["selected_users"].as_array());
        users.into_iter().flatten().filter_map(Value::as_str).map(PersonId::from).collect()
    }

    pub fn channel(&self, name: &str) -> Option<ChannelId> {
        self.get(name, name)?["selected_conversation"].as_str().map(ChannelId::from)
    }

    pub fn date(&self, name: &str) -> Option<Date> {
        self.get(name, name)?["selected_date"].as_str()?.parse().ok()
    }

    /// The ids of all inputs there are.
    pub fn blocks(&self) -> impl Iterator<Item = &str> {
        self.0.as_object().into_iter().flat_map(|blocks| blocks.keys().map(String::as_str))
    }
}
