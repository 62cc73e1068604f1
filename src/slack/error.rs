//! Why a call to Slack came to nothing, and what to do about it.

use std::fmt;
use std::time::Duration;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlackError {
    /// The method called, like `chat.postMessage`.
    pub method: &'static str,
    pub kind: Kind,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Slack said no; asking again the same way gets the same answer.
    Refused {
        /// Slack's own word for it, like `channel_not_found`.
        code: String,
        /// The permission that is missing, or the block that is wrong.
        detail: Option<String>,
    },
    /// Slack asked us to wait for longer than this call may.
    RateLimited { retry_after: Duration },
    /// The request may or may not have taken effect. Look before repeating it.
    UnknownOutcome { cause: String },
    /// Slack could not be reached or could not answer. Nothing took effect, or nothing that it
    /// would hurt to repeat.
    Unavailable { cause: String },
}

impl SlackError {
    pub(super) fn refused(method: &'static str, code: &str, detail: Option<String>) -> Self {
        Self { method, kind: Kind::Refused { code: code.to_owned(), detail } }
    }

    /// Slack's word for a refusal.
    pub fn code(&self) -> Option<&str> {
        match &self.kind {
            Kind::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    pub fn is(&self, code: &str) -> bool {
        self.code() == Some(code)
    }

    /// Whether it is worth trying the same again later.
    pub fn is_temporary(&self) -> bool {
        !matches!(self.kind, Kind::Refused { .. })
    }

    pub fn is_unknown_outcome(&self) -> bool {
        matches!(self.kind, Kind::UnknownOutcome { .. })
    }

    /// Whether this workspace, plan or token does not have the method at all.
    pub fn is_not_available_here(&self) -> bool {
        self.code().is_some_and(|code| {
            matches!(
                code,
                "unknown_method"
                    | "method_deprecated"
                    | "method_not_supported_for_channel_type"
                    | "channel_type_not_supported"
                    | "feature_not_enabled"
                    | "not_allowed_token_type"
                    | "missing_scope"
                    | "no_permission"
                    | "plan_upgrade_required"
            )
        })
    }

    /// What the person in the channel can do about it, where it is theirs to do.
    pub fn for_people(&self) -> Option<&'static str> {
        Some(match self.code()? {
            "not_in_channel" => {
                "I am not in that channel. Invite me with `/invite @Countersign`, then try again."
            }
            "channel_not_found" => {
                "I cannot see that channel: it does not exist, or it is private and I am not in \
                 it. Invite me with `/invite @Countersign`, then try again."
            }
            "is_archived" => "That channel is archived. Unarchive it, or choose another one.",
            "restricted_action"
            | "restricted_action_read_only_channel"
            | "restricted_action_thread_only_channel"
            | "restricted_action_non_threadable_channel"
            | "restricted_action_thread_locked" => {
                "This workspace does not let me post there. Ask an admin, or choose another channel."
            }
            "expired_trigger_id" | "trigger_expired" | "exchanged_trigger_id" => {
                "That took too long for Slack to open a window. Please press the button again."
            }
            "user_not_found" | "users_not_found" => {
                "I cannot see that person: they are not in this workspace."
            }
            "no_such_subteam" => "That user group does not exist in this workspace.",
            _ => return None,
        })
    }

    /// What those who run the bot can do about it.
    pub fn remedy(&self) -> Option<String> {
        if let Some(sentence) = self.for_people() {
            return Some(sentence.to_owned());
        }
        let Kind::Refused { code, detail } = &self.kind else { return None };
        Some(match code.as_str() {
            "missing_scope" => match detail {
                Some(scope) => format!(
                    "The app lacks the permission `{scope}`. Add it under OAuth & Permissions and \
                     install the app again."
                ),
                None => "The app lacks a permission. Compare its scopes with the manifest and \
                         install it again."
                    .to_owned(),
            },
            "invalid_auth" | "not_authed" | "token_revoked" | "token_expired" => {
                "Slack does not accept the token. Copy it again from the app's settings.".to_owned()
            }
            "account_inactive" => "The app was removed from the workspace, or its user was \
                                   deactivated. Install it again."
                .to_owned(),
            "not_allowed_token_type" => "This needs the other kind of token: `xapp-…` opens \
                                         Socket Mode, `xoxb-…` does everything else."
                .to_owned(),
            "team_access_not_granted" => "The organisation has not granted the app access to \
                                          that workspace. An organisation admin can add it."
                .to_owned(),
            "invalid_blocks" | "invalid_blocks_format" | "msg_blocks_too_long" => {
                let detail = detail.as_deref().unwrap_or("Slack did not say which");
                format!("A block is not as Slack wants it: {detail}.")
            }
            _ => return None,
        })
    }
}

impl fmt::Display for SlackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.method;
        match &self.kind {
            Kind::Refused { code, detail } => {
                write!(f, "Slack refused {method}: {code}")?;
                if let Some(remedy) = self.remedy() {
                    write!(f, ". {remedy}")?;
                } else if let Some(detail) = detail {
                    write!(f, " ({detail})")?;
                }
                Ok(())
            }
            Kind::RateLimited { retry_after } => write!(
                f,
                "Slack is busy for us: {method} may be called again in {} s",
                retry_after.as_secs_f32().ceil()
            ),
            Kind::UnknownOutcome { cause } => {
                write!(f, "it is unknown whether {method} took effect: {cause}")
            }
            Kind::Unavailable { cause } => write!(f, "{method} got no answer: {cause}"),
        }
    }
}

impl std::error::Error for SlackError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_to_do() {
        fn check(code: &str, detail: Option<&str>, expected: &str) {
            let detail = detail.map(str::to_owned);
            let error = SlackError::refused("chat.postMessage", code, detail);
            assert_eq!(error.to_string(), expected);
        }
        check(
            "not_in_channel",
            None,
            "Slack refused chat.postMessage: not_in_channel. I am not in that channel. Invite me \
             with `/invite @Countersign`, then try again.",
        );
        check(
            "missing_scope",
            Some("chat:write"),
            "Slack refused chat.postMessage: missing_scope. The app lacks the permission \
             `chat:write`. Add it under OAuth & Permissions and install the app again.",
        );
        check("as_yet_unknown", None, "Slack refused chat.postMessage: as_yet_unknown");
        let busy = SlackError {
            method: "chat.update",
            kind: Kind::RateLimited { retry_after: Duration::from_millis(1500) },
        };
        assert_eq!(
            busy.to_string(),
            "Slack is busy for us: chat.update may be called again in 2 s"
        );
    }
}
