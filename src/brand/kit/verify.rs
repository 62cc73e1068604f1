//! Whether a kit keeps its own rules: what it approves is banned nowhere and proven.

use super::Kit;
use super::raw::{Checked, Places, Problem};
use crate::brand::checks::{banned, proof};
use crate::brand::text::Text;

/// Every text that is approved: messages, product descriptions, disclaimers, and the better half of
/// examples.
pub fn own_texts(kit: &Kit, places: &Places) -> Checked {
    let products = kit.products.iter().map(|one| &one.description).zip(&places.products);
    for (text, at) in products {
        check_banned(kit, text, *at, "this description")?;
    }
    let disclaimers = kit.disclaimers.iter().map(|one| &one.text).zip(&places.disclaimers);
    for (text, at) in disclaimers {
        check_banned(kit, text, *at, "this disclaimer")?;
    }
    let messages = kit.messages.iter().map(|one| &one.text).zip(&places.messages);
    for (text, at) in messages {
        check_banned(kit, text, *at, "this message")?;
        check_proof(kit, text, *at, "this message")?;
    }
    let examples = kit.examples.iter().map(|one| &one.approved).zip(&places.examples);
    for (text, at) in examples {
        check_banned(kit, text, *at, "this approved example")?;
        check_proof(kit, text, *at, "this approved example")?;
    }
    Ok(())
}

fn check_banned(kit: &Kit, text: &str, at: usize, what: &str) -> Checked {
    let prepared = Text::of(text, kit, None);
    let Some(found) = banned::claims(kit, &prepared).into_iter().next() else { return Ok(()) };
    let (name, said) = (&kit.banned[found.of].name, prepared.written(&found.range));
    Err(Problem {
        at,
        sentence: format!(
            "{what} says {said:?}, which the banned claim {name:?} forbids; word one of them otherwise"
        ),
    })
}

/// Whether there is proof of each claim; that it may have expired is for the day on which it is said.
fn check_proof(kit: &Kit, text: &str, at: usize, what: &str) -> Checked {
    let prepared = Text::of(text, kit, None);
    let Some(claim) = proof::unproven(kit, &prepared).into_iter().next() else { return Ok(()) };
    let said = prepared.written(&claim.range);
    Err(Problem {
        at,
        sentence: format!(
            "{what} claims {said:?}, which no proof point and no product description covers; add a [[proof]] with its source, or take it out"
        ),
    })
}
