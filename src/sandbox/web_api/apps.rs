//! The app itself, its workspace, and its way into Socket Mode.

use serde_json::{Value, json};

use super::{Answer, Call, Failure};

pub fn api_test(call: &Call<'_>) -> Answer {
    let mut args = call.args.0.clone();
    args.remove("token");
    match call.args.text("error") {
        Some(error) => Err(Failure::new(error).with("args", Value::Object(args))),
        None => Ok(json!({ "args": args })),
    }
}

pub fn auth_test(call: &Call<'_>) -> Answer {
    let seed = call.sandbox.seed();
    let mut answer = json!({
        "url": call.sandbox.base(),
        "team": seed.team_name,
        "user": call.with(|workspace| workspace.handle(&seed.app.bot_user_id).to_owned()),
        "team_id": seed.team_id,
        "user_id": seed.app.bot_user_id,
        "bot_id": seed.app.bot_id,
        "is_enterprise_install": seed.is_enterprise_install,
    });
    if let Some(enterprise) = &seed.enterprise_id {
        answer["enterprise_id"] = json!(enterprise);
    }
    Ok(answer)
}

pub fn connections_open(call: &Call<'_>) -> Answer {
    let ticket = call.sandbox.inner.sockets.new_ticket();
    let mut url = call.sandbox.base().join("link/").map_err(|_| "internal_error")?;
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    url.set_scheme(scheme).map_err(|()| "internal_error")?;
    url.query_pairs_mut()
        .append_pair("ticket", &ticket)
        .append_pair("app_id", &call.sandbox.seed().app.app_id);
    Ok(json!({ "url": url }))
}

pub fn bots_info(call: &Call<'_>) -> Answer {
    let app = &call.sandbox.seed().app;
    if call.args.text("bot").is_some_and(|bot| bot != app.bot_id) {
        return Err("bot_not_found".into());
    }
    Ok(json!({ "bot": {
        "id": app.bot_id, "deleted": false, "name": app.name, "updated": 1_700_000_000,
        "app_id": app.app_id, "user_id": app.bot_user_id,
        "icons": { "image_72": format!("{}sandbox/icon.svg", call.sandbox.base()) },
    } }))
}

pub fn team_info(call: &Call<'_>) -> Answer {
    let seed = call.sandbox.seed();
    Ok(json!({ "team": {
        "id": seed.team_id, "name": seed.team_name, "domain": seed.team_domain,
        "url": call.sandbox.base(), "email_domain": format!("{}.example", seed.team_domain),
        "icon": { "image_default": true }, "enterprise_id": seed.enterprise_id,
    } }))
}
