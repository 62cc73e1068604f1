//! A brief: what somebody wants said, to whom, where, and what it may rest on.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::compose;
use crate::brand::{self, Context, Finding, Kit, Rule};

/// What somebody asks for. Channels, audiences and the stage are names of the kit's.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Brief {
    /// What people call it; it is not said to anybody outside.
    pub title: String,
    /// What it is about, in the words of whoever asks. It is no copy.
    #[serde(default)]
    pub what: String,
    pub channels: Vec<String>,
    pub audiences: Vec<String>,
    #[serde(default)]
    pub stage: Option<String>,
    /// Said as it stands here.
    #[serde(default)]
    pub offer: Option<String>,
    #[serde(default)]
    pub goal: Option<String>,
    #[serde(default)]
    pub tone: Option<String>,
    /// Sentences, said as they stand here.
    #[serde(default)]
    pub must_say: Vec<String>,
    /// Words and phrases; a star at the end takes any ending.
    #[serde(default)]
    pub must_not_say: Vec<String>,
    #[serde(default)]
    pub due: Option<Date>,
    #[serde(default)]
    pub evidence: Vec<Evidence>,
}

/// What was found before, such as a quote of a finding that a brief was made from.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// What it shows, where somebody said so.
    #[serde(default)]
    pub claim: Option<String>,
    /// Word for word, as it stands in its document.
    pub quote: String,
    pub source: String,
    pub document: String,
}

impl Evidence {
    /// Whether a brief takes it: what is longer cannot be read beside a text.
    pub fn fits(&self) -> bool {
        let fits = |text: &str| text.chars().count() <= LONGEST_QUOTE;
        fits(&self.quote) && self.claim.as_deref().is_none_or(fits)
    }
}

pub const LONGEST_TITLE: usize = 120;
pub const LONGEST_WHAT: usize = 3_000;
const LONGEST_LINE: usize = 300;
const LONGEST_QUOTE: usize = 2_000;
const MOST_LINES: usize = 10;
pub const MOST_EVIDENCE: usize = 40;

/// Names that are typed wrong are so near to the right one.
const NEAR: usize = 3;

