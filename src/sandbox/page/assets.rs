//! The files of the page, which are part of the program.

use axum::Router;
use axum::routing::get;

use super::asset;
use crate::sandbox::Sandbox;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!($name))),*]
    };
}

/// By their names under `/sandbox/`.
const FILES: &[(&str, &str)] = files![
    "actions.js",
    "api.js",
    "attachments.js",
    "blocks.css",
    "blocks.js",
    "charts.js",
    "combobox.js",
    "completion.js",
    "composer.js",
    "dialogs.js",
    "dom.js",
    "elements.js",
    "emoji.js",
    "fields.js",
    "form.css",
    "form.js",
    "home.js",
    "icon.svg",
    "icons.js",
    "inline.js",
    "markdown.js",
    "message.css",
    "message.js",
    "messages.js",
    "modal.js",
    "mrkdwn.js",
    "page.css",
    "page.js",
    "panes.js",
    "places.js",
    "popup.js",
    "rich_text.js",
    "sidebar.js",
    "store.js",
    "tables.js",
    "theme.css",
    "theme.js",
    "theme_switch.js",
    "time.js",
];

/// The page itself and all that it loads.
pub fn routes() -> Router<Sandbox> {
    let index = get(async || asset("text/html; charset=utf-8", include_str!("index.html")));
    FILES.iter().fold(Router::new().route("/", index), |router, (name, text)| {
        let file = get(async move || asset(media_type(name), text));
        router.route(&format!("/sandbox/{name}"), file)
    })
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_served() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sandbox/page");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let is_served = FILES.iter().any(|(file, _)| *file == name);
            assert!(
                is_served || name.ends_with(".rs") || name == "index.html",
                "{name} is not served"
            );
        }
    }
}
