//! Opening and changing modals and the Home tab.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::error::SlackError;
use super::messages::read;
use super::transport::Slack;
use super::view::{Home, Modal};
use crate::ids::{PersonId, ViewId};

/// A modal that is open.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct OpenView {
    pub id: ViewId,
    /// Changes with the view; an update that names an older one is refused.
    pub hash: Option<String>,
}

/// How long a `trigger_id` is good for.
const TRIGGER: Duration = Duration::from_secs(3);

impl Slack {
    /// Opens a modal for whom the trigger belongs to, within three seconds of their act.
    pub async fn open_view(&self, trigger_id: &str, modal: &Modal) -> Result<OpenView, SlackError> {
        self.trigger("views.open", trigger_id, modal).await
    }

    /// Opens a modal on top of the open one.
    pub async fn push_view(&self, trigger_id: &str, modal: &Modal) -> Result<OpenView, SlackError> {
        self.trigger("views.push", trigger_id, modal).await
    }

    /// Makes an open modal show this instead; refused when it is no longer as `hash` says.
    pub async fn update_view(
        &self,
        view: &ViewId,
        hash: Option<&str>,
        modal: &Modal,
    ) -> Result<OpenView, SlackError> {
        const METHOD: &str = "views.update";
        checked(METHOD, modal.check())?;
        let mut request = json!({"view_id": view, "view": modal});
        if let Some(hash) = hash {
            request["hash"] = hash.into();
        }
        let mut answer = self.call(Call::set(METHOD, request)).await?;
        read(METHOD, answer["view"].take())
    }

    /// Makes a person's Home tab show this.
    pub async fn publish_home(&self, person: &PersonId, home: &Home) -> Result<(), SlackError> {
        const METHOD: &str = "views.publish";
        checked(METHOD, home.check())?;
        self.call(Call::set(METHOD, json!({"user_id": person, "view": home}))).await?;
        Ok(())
    }

    async fn trigger(
        &self,
        method: &'static str,
        trigger_id: &str,
        modal: &Modal,
    ) -> Result<OpenView, SlackError> {
        checked(method, modal.check())?;
        let request = json!({"trigger_id": trigger_id, "view": modal});
        let mut answer = self.call(Call::make(method, request).within(TRIGGER)).await?;
        read(method, answer["view"].take())
    }
}

fn checked(method: &'static str, check: Result<(), String>) -> Result<(), SlackError> {
    check.map_err(|problem| SlackError::refused(method, "invalid_blocks", Some(problem)))
}