impl Brief {
    /// What is typed after the command: names of channels, what it is about, and after a colon the
    /// offer. Audiences and the stage are taken from what is said, as the kit calls them; without
    /// any, it is for the kit's first audience. An error is the sentence that says what is missing.
    pub fn from_short(text: &str, kit: &Kit) -> Result<Self, String> {
        let (channels, rest) = leading_channels(text, kit)?;
        let rest =
            rest.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | ',' | '+'));
        if !rest.chars().any(char::is_alphanumeric) {
            return Err(format!(
                "Say what it is about; for example: `/draft {} Spring launch`",
                channels.join(",")
            ));
        }
        let (title, offer) = match rest.split_once(": ") {
            Some((title, offer)) if !title.trim().is_empty() => (title.trim(), Some(offer.trim())),
            _ => (rest, None),
        };
        let named = |name: &str, title: &str| {
            [name, title].iter().any(|known| compose::says(kit, rest, &format!("{known}*")))
        };
        let mut audiences: Vec<String> = kit
            .audiences
            .iter()
            .filter(|one| named(&one.name, &one.title))
            .map(|one| one.name.clone())
            .collect();
        if audiences.is_empty() {
            audiences.extend(kit.audiences.first().map(|one| one.name.clone()));
        }
        let stage = kit.stages.iter().find(|one| named(&one.name, &one.title));
        Ok(Self {
            title: title.chars().take(LONGEST_TITLE).collect(),
            what: rest.to_owned(),
            channels,
            audiences,
            stage: stage.map(|one| one.name.clone()),
            offer: offer.filter(|offer| !offer.is_empty()).map(str::to_owned),
            ..Self::default()
        })
    }

    /// The drafts that it asks for, as channel and audience, in the order in which they are written.
    pub fn wanted(&self) -> impl Iterator<Item = (&str, &str)> {
        self.channels.iter().flat_map(|channel| {
            self.audiences.iter().map(move |audience| (channel.as_str(), audience.as_str()))
        })
    }

    /// What is to be put right before anything is written, each with the field it belongs to.
    pub fn problems(&self, kit: &Kit, today: Date) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        self.check_texts(&mut problems);
        self.check_names(kit, &mut problems);
        self.check_words(kit, today, &mut problems);
        if let Some(due) = self.due.filter(|due| *due < today) {
            problems.push(("due", format!("{due} is over. Name a day that is still to come.")));
        }
        problems
    }

    /// What was given as facts, which need no other proof: not what the kit proved once and cannot
    /// prove any more.
    pub fn given(&self, kit: &Kit, today: Date) -> Vec<&str> {
        let evidence = self
            .evidence
            .iter()
            .flat_map(|one| [one.claim.as_deref(), Some(one.quote.as_str())].into_iter().flatten());
        [self.title.as_str(), self.what.as_str()]
            .into_iter()
            .chain(self.offer.as_deref())
            .chain(self.must_say.iter().map(String::as_str))
            .chain(evidence)
            .filter(|text| !text.trim().is_empty())
            .filter(|text| {
                let report = brand::check(kit, text, &Context::on(today));
                report.of(Rule::ExpiredProof).next().is_none()
            })
            .collect()
    }

    fn check_texts(&self, problems: &mut Vec<(&'static str, String)>) {
        let is_empty = |text: &str| !text.chars().any(char::is_alphanumeric);
        if is_empty(&self.title) {
            problems.push(("title", "Give it a title, by which people find it.".to_owned()));
        }
        let mut length = |field, text: &str, most: usize| {
            let length = text.chars().count();
            if length > most {
                problems.push((
                    field,
                    format!(
                        "This has {length} characters, and at most {most} are read. Shorten it."
                    ),
                ));
            }
        };
        length("title", &self.title, LONGEST_TITLE);
        length("what", &self.what, LONGEST_WHAT);
        let lines = [("offer", &self.offer), ("goal", &self.goal), ("tone", &self.tone)];
        for (field, text) in lines {
            length(field, text.as_deref().unwrap_or_default(), LONGEST_LINE);
        }
        for (field, all) in [("must_say", &self.must_say), ("must_not_say", &self.must_not_say)] {
            for text in all {
                length(field, text, LONGEST_LINE);
            }
        }
        for one in &self.evidence {
            length("evidence", &one.quote, LONGEST_QUOTE);
            length("evidence", one.claim.as_deref().unwrap_or_default(), LONGEST_QUOTE);
        }
        let counts = [
            ("must_say", self.must_say.len(), MOST_LINES),
            ("must_not_say", self.must_not_say.len(), MOST_LINES),
            ("evidence", self.evidence.len(), MOST_EVIDENCE),
        ];
        for (field, count, most) in counts {
            if count > most {
                problems.push((
                    field,
                    format!("There are {count} of these, and at most {most} are taken."),
                ));
            }
        }
    }

    fn check_names(&self, kit: &Kit, problems: &mut Vec<(&'static str, String)>) {
        let channels: Vec<&str> = kit.channels.iter().map(|one| one.name.as_str()).collect();
        let audiences: Vec<&str> = kit.audiences.iter().map(|one| one.name.as_str()).collect();
        let stages: Vec<&str> = kit.stages.iter().map(|one| one.name.as_str()).collect();
        let mut check = |field, what: &str, named: &[String], known: &[&str], needed: bool| {
            if needed && named.is_empty() {
                problems.push((field, format!("Name {what}: {}.", one_of(known))));
            }
            for name in named.iter().filter(|name| !known.contains(&name.as_str())) {
                problems.push((field, unknown(name, what, known)));
            }
        };
        check("channels", "a channel", &self.channels, &channels, true);
        check("audiences", "an audience", &self.audiences, &audiences, !audiences.is_empty());
        let stage: Vec<String> = self.stage.iter().cloned().collect();
        check("stage", "a stage", &stage, &stages, false);
    }

    /// Whether what must be said may be said, fits, and is not what must not be.
    fn check_words(&self, kit: &Kit, today: Date, problems: &mut Vec<(&'static str, String)>) {
        let offer = self.offer.iter().map(|text| ("offer", text));
        let said = offer.chain(self.must_say.iter().map(|text| ("must_say", text)));
        for (field, text) in said {
            if let Some(finding) = compose::unsayable(kit, text, today).into_iter().next() {
                problems.push((field, refused(text, &finding)));
                continue;
            }
            let says = |not: &&String| compose::says(kit, text, not);
            if let Some(not) = self.must_not_say.iter().find(says) {
                problems.push((
                    "must_not_say",
                    format!(
                        "“{text}” is to be said, and “{not}” in it is not. Change one of them."
                    ),
                ));
            }
            for channel in self.channels.iter().filter_map(|name| kit.channel(name)) {
                if !compose::fits_somewhere(kit, channel, text) {
                    let title = &channel.title;
                    problems
                        .push((field, format!("“{text}” is too long for {title}. Shorten it.")));
                }
            }
        }
        for disclaimer in &kit.disclaimers {
            let is_needed = disclaimer.channels.is_empty()
                || disclaimer.channels.iter().any(|channel| self.channels.contains(channel));
            let says = |not: &&String| compose::says(kit, &disclaimer.text, not);
            let not = self.must_not_say.iter().find(says);
            if let (true, Some(not)) = (is_needed, not) {
                problems.push((
                    "must_not_say",
                    format!(
                        "“{not}” stands in a disclaimer that a text on the topic “{}” must have: “{}”. Allow it, or leave out its channel.",
                        disclaimer.topic, disclaimer.text
                    ),
                ));
            }
        }
    }
}

fn refused(text: &str, finding: &Finding) -> String {
    let instead = finding.suggestion.as_deref().unwrap_or("Word it otherwise.");
    if finding.quote.trim() == text.trim() {
        return format!("“{text}” cannot be said: {} {instead}", finding.reason);
    }
    format!("“{}” in “{text}” cannot be said: {} {instead}", finding.quote, finding.reason)
}

fn unknown(name: &str, what: &str, known: &[&str]) -> String {
    let kind = what.split_once(' ').map_or(what, |(_, kind)| kind);
    match nearest(name, known) {
        Some(near) => format!("“{name}” is no {kind} of the brand kit. Is it “{near}”?"),
        None => format!("“{name}” is no {kind} of the brand kit. Name {}.", one_of(known)),
    }
}

fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase();
    let distance = |one: &&str| strsim::damerau_levenshtein(&name, one);
    let near = known.iter().copied().min_by_key(distance)?;
    (distance(&near) <= NEAR.min(name.chars().count() / 2)).then_some(near)
}

fn one_of(known: &[&str]) -> String {
    match known {
        [] => "one, once the brand kit has any".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The channels that a text begins with, by name or title, and what follows them.
fn leading_channels<'t>(text: &'t str, kit: &Kit) -> Result<(Vec<String>, &'t str), String> {
    let mut rest = text.trim();
    let mut channels: Vec<String> = Vec::new();
    loop {
        let after = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '+'));
        let begins = |known: &str| {
            let begun = after.get(..known.len()).is_some_and(|it| it.eq_ignore_ascii_case(known));
            begun && !after[known.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '-')
        };
        let found = kit
            .channels
            .iter()
            .flat_map(|one| [(one, one.name.as_str()), (one, one.title.as_str())])
            .filter(|(_, known)| begins(known))
            .max_by_key(|(_, known)| known.len());
        let Some((channel, known)) = found else { break };
        if !channels.contains(&channel.name) {
            channels.push(channel.name.clone());
        }
        rest = &after[known.len()..];
        if !rest.trim_start().starts_with([',', '+']) {
            break;
        }
    }
    if !channels.is_empty() {
        return Ok((channels, rest));
    }
    let names: Vec<&str> = kit.channels.iter().map(|one| one.name.as_str()).collect();
    let first = rest.split(|c: char| c.is_whitespace() || c == ',' || c == ':').next();
    let first = first.unwrap_or_default();
    Err(match nearest(first, &names) {
        Some(_) => unknown(first, "a channel", &names),
        None => format!(
            "Begin with a channel, {}; for example: `/draft {} Spring launch`",
            one_of(&names),
            names.first().unwrap_or(&"email")
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 22);

    #[test]
    fn the_short_form_is_read() {
        let kit = Kit::load(None).unwrap();
        let text = "linkedin Spring launch for repeat buyers: 10 % off until Friday";
        let brief = Brief::from_short(text, &kit).unwrap();
        assert_eq!(brief.channels, ["linkedin"]);
        assert_eq!(brief.audiences, ["repeat-buyer"]);
        assert_eq!(brief.title, "Spring launch for repeat buyers");
        assert_eq!(brief.offer.as_deref(), Some("10 % off until Friday"));
        assert_eq!(brief.problems(&kit, TODAY), []);

        let brief = Brief::from_short("Email, sms Heron is back", &kit).unwrap();
        assert_eq!(
            (brief.channels.len(), brief.audiences.as_slice()),
            (2, &["new-visitor".to_owned()][..])
        );

        let refused = |text: &str| Brief::from_short(text, &kit).unwrap_err();
        assert_eq!(
            refused("linkdin Spring"),
            "“linkdin” is no channel of the brand kit. Is it “linkedin”?"
        );
        assert!(refused("Spring launch").starts_with("Begin with a channel, linkedin, blog"));
        assert_eq!(refused("sms"), "Say what it is about; for example: `/draft sms Spring launch`");
    }

    #[test]
    fn each_problem_has_its_field_and_a_sentence() {
        let kit = Kit::load(None).unwrap();
        let good = Brief::from_short("linkedin Spring launch", &kit).unwrap();
        let check = |brief: Brief, field: &str, expected: &str| {
            let problems = brief.problems(&kit, TODAY);
            let found = problems.iter().find(|(of, _)| *of == field);
            let found = found.map(|(_, sentence)| sentence.as_str()).unwrap_or_default();
            assert!(found.contains(expected), "{field}: {problems:?}");
        };
        let list = |text: &str| vec![text.to_owned()];
        check(Brief { title: " ".to_owned(), ..good.clone() }, "title", "Give it a title");
        check(Brief { what: "x".repeat(3_001), ..good.clone() }, "what", "3001 characters");
        check(Brief { channels: vec![], ..good.clone() }, "channels", "Name a channel: linkedin,");
        check(Brief { channels: list("fax"), ..good.clone() }, "channels", "“fax” is no channel");
        check(
            Brief { audiences: list("repeat-byer"), ..good.clone() },
            "audiences",
            "Is it “repeat-buyer”?",
        );
        check(
            Brief { stage: Some("decison".to_owned()), ..good.clone() },
            "stage",
            "Is it “decision”?",
        );
        check(
            Brief { must_say: list("It heals."), ..good.clone() },
            "must_say",
            "no medical product",
        );
        check(
            Brief { offer: Some("See evil.example".to_owned()), ..good.clone() },
            "offer",
            "evil.example",
        );
        check(
            Brief { must_say: list("It is firm."), must_not_say: list("firm"), ..good.clone() },
            "must_not_say",
            "Change one of them",
        );
        check(
            Brief { channels: list("email"), must_not_say: list("VAT"), ..good.clone() },
            "must_not_say",
            "stands in a disclaimer",
        );
        let long = list(&"so ".repeat(60));
        check(
            Brief { channels: list("ad-copy"), must_say: long, ..good.clone() },
            "must_say",
            "too long for Ad copy set",
        );
        check(
            Brief { due: Some(jiff::civil::date(2026, 11, 21)), ..good },
            "due",
            "2026-11-21 is over",
        );
    }
}
