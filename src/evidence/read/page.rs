//! The readable text of a web page: what it says, without its menus, scripts and footers.

use dom_smoothie::{Config, Readability, TextMode};

/// Elements beyond which a page is not looked through.
const MOST_ELEMENTS: usize = 200_000;

/// How deep elements may lie within each other: the time that reading takes grows with its square.
const DEEPEST: usize = 500;

/// Elements that have no end, or end by themselves where the next one begins.
const WITHOUT_END: &[&str] = &[
    "area", "base", "body", "br", "col", "colgroup", "dd", "dt", "embed", "head", "hr", "html",
    "img", "input", "li", "link", "meta", "optgroup", "option", "p", "param", "rp", "rt", "source",
    "tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr",
];

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
    if depth(html) > DEEPEST {
        let why = "its elements lie too deep within each other to be a page that people read; save what it says as .txt or .md";
        return Err(why.to_owned());
    }
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

/// How deep the elements of a page lie within each other, at most.
fn depth(html: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for tag in html.split('<').skip(1) {
        let (is_end, rest) = match tag.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, tag),
        };
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let name = rest[..length].to_ascii_lowercase();
        if name.is_empty() || WITHOUT_END.contains(&name.as_str()) {
            continue;
        }
        depth = if is_end { depth.saturating_sub(1) } else { depth + 1 };
        deepest = deepest.max(depth);
    }
    deepest
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
        assert!(read(&deep).unwrap_err().contains("too deep"));
        let flat = format!("<ul>{}</ul>", "<li>One more".repeat(1_000));
        assert_eq!(depth(&flat), 1);
    }
}
