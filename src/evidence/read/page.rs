//! The readable text of a web page: what it says, without its menus, scripts and footers.

use dom_smoothie::{Config, Readability, TextMode};

/// Elements beyond which a page is not looked through.
const MOST_ELEMENTS: usize = 200_000;

/// What a page says, and what it says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Page {
    pub title: Option<String>,
    pub author: Option<String>,
    /// As it is written there.
    pub published: Option<String>,
    pub url: Option<String>,
    pub text: String,
}

/// Reads a page; or says why there is nothing to read.
pub fn read(html: &str) -> Result<Page, String> {
    let config = Config {
        text_mode: TextMode::Formatted,
        max_elements_to_parse: MOST_ELEMENTS,
        // Short pages are pages as well.
        char_threshold: 0,
        ..Config::default()
    };
    let nothing =
        || "no text can be made out on this page; save what it says as .txt or .md".to_owned();
    let mut page = Readability::new(html, None, Some(config)).map_err(|_| nothing())?;
    let article = page.parse().map_err(|_| nothing())?;
    let text = paragraphs(&article.text_content);
    if text.is_empty() {
        return Err(nothing());
    }
    let given =
        |text: Option<String>| text.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
    Ok(Page {
        title: given(Some(article.title)),
        author: given(article.byline),
        published: given(article.published_time),
        url: given(article.url),
        text,
    })
}

/// Lines without what surrounds them, and at most one empty line between two.
fn paragraphs(text: &str) -> String {
    let mut paragraphs = String::new();
    let mut empty = 0;
    for line in text.lines().map(str::trim) {
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if !paragraphs.is_empty() {
            paragraphs.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        paragraphs.push_str(line);
    }
    paragraphs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_without_what_surrounds_it() {
        let html = r#"<!doctype html><html><head><title>Prices – Acme</title>
            <meta name="author" content="Ada"><meta property="article:published_time" content="2026-03-04">
            <style>p { color: red }</style><script>track("everything")</script></head><body>
            <nav><ul><li><a href="/">Home</a></li><li><a href="/jobs">Jobs</a></li></ul></nav>
            <main><h1>Prices</h1><p>The small plan costs 9 € a month, and it&rsquo;s billed by the
            year.</p><p>The large plan costs 19 € a month, with support on weekdays.</p>
            <ul><li>Cancel at any time</li><li>No setup fee</li></ul></main>
            <footer><a href="/imprint">Imprint</a></footer></body></html>"#;
        let page = read(html).unwrap();
        assert_eq!(page.author.as_deref(), Some("Ada"));
        assert_eq!(page.published.as_deref(), Some("2026-03-04"));
        assert!(page.title.unwrap().contains("Prices"));
        for said in ["costs 9 €", "it’s billed", "support on weekdays", "Cancel at any time"] {
            assert!(page.text.contains(said), "{}", page.text);
        }
        for left_out in ["track", "color", "Jobs", "Imprint", "<", "&rsquo;"] {
            assert!(!page.text.contains(left_out), "{}", page.text);
        }
    }

    #[test]
    fn a_page_that_says_nothing_or_has_no_end_is_refused() {
        assert!(read("<html><body><script>all()</script></body></html>").is_err());
        assert!(read("").is_err());
        let deep = format!("{}Hello{}", "<div>".repeat(20_000), "</div>".repeat(20_000));
        let _ = read(&deep);
    }
}
