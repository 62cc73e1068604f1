//! The page's own files, served from the binary: no build step, nothing from elsewhere.

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::super::Sandbox;

/// Only what this server itself sends, and nothing inline. An image that a message names elsewhere
/// is shown by its alternative text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

macro_rules! files {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!($name))),*] };
}

/// What `index.html` and `page.js` ask for, under `/sandbox/`.
const FILES: &[(&str, &str)] = files! {
    "icon.svg",
    "theme.css", "page.css", "message.css", "blocks.css", "form.css",
    "theme.js", "page.js", "store.js", "api.js", "actions.js", "dom.js", "places.js",
    "sidebar.js", "theme_switch.js", "panes.js", "home.js", "modal.js", "dialogs.js", "popup.js",
    "messages.js", "rows.js", "message.js", "attachments.js", "composer.js", "sending.js",
    "completion.js",
    "blocks.js", "elements.js", "fields.js", "combobox.js", "form.js", "rich_text.js",
    "tables.js", "charts.js", "mrkdwn.js", "markdown.js", "inline.js", "emoji.js", "icons.js",
    "time.js",
};

pub fn routes() -> Router<Sandbox> {
    let page = get(async || asset("text/html; charset=utf-8", include_str!("index.html")));
    FILES.iter().fold(Router::new().route("/", page), |router, (name, content)| {
        router.route(&format!("/sandbox/{name}"), get(async || asset(content_type(name), content)))
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        _ => "image/svg+xml",
    }
}

fn asset(content_type: &'static str, content: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, content).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::FILES;

    #[test]
    fn every_file_of_the_page_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sandbox/page");
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let names = names.map(|name| name.into_string().unwrap());
        let on_disk: BTreeSet<String> =
            names.filter(|name| !name.ends_with(".rs") && name != "index.html").collect();
        let served: BTreeSet<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(served, on_disk);
    }
}
