//! Links: only where the kit lets them go, and as they look.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use strsim::damerau_levenshtein;
use url::{Host, Url};

use super::{Context, Hit, Tested};
use crate::brand::fold::fold;
use crate::brand::kit::Kit;
use crate::brand::report::Rule;
use crate::brand::text::Text;

/// A link in a text.
pub struct Link {
    /// In bytes of the original.
    pub range: Range<usize>,
    pub address: String,
    /// What people read instead of the address.
    pub label: Option<String>,
}

pub fn check(kit: &Kit, text: &Text<'_>, _: &Context<'_>) -> Tested {
    let mut hits = Vec::new();
    for link in links(text.original) {
        if text.is_code(&text.folded.image(&link.range)) {
            continue;
        }
        if let Some((reason, suggestion)) = judge(kit, &link) {
            hits.push(Hit::new(Rule::Links, link.range, reason).suggest(suggestion));
        }
    }
    Ok(hits)
}

/// Every link: addresses, bare domains, and those behind a text in Markdown's or in Slack's way.
pub fn links(text: &str) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for found in LABELLED.captures_iter(text) {
        let Some(whole) = found.get(0) else { continue };
        let part = |name: &str| found.name(name).map(|one| one.as_str().trim().to_owned());
        let Some(address) = part("url").or_else(|| part("target")) else { continue };
        let label = part("text").or_else(|| part("label")).filter(|label| !label.is_empty());
        links.push(Link { range: whole.range(), address, label });
    }
    for found in ADDRESS.find_iter(text) {
        let address =
            found.as_str().trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '"', '*', '_']);
        let address = address.trim_end_matches('。');
        let closes = address.matches(')').count() > address.matches('(').count();
        let address = if closes { address.trim_end_matches(')') } else { address };
        let range = found.start()..found.start() + address.len();
        // What follows an at sign is a mail address, unless a scheme stands before it.
        let is_mail =
            text[..range.start].ends_with('@') || address.contains('@') && !address.contains("//");
        let is_taken =
            links.iter().any(|link| link.range.start < range.end && range.start < link.range.end);
        if !is_mail && !is_taken && !address.is_empty() {
            links.push(Link { range, address: address.to_owned(), label: None });
        }
    }
    links.sort_by_key(|link| link.range.start);
    links
}

