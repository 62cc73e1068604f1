//! What an agent shows of itself in a thread while it works.

use std::sync::Arc;

use serde_json::json;

use super::super::workspace::{Audience, Update};
use super::{Answer, Call, chat};

pub fn set_status(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let name = call.args.needed("channel_id", "channel_not_found")?;
        let channel = chat::visible(workspace, name)?;
        let thread = call.args.needed("thread_ts", "invalid_thread_ts")?;
        let parent = workspace.message(&channel.id, thread).ok_or("invalid_thread_ts")?;
        let thread = parent.thread_ts.clone().unwrap_or_else(|| parent.ts.clone());
        let status = call.args.text("status").unwrap_or_default().to_owned();
        let key = (channel.id.clone(), thread.clone());
        if status.is_empty() {
            workspace.statuses.remove(&key);
        } else {
            workspace.statuses.insert(key, status.clone());
        }
        let data = json!({ "channel": channel.id, "thread_ts": thread, "status": status });
        workspace.tell(Update {
            to: Audience::Channel(channel.id),
            event: "status",
            data: Arc::new(data),
        });
        Ok(json!({}))
    })
}

pub fn set_title(call: &Call<'_>) -> Answer {
    of_thread(call)
}

pub fn set_prompts(call: &Call<'_>) -> Answer {
    of_thread(call)
}

/// Accepted where there is such a thread; nothing of it is shown.
fn of_thread(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let name = call.args.needed("channel_id", "channel_not_found")?;
        let channel = chat::visible(workspace, name)?;
        let thread = call.args.needed("thread_ts", "invalid_thread_ts")?;
        workspace.message(&channel.id, thread).ok_or("invalid_thread_ts")?;
        Ok(json!({}))
    })
}
