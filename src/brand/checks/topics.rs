//! What a text speaks of, and what must then stand in it.

use std::ops::Range;

use super::{Context, Hit, Tested};
use crate::brand::kit::Kit;
use crate::brand::report::Rule;
use crate::brand::text::Text;

/// Topics that a text is on, each with the first place where it shows, in bytes of the original.
pub fn topics(kit: &Kit, text: &Text<'_>) -> Vec<(usize, Range<usize>)> {
    let mut topics: Vec<(usize, Range<usize>)> = Vec::new();
    for found in kit.compiled.topics.find(&text.folded, &text.squeezed) {
        if !topics.iter().any(|(topic, _)| *topic == found.of) {
            topics.push((found.of, text.folded.origin(found.range)));
        }
    }
    topics
}

pub fn disclaimers(kit: &Kit, text: &Text<'_>, context: &Context<'_>) -> Tested {
    if kit.disclaimers.is_empty() {
        return Err("the kit has no disclaimers");
    }
    let folded = text.folded.text().replace('\n', " ");
    let mut hits = Vec::new();
    for (topic, place) in topics(kit, text) {
        let name = &kit.topics[topic].name;
        let channel = context.channel.map(|channel| channel.name.as_str());
        for needed in kit.disclaimers_for(name, channel) {
            let index = kit.disclaimers.iter().position(|one| one == needed);
            let wanted = index.and_then(|index| kit.compiled.disclaimers.get(index));
            if wanted.is_some_and(|wanted| folded.contains(&wanted.replace('\n', " "))) {
                continue;
            }
            let reason = format!(
                "A text on the topic “{name}” must say “{}”, and this one does not.",
                needed.text
            );
            let hit = Hit::new(Rule::Disclaimer, place.clone(), reason);
            hits.push(hit.suggest(format!("Add, word for word: {}", needed.text)));
        }
    }
    Ok(hits)
}
