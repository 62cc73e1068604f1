//! Attributes that say something about a person which must not decide what they are worth.
//!
//! The grounds are those of Article 21 of the EU Charter and section 1 of the German AGG, and what
//! gives them away, such as a form of address. Names are looked at word by word, in English and in
//! German; what is said of a company (`company_age`) is not said of a person.

/// What an attribute of this name says about a person; none where nothing protected.
pub fn ground(name: &str) -> Option<&'static str> {
    let words = words(name);
    if words.iter().any(|word| OF_THINGS.contains(&word.as_str())) {
        return None;
    }
    GROUNDS
        .iter()
        .find(|(_, whole, starts)| {
            words.iter().any(|word| {
                whole.contains(&word.as_str()) || starts.iter().any(|it| word.starts_with(it))
            })
        })
        .map(|(ground, _, _)| *ground)
}

/// Words that make an attribute one of a company or a thing.
const OF_THINGS: &[&str] = &[
    "company",
    "account",
    "business",
    "firm",
    "organisation",
    "organization",
    "website",
    "domain",
    "contract",
    "page",
    "session",
    "firma",
    "unternehmen",
    "konto",
    "vertrag",
];

/// A ground, the words that name it, and how words begin that do.
type Ground = (&'static str, &'static [&'static str], &'static [&'static str]);

const GROUNDS: &[Ground] = &[
    (
        "age",
        &["age", "ages", "dob", "alter", "altersgruppe", "jahrgang", "birth"],
        &["birthd", "birthy", "geburt", "altersk"],
    ),
    (
        "gender",
        &["gender", "sex", "male", "female", "pronouns", "salutation", "anrede", "mr", "mrs"],
        &["geschlecht"],
    ),
    (
        "marital or family status",
        &["marital", "marriage", "married", "spouse", "children", "kids", "divorced", "kinder"],
        &[
            "familienstand",
            "verheirat",
            "ehepartner",
            "ehestand",
            "kinderzahl",
            "pregnan",
            "schwanger",
        ],
    ),
    (
        "ethnic origin",
        &["race", "racial", "nationality", "citizenship", "hautfarbe"],
        &["ethni", "staatsang", "nationalit", "staatsbuerg", "migrationsh", "muttersprach"],
    ),
    (
        "religion or belief",
        &["faith", "belief"],
        &["religi", "konfession", "weltanschau", "kirchen"],
    ),
    (
        "health",
        &["health", "illness", "disease", "handicap", "medical"],
        &["disab", "behinder", "gesundheit", "krank", "schwerbehind"],
    ),
    ("sexual orientation", &["orientation"], &["sexual", "sexuell"]),
    ("political opinion", &["partei", "union"], &["politi", "gewerkschaft"]),
];

/// The words of a name, small, with German letters written out: `DateOfBirth`, `geburts-datum`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && before_small) {
            words.push(String::new());
        }
        before_small = c.is_lowercase();
        let Some(word) = words.last_mut() else { continue };
        for small in c.to_lowercase().filter(|c| c.is_alphanumeric()) {
            match small {
                'ä' => word.push_str("ae"),
                'ö' => word.push_str("oe"),
                'ü' => word.push_str("ue"),
                'ß' => word.push_str("ss"),
                other => word.push(other),
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_about_a_person_is_known_by_its_name() {
        let check = |name, expected: Option<&str>| assert_eq!(ground(name), expected, "{name}");
        check("age", Some("age"));
        check("DateOfBirth", Some("age"));
        check("Geburtsdatum", Some("age"));
        check("Alter", Some("age"));
        check("marital", Some("marital or family status"));
        check("Familienstand", Some("marital or family status"));
        check("contact.gender", Some("gender"));
        check("Anrede", Some("gender"));
        check("Staatsangehörigkeit", Some("ethnic origin"));
        check("health_status", Some("health"));
        check("religion", Some("religion or belief"));
        check("page", None);
        check("company_age", None);
        check("industry", None);
        check("Herkunft", None);
        check("campaign", None);
        check("average_stock", None);
    }
}
