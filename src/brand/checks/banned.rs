//! Claims that must not be made, however they are written.

use super::{Context, Hit, Tested};
use crate::brand::kit::Kit;
use crate::brand::phrases::Found;
use crate::brand::report::Rule;
use crate::brand::text::Text;

/// Every banned claim, but for what a customer is quoted with, unless it counts there, too.
pub fn claims(kit: &Kit, text: &Text<'_>) -> Vec<Found> {
    let mut found = kit.compiled.banned.find(&text.folded, &text.squeezed);
    found.retain(|one| kit.banned[one.of].even_quoted || !text.is_quoted(&one.range));
    found
}

pub fn check(kit: &Kit, text: &Text<'_>, _: &Context<'_>) -> Tested {
    if kit.banned.is_empty() {
        return Err("the kit bans nothing");
    }
    let hits = claims(kit, text).into_iter().map(|one| {
        let banned = &kit.banned[one.of];
        let hit = Hit::new(Rule::BannedClaim, text.folded.origin(one.range), banned.reason.clone());
        match &banned.instead {
            Some(instead) => hit.suggest(sentence(instead)),
            None => hit.suggest("Leave it out."),
        }
    });
    Ok(hits.collect())
}

/// "say what it is" as a sentence.
fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut characters = text.chars();
    let begun: String =
        characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect();
    if begun.ends_with(['.', '!', '?']) { begun } else { format!("{begun}.") }
}
