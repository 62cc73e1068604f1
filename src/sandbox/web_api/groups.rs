//! User groups.

use serde_json::{Value, json};

use super::{Answer, Call};

pub fn list(call: &Call<'_>) -> Answer {
    let seed = call.sandbox.seed();
    let creator = seed.people.first().map(|person| &person.id);
    let with_users = call.args.flag("include_users");
    let groups = seed.groups.iter().map(|group| {
        let mut object = json!({
            "id": group.id, "team_id": seed.team_id, "is_usergroup": true, "is_subteam": true,
            "name": group.name, "description": "", "handle": group.handle, "is_external": false,
            "date_create": 1_700_000_000, "date_update": 1_700_000_000, "date_delete": 0,
            "auto_type": null, "auto_provision": false, "created_by": creator, "updated_by": creator,
            "deleted_by": null, "prefs": { "channels": [], "groups": [] },
            "user_count": group.users.len(), "channel_count": 0,
        });
        if with_users {
            object["users"] = json!(group.users);
        }
        object
    });
    Ok(json!({ "usergroups": groups.collect::<Vec<Value>>() }))
}

pub fn users(call: &Call<'_>) -> Answer {
    let id = call.args.needed("usergroup", "no_such_subteam")?;
    let group = call.sandbox.seed().groups.iter().find(|group| group.id == id);
    Ok(json!({ "users": group.ok_or("no_such_subteam")?.users }))
}
