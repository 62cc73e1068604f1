//! Words to leave, and the ones to take.

use super::{Context, Hit, Tested};
use crate::brand::kit::Kit;
use crate::brand::report::Rule;
use crate::brand::text::Text;

pub fn check(kit: &Kit, text: &Text<'_>, context: &Context<'_>) -> Tested {
    let mut hits = Vec::new();
    for found in kit.compiled.terms.find(&text.folded, &text.squeezed) {
        if text.is_quoted(&found.range) || text.is_code(&found.range) {
            continue;
        }
        let term = &kit.terms[found.of];
        let reason = term.reason.clone().unwrap_or_else(|| "We do not use this word.".to_owned());
        let suggestion = match &term.instead {
            Some(instead) => format!("Write {instead}."),
            None => "Leave it out.".to_owned(),
        };
        let hit = Hit::new(Rule::Terms, text.folded.origin(found.range), reason);
        hits.push(hit.suggest(suggestion));
    }
    let Some(audience) = context.audience else { return Ok(hits) };
    if let Some(unfit) = kit.compiled.unfit.get(&audience.name) {
        hits.extend(unfit.find(&text.folded, &text.squeezed).into_iter().map(|found| {
            let reason =
                format!("It is wrong for this audience: {}.", audience.title.to_lowercase());
            Hit::new(Rule::Terms, text.folded.origin(found.range), reason)
                .suggest("Word it for whoever reads it.")
        }));
    }
    Ok(hits)
}