/// What is wrong with a link, and what to do; nothing where it may go.
fn judge(kit: &Kit, link: &Link) -> Option<(String, String)> {
    let allowed = || match kit.domains.as_slice() {
        [] => "Leave it out, or add its domain to `domains` in the brand kit.".to_owned(),
        domains => format!("Link to {}, or add the domain to the brand kit.", domains.join(" or ")),
    };
    let lower = link.address.trim().to_lowercase();
    let Some(url) = read(&lower) else {
        return Some(("This address cannot be read.".to_owned(), allowed()));
    };
    match url.scheme() {
        "https" | "http" => {}
        "mailto" | "tel" => return None,
        scheme => {
            return Some((
                format!("A link must not begin with {scheme}:."),
                "Use https.".to_owned(),
            ));
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        let host = url.host_str().unwrap_or_default();
        return Some((
            format!("What stands before the @ hides where it leads: to {host}."),
            allowed(),
        ));
    }
    let Some(Host::Domain(host)) = url.host() else {
        return Some(("It leads to a number instead of a name.".to_owned(), allowed()));
    };
    let host = host.trim_end_matches('.');
    if SHORTENERS.contains(&host) {
        return Some((
            "A shortened link hides where it leads.".to_owned(),
            "Give the address itself.".to_owned(),
        ));
    }
    if !kit.domains.iter().any(|domain| is_within(host, domain)) {
        let reason = match kit.domains.iter().find(|domain| looks_like(&lower, host, domain)) {
            Some(domain) => format!("{host} looks like {domain} and is another."),
            None => format!("{host} is not on the list of domains that we link to."),
        };
        return Some((reason, allowed()));
    }
    if url.scheme() == "http" && lower.starts_with("http:") {
        return Some((
            "It begins with http, which anyone on the way can read.".to_owned(),
            "Use https.".to_owned(),
        ));
    }
    if url.port().is_some() {
        return Some((
            "It names a port, which is for testing.".to_owned(),
            "Leave the port out.".to_owned(),
        ));
    }
    let named = link.label.as_deref().and_then(|label| ADDRESS.find(label)).and_then(|label| {
        let label = read(&label.as_str().to_lowercase())?;
        Some(label.host_str()?.to_owned())
    });
    match named {
        Some(named) if named != host && !is_within(host, &named) => Some((
            format!("It reads {named} and leads to {host}."),
            "Let both be the same.".to_owned(),
        )),
        _ => None,
    }
}

/// As a browser reads it: backslashes are slashes, and names of other scripts get their xn-- form.
fn read(address: &str) -> Option<Url> {
    match Url::parse(address) {
        Ok(url)
            if url.has_host()
                || matches!(url.scheme(), "mailto" | "tel" | "javascript" | "data") =>
        {
            Some(url)
        }
        _ => Url::parse(&format!("https://{}", address.trim_start_matches('/'))).ok(),
    }
}

fn is_within(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// Whether a host is made to be taken for a domain: by look-alike letters, a slip or two, or the domain's
/// name in another.
fn looks_like(address: &str, host: &str, domain: &str) -> bool {
    let shown = address.split("//").last().unwrap_or(address);
    let shown = shown.split(['/', '?', '#', ':']).next().unwrap_or(shown);
    let plain = |text: &str| {
        fold(text).replace("rn", "m").replace('0', "o").replace(['1', 'i'], "l").replace('-', "")
    };
    let (shown, wanted) = (plain(shown), plain(domain));
    let name = wanted.split('.').next().unwrap_or(&wanted);
    let limit = if wanted.len() > 8 { 2 } else { 1 };
    damerau_levenshtein(&shown, &wanted) <= limit
        || (name.len() >= 5 && plain(host).contains(name))
        || (name.len() >= 5 && shown.contains(name))
}

/// Services whose addresses lead elsewhere.
const SHORTENERS: &[&str] = &[
    "bit.ly",
    "t.co",
    "goo.gl",
    "tinyurl.com",
    "ow.ly",
    "is.gd",
    "buff.ly",
    "lnkd.in",
    "rb.gy",
    "cutt.ly",
    "t.ly",
    "shorturl.at",
    "tiny.cc",
    "rebrand.ly",
    "bl.ink",
    "s.id",
    "amzn.to",
    "fb.me",
    "youtu.be",
    "dub.sh",
    "trib.al",
    "hubs.ly",
    "hubs.li",
    "dlvr.it",
    "ift.tt",
    "x.gd",
    "v.gd",
    "shor.by",
];

static LABELLED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\[(?P<text>[^\[\]\n]{0,200})\]\((?P<url>[^()\s]+)\)|<(?P<target>(?i:https?|ftp|javascript|data):[^<>|\n]+)(?:\|(?P<label>[^<>\n]*))?>")
        .expect("the pattern is fixed and tested")
});

/// Addresses with a scheme, and bare domains with endings that are in use; other words with a dot in them
/// are file names and slips.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)\b(?:https?|ftp):[/\\]{1,}[^\s<>"“”|]+|\b(?:javascript|data):[^\s<>"]+"#,
        r#"|\bwww\.[^\s<>"“”|]+"#,
        r"|\b(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+(?:com|net|org|info|biz|io|ai|co|app|dev|shop|store|online|site|xyz|top|club|link|click|page|me|ly|gl|gd|to|cc|tv|gy|eu|de|at|ch|fr|it|es|nl|be|pl|uk|us|ca|au|ie|se|dk|fi|no|pt|cz|ru|cn|in|example|test|invalid)\b(?:[/?#:][^\s<>|]*)?",
    ))
    .expect("the pattern is fixed and tested")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_as_people_write_them() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<String> = links(text).into_iter().map(|link| link.address).collect();
            assert_eq!(found, expected, "{text}");
        };
        check(
            "See https://larchandloom.example/a_(b), and www.x.org.",
            &["https://larchandloom.example/a_(b)", "www.x.org"],
        );
        check("(at larchandloom.example/linen)", &["larchandloom.example/linen"]);
        check(
            "[our page](https://a.org/x) <https://b.org|label> <https://c.org>",
            &["https://a.org/x", "https://b.org", "https://c.org"],
        );
        check("Write to a@example.org, e.g. by 5.30 p.m., see report.pdf. Next.Sentence", &[]);
    }
}
