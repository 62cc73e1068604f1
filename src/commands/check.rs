//! `/countersign check TEXT`: anybody's own text held against the brand kit, for their eyes only.

use crate::app::App;
use crate::brand::{self, Context};
use crate::slack::Post;

/// What is wrong with a text. A word before a colon that is no channel of the kit is part of the text.
pub fn report(app: &App, channel: Option<&str>, text: &str) -> Post {
    let kit = &app.brand;
    let today = app.now().to_zoned(app.manifest.zone.clone()).date();
    let named = channel.and_then(|name| kit.channel(name));
    let whole = match (channel, named) {
        (Some(word), None) => format!("{word}: {text}"),
        _ => text.to_owned(),
    };
    let context = Context { channel: named, ..Context::on(today) };
    let report = brand::check(kit, &whole, &context);
    brand::post(&report, kit)
}
