//! The methods there are, and the scopes of which each needs one.

use super::{
    Answer, Call, apps, assistant, chat, conversations, files, groups, history, reactions, stream,
    users, views,
};

pub struct Method {
    pub name: &'static str,
    pub scopes: &'static [&'static str],
    pub run: fn(&Call<'_>) -> Answer,
}

pub fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

const fn method(
    name: &'static str,
    scopes: &'static [&'static str],
    run: fn(&Call<'_>) -> Answer,
) -> Method {
    Method { name, scopes, run }
}

const READ: &[&str] = &["channels:read", "groups:read", "im:read"];
const HISTORY: &[&str] = &["channels:history", "groups:history", "im:history"];
const WRITE: &[&str] = &["chat:write"];

const METHODS: &[Method] = &[
    method("api.test", &[], apps::api_test),
    method("auth.test", &[], apps::auth_test),
    method("apps.connections.open", &[], apps::connections_open),
    method("bots.info", &["users:read"], apps::bots_info),
    method("team.info", &["team:read"], apps::team_info),
    method("chat.postMessage", WRITE, chat::post_message),
    method("chat.postEphemeral", WRITE, chat::post_ephemeral),
    method("chat.update", WRITE, chat::update),
    method("chat.delete", WRITE, chat::delete),
    method("chat.getPermalink", &[], chat::get_permalink),
    method("chat.startStream", WRITE, stream::start),
    method("chat.appendStream", WRITE, stream::append),
    method("chat.stopStream", WRITE, stream::stop),
    method(
        "assistant.threads.setStatus",
        &["assistant:write", "chat:write"],
        assistant::set_status,
    ),
    method("assistant.threads.setTitle", &["assistant:write"], assistant::set_title),
    method("assistant.threads.setSuggestedPrompts", &["assistant:write"], assistant::set_prompts),
    method("conversations.list", READ, conversations::list),
    method("conversations.info", READ, conversations::info),
    method("conversations.history", HISTORY, history::history),
    method("conversations.replies", HISTORY, history::replies),
    method("conversations.members", READ, conversations::members),
    method("conversations.join", &["channels:join"], conversations::join),
    method("conversations.leave", &["channels:manage", "channels:join"], conversations::leave),
    method("conversations.open", &["im:write"], conversations::open),
    method("users.info", &["users:read"], users::info),
    method("users.list", &["users:read"], users::list),
    method("users.lookupByEmail", &["users:read.email"], users::lookup_by_email),
    method("users.conversations", READ, conversations::of_user),
    method("usergroups.list", &["usergroups:read"], groups::list),
    method("usergroups.users.list", &["usergroups:read"], groups::users),
    method("views.open", &[], views::open),
    method("views.push", &[], views::push),
    method("views.update", &[], views::update),
    method("views.publish", &[], views::publish),
    method("files.getUploadURLExternal", &["files:write"], files::get_upload_url),
    method("files.completeUploadExternal", &["files:write"], files::complete_upload),
    method("files.info", &["files:read"], files::info),
    method("files.delete", &["files:write"], files::delete),
    method("reactions.add", &["reactions:write"], reactions::add),
    method("reactions.remove", &["reactions:write"], reactions::remove),
    method("reactions.get", &["reactions:read"], reactions::get),
];
