//! `/countersign check TEXT`: anybody's own text held against the brand kit, for their eyes only.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::app::App;
use crate::brand::{self, Context};
use crate::slack::Post;

/// What is wrong with a text. A word before a colon that is no channel of the kit is part of the text.
pub fn report(app: &App, channel: Option<&str>, text: &str) -> Post {
    let kit = &app.brand;
    let today = app.now().to_zoned(app.manifest.zone.clone()).date();
    let named = channel.and_then(|name| kit.channel(name));
    let whole = match (channel, named) {
        (Some(word), None) => as_typed(&format!("{word}: {text}")),
        _ => as_typed(text),
    };
    let context = Context { channel: named, ..Context::on(today) };
    let report = brand::check(kit, &whole, &context);
    brand::post(&report, kit)
}

/// What somebody typed, out of what Slack made of it: it puts angle brackets around addresses, with http
/// before bare domains, and writes the brackets that people type as entities.
pub fn as_typed(text: &str) -> String {
    let text = LINK.replace_all(text, |link: &Captures<'_>| {
        let (address, label) =
            (&link["address"], link.name("label").map_or("", |one| one.as_str()));
        let bare = address.split_once("://").map_or(address, |(_, rest)| rest);
        let bare = bare.trim_start_matches("mailto:").trim_end_matches('/');
        if label.is_empty() {
            address.to_owned()
        } else if label.trim_end_matches('/').eq_ignore_ascii_case(bare) {
            label.to_owned()
        } else {
            link[0].to_owned()
        }
    });
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

static LINK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"<(?P<address>(?:https?://|mailto:)[^<>|\s]+)(?:\|(?P<label>[^<>]*))?>")
        .expect("the pattern is fixed and tested")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slacks_own_marks_are_taken_off() {
        fn check(text: &str, expected: &str) {
            assert_eq!(as_typed(text), expected);
        }
        check("See <http://larch.example|larch.example>.", "See larch.example.");
        check("See <https://larch.example/x>.", "See https://larch.example/x.");
        check("Write to <mailto:a@larch.example|a@larch.example>", "Write to a@larch.example");
        check("See <https://bit.ly/x|here>", "See <https://bit.ly/x|here>");
        check("1 &lt; 2 &amp; <@U1|anna> &lt;!channel&gt;", "1 < 2 & <@U1|anna> <!channel>");
    }
}
