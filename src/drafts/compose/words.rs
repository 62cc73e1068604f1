//! What is ours in an assembled piece: a greeting, headings, the label of a button. None of it claims
//! anything.

use crate::brand::Language;

pub struct Words {
    pub greeting: &'static str,
    pub button: &'static str,
    pub button_short: &'static str,
    pub more: &'static str,
    pub unsubscribe: &'static str,
    pub outline: &'static str,
    pub what: &'static str,
    pub facts: &'static str,
    pub know: &'static str,
    pub offer: &'static str,
    pub also: &'static str,
    pub picture: &'static str,
}

pub const fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &Words {
            greeting: "Hello",
            button: "See",
            button_short: "See more",
            more: "More",
            unsubscribe: "Unsubscribe",
            outline: "In this article",
            what: "What it is",
            facts: "The facts",
            know: "Good to know",
            offer: "The offer",
            also: "Also from us",
            picture: "Picture",
        },
        Language::German => &Words {
            greeting: "Guten Tag",
            button: "Zu",
            button_short: "Mehr ansehen",
            more: "Mehr",
            unsubscribe: "Abmelden",
            outline: "In diesem Artikel",
            what: "Was es ist",
            facts: "Die Fakten",
            know: "Gut zu wissen",
            offer: "Das Angebot",
            also: "Auch von uns",
            picture: "Bild",
        },
    }
}
