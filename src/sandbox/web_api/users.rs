//! People.

use serde_json::{Value, json};

use super::{Answer, Call};

pub fn info(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let id = call.args.needed("user", "user_not_found")?;
        let person = workspace.person(id).ok_or("user_not_found")?;
        Ok(json!({ "user": workspace.user(person) }))
    })
}

pub fn list(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let members: Vec<Value> =
            workspace.people.iter().map(|person| workspace.user(person)).collect();
        let (members, cursor) = call.args.page(members, 1000, 1000)?;
        Ok(json!({
            "members": members, "cache_ts": workspace.clock.now().as_second(),
            "response_metadata": { "next_cursor": cursor },
        }))
    })
}

pub fn lookup_by_email(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let email = call.args.needed("email", "users_not_found")?;
        let person = workspace
            .people
            .iter()
            .find(|person| !person.is_bot && workspace.email(person).eq_ignore_ascii_case(email));
        Ok(json!({ "user": workspace.user(person.ok_or("users_not_found")?) }))
    })
}
