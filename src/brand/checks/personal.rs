//! Personal data, by its form. The company's own addresses and numbers are nobody's.

use super::{Context, Hit, Tested};
use crate::brand::kit::Kit;
use crate::brand::report::Rule;
use crate::brand::text::Text;
use crate::privacy::Kind;

pub fn check(_: &Kit, text: &Text<'_>, _: &Context<'_>) -> Tested {
    let hits = text.personal().iter().filter(|one| !one.is_own).map(|one| {
        Hit::new(
            Rule::PersonalData,
            one.range.clone(),
            format!("This has the form of {}.", words(one.kind)),
        )
        .quoted(one.kind.marker())
        .suggest("Leave it out. If it is the company's own, add it to `contacts` in the brand kit.")
    });
    Ok(hits.collect())
}

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Email => "a mail address",
        Kind::Iban => "a bank account",
        Kind::Card => "a payment card",
        Kind::Phone => "a telephone number",
        Kind::Ip => "an Internet address",
        Kind::NationalId => "a national id",
        Kind::Name => "a name",
    }
}
