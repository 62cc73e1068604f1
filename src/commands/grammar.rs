//! What people may type, as one table: the parser and every help text are made from it.

use std::fmt::Write as _;
use std::sync::LazyLock;

use jiff::civil::{Date, Weekday};
use regex::Regex;
use strsim::damerau_levenshtein;

use crate::config::Edition;
pub use crate::experiments::Short;
pub use crate::history::Named as CardName;
use crate::ids::{ChannelId, MessageTs, PersonId, ReviewId};

/// What a person asked for by typing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    Research {
        question: String,
    },
    /// A brief in short; the form of a brief where nothing is typed.
    Draft {
        brief: String,
    },
    /// What was recorded about a card.
    Audit(CardName),
    /// Help on everything, or on one form.
    Help(Option<&'static Form>),
    /// Opens the form that plans a test, with what is known of it.
    Test(Short),
    /// The leads that are open, or the one that is named.
    Leads(Option<String>),
    /// Opens the form that puts a text up for a decision.
    Propose,
    /// What waits for the person, what they asked for and decided.
    Queue,
    /// Who may decide on a card, and why; the newest one of the channel when none is named.
    Policy(Option<CardName>),
    /// Makes a summary for the person, or has to do with when one comes.
    Summary(SummaryWish),
    /// The agents, or one of them in full.
    Agents(Option<String>),
    /// What reviewers decided lately, and whether there was time to read.
    Reviewers,
    /// Holds a text against the brand kit; what is typed before it may name the channel.
    Check {
        channel: Option<String>,
        text: String,
    },
    /// Hands the person's place over, takes it back, or says where it is.
    Delegate(Delegate),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SummaryWish {
    Now(Edition),
    Schedule,
    Off,
    On,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delegate {
    To(PersonId, Until),
    Back,
    Show,
}

/// A day until whose end something lasts, in the zone of whoever typed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    Today,
    Tomorrow,
    /// The next one, not today.
    Weekday(Weekday),
    Date(Date),
}

/// One way of asking, with what its help says.
#[derive(PartialEq, Eq, Debug)]
pub struct Form {
    /// The slash command, with its slash.
    pub command: &'static str,
    /// The word that must follow it, where the command has several forms.
    pub word: &'static str,
    /// What must follow, in capitals.
    pub takes: &'static str,
    pub says: &'static str,
    pub example: &'static str,
}

pub const FORMS: &[Form] = &[
    RESEARCH, DRAFT, TEST, LEADS, SUMMARY, PROPOSE, CHECK, QUEUE, POLICY, DELEGATE, AGENTS,
    REVIEWERS, AUDIT, HELP,
];

const RESEARCH: Form = Form {
    command: "/research",
    word: "",
    takes: "QUESTION",
    says: "Searches your documents and posts a finding in this channel: what customers said, quoted word for word, with the source of every quote. Reviewers then decide on it.",
    example: "/research why do people cancel?",
};

const TEST: Form = Form {
    command: "/test",
    word: "",
    takes: "[NAME: A v B]",
    says: "Plans a test of one thing against another: what is measured, how it is decided and how many users that takes, before it starts. A form asks for the rest, and reviewers approve the plan.",
    example: "/test Subject line: urgency v benefit",
};

const LEADS: Form = Form {
    command: "/leads",
    word: "",
    takes: "[NAME]",
    says: "Lists the leads that are yours, wait for somebody or are overdue, for sales. With a name it shows one: by its company, its name or address, or its number. By what a lead is reached only whoever has claimed it reads.",
    example: "/leads Acme",
};

const DRAFT: Form = Form {
    command: "/draft",
    word: "",
    takes: "[CHANNEL TITLE: OFFER]",
    says: "Has a text written for a channel and an audience, under your brand kit, and puts it up for a decision in this channel. Alone it opens the form of a brief, for several channels and audiences at once; in short, name channels, what it is about and for whom, and after a colon the offer.",
    example: "/draft linkedin Spring launch for repeat buyers: 10 % off until Friday",
};

const SUMMARY: Form = Form {
    command: "/summary",
    word: "",
    takes: "[now | week | month | schedule | off | on]",
    says: "Makes a summary for you: what moved, what waits and for whom, what was decided. You read it first and may share it in the channel. `week` and `month` look back on the last seven days and on the last four weeks. `schedule` says when one comes to this channel by itself; `off` and `on` turn that off and on.",
    example: "/summary now",
};

const AUDIT: Form = Form {
    command: "/countersign",
    word: "audit",
    takes: "CARD",
    says: "Tells who asked for, saw, changed and decided what on a card, when and why, from the audit trail. CARD is the number of its review, or a link to its message.",
    example: "/countersign audit 12",
};

const AGENTS: Form = Form {
    command: "/countersign",
    word: "agents",
    takes: "[NAME]",
    says: "Lists the agents: who answers for each, what it is for, what it may read, and how well it does. With a name it tells all of one: its versions, each against the one before, and its goals.",
    example: "/countersign agents research",
};

const REVIEWERS: Form = Form {
    command: "/countersign",
    word: "reviewers",
    takes: "",
    says: "Tells what you decided in the last four weeks, and whether there was time to read. Those who answer for an agent read it of everybody.",
    example: "/countersign reviewers",
};

const HELP: Form = Form {
    command: "/countersign",
    word: "help",
    takes: "[COMMAND]",
    says: "Says what you can ask for, or explains one command.",
    example: "/countersign help research",
};

const PROPOSE: Form = Form {
    command: "/countersign",
    word: "propose",
    takes: "",
    says: "Puts up a text of yours for a decision: a draft, a test plan, a hand-off or a budget change. A form asks what it is, and the card appears in this channel.",
    example: "/countersign propose",
};

const QUEUE: Form = Form {
    command: "/countersign",
    word: "queue",
    takes: "",
    says: "Shows what waits for your decision, oldest first, what you asked for, and what you decided lately.",
    example: "/countersign queue",
};

const POLICY: Form = Form {
    command: "/countersign",
    word: "policy",
    takes: "[CARD]",
    says: "Explains who may decide on a card, who has, what is missing and why. CARD is the number of its review, or a link to its message; without one it is the newest card of the channel.",
    example: "/countersign policy 12",
};

const DELEGATE: Form = Form {
    command: "/countersign",
    word: "delegate",
    takes: "@PERSON until DAY",
    says: "Hands your place in the groups that decide to somebody else, until the end of a day: `friday`, `tomorrow` or `2026-12-24`. `delegate back` takes it back, and `delegate` alone says who has it.",
    example: "/countersign delegate <@U024BE7LH|dana> until friday",
};

const CHECK: Form = Form {
    command: "/countersign",
    word: "check",
    takes: "[CHANNEL:] TEXT",
    says: "Holds a text of yours against the brand kit, for your eyes only: what must change, where, why, and what to write instead. Put a channel and a colon before it, as in `linkedin: …`, to check that it fits there.",
    example: "/countersign check linkedin: Our best linen ever!",
};

/// The longest question that is taken, in characters.
pub const QUESTION_LIMIT: usize = 2_000;

/// The longest short form of a test that is taken: all of it may be the test's name.
const TEST_LIMIT: usize = 150;

/// Reads a slash command. What is not understood is answered with the nearest right form.
pub fn parse(command: &str, text: &str) -> Result<Command, String> {
    let text = text.trim();
    match command {
        "/research" => question(text).map(|question| Command::Research { question }),
        "/test" => test(text).map(Command::Test),
        "/leads" => Ok(Command::Leads(Some(text.to_owned()).filter(|named| !named.is_empty()))),
        "/draft" => Ok(Command::Draft { brief: text.to_owned() }),
        "/summary" => summary(text).map(Command::Summary),
        "/countersign" => countersign(text),
        _ => Err(format!(
            "This version does not answer {command}. {}",
            nearest(command).map_or_else(overview, |form| suggestion(form, ""))
        )),
    }
}

/// Reads a message that mentions the bot, without the mention: `help`, or a question.
pub fn parse_mention(text: &str) -> Result<Command, String> {
    match text.trim() {
        "" => Ok(Command::Help(None)),
        text if text.eq_ignore_ascii_case("help") => Ok(Command::Help(None)),
        text => question(text).map(|question| Command::Research { question }),
    }
}

/// What can be asked for, a line each.
pub fn overview() -> String {
    let mut help = "You can ask for:".to_owned();
    for form in FORMS {
        let _ = write!(help, "\n• `{}`: {}", form.usage(), first_sentence(form.says));
    }
    help.push_str("\nA mention works as well: `@Countersign why do people cancel?`");
    help
}

impl Form {
    /// How it is typed: `/research QUESTION`.
    pub fn usage(&self) -> String {
        [self.command, self.word, self.takes]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The help on this form alone.
    pub fn help(&self) -> String {
        format!("`{}`\n{}\nFor example: `{}`", self.usage(), self.says, self.example)
    }

    fn name(&self) -> &'static str {
        if self.word.is_empty() { &self.command[1..] } else { self.word }
    }
}

fn test(text: &str) -> Result<Short, String> {
    let length = text.chars().count();
    if length > TEST_LIMIT {
        return Err(format!(
            "That is {length} characters, and at most {TEST_LIMIT} are taken. Give the test a short name; the form has room for the rest. For example: `{}`",
            TEST.example
        ));
    }
    Ok(Short::read(text))
}

fn summary(text: &str) -> Result<SummaryWish, String> {
    match text.to_lowercase().as_str() {
        "" | "now" => Ok(SummaryWish::Now(Edition::Daily)),
        "week" => Ok(SummaryWish::Now(Edition::Weekly)),
        "month" => Ok(SummaryWish::Now(Edition::Monthly)),
        "schedule" => Ok(SummaryWish::Schedule),
        "off" => Ok(SummaryWish::Off),
        "on" => Ok(SummaryWish::On),
        other => Err(format!("I do not know `/summary {}`. {}", plain(other), SUMMARY.help())),
    }
}

fn countersign(text: &str) -> Result<Command, String> {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    match word.to_lowercase().as_str() {
        "" => Ok(Command::Help(None)),
        "help" => help_on(rest.trim()),
        "propose" => Ok(Command::Propose),
        "queue" => Ok(Command::Queue),
        "agents" => {
            Ok(Command::Agents(Some(rest.trim().to_owned()).filter(|name| !name.is_empty())))
        }
        "reviewers" => Ok(Command::Reviewers),
        "check" => check(rest.trim()),
        "policy" => policy(rest.trim()),
        "delegate" => delegate(rest.trim()).map(Command::Delegate),
        "audit" => match rest.trim() {
            "" => Err(format!(
                "Say which card: the number of its review, or a link to its message. For example: `{}`",
                AUDIT.example
            )),
            named => card(named).map(Command::Audit),
        },
        other => Err(match nearest(other) {
            Some(form) => {
                format!("I do not know `/countersign {}`. {}", plain(other), suggestion(form, rest))
            }
            None => format!("I do not know `/countersign {}`. {}", plain(other), overview()),
        }),
    }
}

/// A text, with the channel that it is for where one is named before a colon. Whether that is a channel of
/// the brand kit is for whoever has the kit.
fn check(text: &str) -> Result<Command, String> {
    if !text.chars().any(char::is_alphanumeric) {
        return Err(format!("Give the text after `check`; for example: `{}`", CHECK.example));
    }
    let named = text.split_once(':').filter(|(channel, text)| {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !channel.is_empty() && channel.chars().all(is_name) && !text.trim().is_empty()
    });
    Ok(match named {
        Some((channel, rest)) if !rest.starts_with("//") => {
            Command::Check { channel: Some(channel.to_owned()), text: rest.trim().to_owned() }
        }
        _ => Command::Check { channel: None, text: text.to_owned() },
    })
}

fn policy(text: &str) -> Result<Command, String> {
    if text.is_empty() {
        return Ok(Command::Policy(None));
    }
    card(text).map(|card| Command::Policy(Some(card)))
}

/// How a message is linked to: `https://larch.slack.com/archives/C024BE91L/p1795338000123456`.
static PERMALINK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"/archives/([A-Z0-9]+)/p([0-9]{7,})([0-9]{6})\b")
        .expect("the pattern is fixed and tested")
});

/// Reads how a card is named: the number of its review, or a link to its message.
pub fn card(text: &str) -> Result<CardName, String> {
    if let Some(found) = PERMALINK.captures(text) {
        let ts = MessageTs(format!("{}.{}", &found[2], &found[3]));
        return Ok(CardName::Message(ChannelId(found[1].to_owned()), ts));
    }
    let number = text.trim_start_matches(['R', 'r', '-', '#']);
    match number.parse() {
        Ok(number) => Ok(CardName::Review(ReviewId(number))),
        Err(_) => Err(format!(
            "“{}” names no card. Give the number of its review, which stands in small letters under it, or a link to its message; for example: `{}`",
            plain(text),
            POLICY.example
        )),
    }
}

/// How Slack writes a person whom somebody mentioned: `<@U024BE7LH|dana>`.
static MENTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^<@([UW][A-Z0-9]+)(?:\|[^>]*)?>\s*(.*)$").expect("the pattern is fixed and tested")
});

fn delegate(text: &str) -> Result<Delegate, String> {
    if text.is_empty() {
        return Ok(Delegate::Show);
    }
    if text.eq_ignore_ascii_case("back") {
        return Ok(Delegate::Back);
    }
    let example = "`/countersign delegate @dana until friday`";
    let Some(found) = MENTION.captures(text) else {
        return Err(format!(
            "Say to whom, by mentioning them, and until when; for example: {example}"
        ));
    };
    let rest = found[2].to_lowercase();
    let day = rest.strip_prefix("until ").or_else(|| rest.strip_prefix("til ")).unwrap_or(&rest);
    match until(day.trim()) {
        Some(until) => Ok(Delegate::To(PersonId(found[1].to_owned()), until)),
        None if day.trim().is_empty() => Err(format!(
            "Say until when, so that your place comes back by itself; for example: {example}"
        )),
        None => Err(format!(
            "“{}” is no day that is understood: write a weekday, today, tomorrow, or a date such as 2026-12-24; for example: {example}",
            plain(day)
        )),
    }
}

fn until(day: &str) -> Option<Until> {
    let weekdays = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    match day {
        "today" => Some(Until::Today),
        "tomorrow" => Some(Until::Tomorrow),
        _ => {
            let weekday = day.strip_prefix("next ").unwrap_or(day);
            let named = weekdays.into_iter().find(|(name, _)| {
                *name == weekday || (weekday.len() >= 3 && name.starts_with(weekday))
            });
            named
                .map(|(_, weekday)| Until::Weekday(weekday))
                .or_else(|| day.parse().ok().map(Until::Date))
        }
    }
}

impl Until {
    /// The day that is meant, on `today`.
    pub fn day(self, today: Date) -> Date {
        match self {
            Self::Today => today,
            Self::Tomorrow => today.saturating_add(jiff::Span::new().days(1)),
            Self::Weekday(weekday) => today.nth_weekday(1, weekday).unwrap_or(today),
            Self::Date(date) => date,
        }
    }
}

fn help_on(topic: &str) -> Result<Command, String> {
    if topic.is_empty() {
        return Ok(Command::Help(None));
    }
    let wanted = topic.trim_start_matches('/').to_lowercase();
    FORMS
        .iter()
        .find(|form| form.name() == wanted || form.command[1..] == wanted)
        .map(|form| Command::Help(Some(form)))
        .ok_or_else(|| format!("There is no help on “{}”. {}", plain(topic), overview()))
}

fn question(text: &str) -> Result<String, String> {
    let length = text.chars().count();
    if !text.chars().any(char::is_alphanumeric) {
        return Err(format!(
            "Ask a question after the command, for example: `{}`",
            RESEARCH.example
        ));
    }
    if length > QUESTION_LIMIT {
        return Err(format!(
            "Your question has {length} characters, and at most {QUESTION_LIMIT} are taken. Shorten it to the question itself, and ask again."
        ));
    }
    Ok(text.to_owned())
}

/// How a question begins that ends without a question mark.
static ASKING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:why|what|which|who|whose|how|when|where|and what|and how|and why|and for|show me|find|look for|search for|tell me)\b")
        .expect("the pattern is fixed and tested")
});

/// Whether a message in a thread of ours asks something of us: it ends in a question mark or begins as
/// questions do, and calls nobody else.
pub fn is_question(text: &str) -> bool {
    let text = text.trim();
    let calls_somebody = text.contains("<@") || text.contains("<!subteam");
    !calls_somebody && (text.ends_with('?') || ASKING.is_match(text))
}

fn suggestion(form: &Form, rest: &str) -> String {
    let mut typed = [form.command, form.word]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let rest = plain(rest);
    if !form.takes.is_empty() && !rest.is_empty() {
        typed = format!("{typed} {rest}");
    }
    format!("Did you mean `{typed}`?")
}

/// The form whose name is nearest, if any is near: at most two slips, and fewer than its letters.
fn nearest(typed: &str) -> Option<&'static Form> {
    let typed = typed.trim_start_matches('/').to_lowercase();
    FORMS
        .iter()
        .map(|form| (damerau_levenshtein(&typed, form.name()), form))
        .filter(|(slips, form)| *slips <= 2 && *slips < form.name().len().min(typed.len().max(1)))
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, form)| form)
}

/// Part of what somebody typed, fit to be repeated between backticks.
fn plain(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control() && *c != '`').take(200).collect();
    text.trim().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().map_or(text, str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_understood() {
        for form in FORMS {
            let (command, text) = form.example.split_once(' ').unwrap();
            assert!(parse(command, text).is_ok(), "{}", form.example);
        }
    }

    #[test]
    fn what_is_typed_is_understood() {
        let check = |command: &str, text: &str, expected: Command| {
            assert_eq!(parse(command, text), Ok(expected), "{command} {text}");
        };
        let question = |text: &str| Command::Research { question: text.to_owned() };
        check("/research", "  why do people cancel? ", question("why do people cancel?"));
        check("/research", "help me understand churn", question("help me understand churn"));
        check("/draft", " ", Command::Draft { brief: String::new() });
        check("/draft", "sms Heron", Command::Draft { brief: "sms Heron".to_owned() });
        check("/countersign", "", Command::Help(None));
        check("/countersign", "HELP", Command::Help(None));
        check("/countersign", "help /research", Command::Help(Some(&RESEARCH)));
        check("/countersign", "agents", Command::Agents(None));
        check("/countersign", "agents  Research ", Command::Agents(Some("Research".to_owned())));
        check("/countersign", "help help", Command::Help(Some(&HELP)));
        assert_eq!(parse_mention(" why? "), Ok(question("why?")));
        assert_eq!(parse_mention("Help"), Ok(Command::Help(None)));
        assert_eq!(parse_mention(""), Ok(Command::Help(None)));
    }

    #[test]
    fn a_card_is_named_by_its_number_or_by_a_link() {
        let check = |text: &str, expected: CardName| assert_eq!(card(text), Ok(expected), "{text}");
        check("12", CardName::Review(ReviewId(12)));
        check("R-12", CardName::Review(ReviewId(12)));
        check("#12", CardName::Review(ReviewId(12)));
        check(
            "<https://larch.slack.com/archives/C0RESEARCH/p1795338000123456?thread_ts=1>",
            CardName::Message("C0RESEARCH".into(), "1795338000.123456".into()),
        );
        assert!(card("the last one").unwrap_err().starts_with("“the last one” names no card."));
    }

    #[test]
    fn a_place_is_handed_over_until_a_day() {
        let check = |text: &str, expected: Delegate| {
            assert_eq!(parse("/countersign", text), Ok(Command::Delegate(expected)), "{text}");
        };
        let dana = || PersonId::from("U0DANA0000");
        let friday = Until::Weekday(Weekday::Friday);
        check("delegate <@U0DANA0000|dana> until friday", Delegate::To(dana(), friday));
        check("delegate <@U0DANA0000> until next fri", Delegate::To(dana(), friday));
        check("delegate <@U0DANA0000> tomorrow", Delegate::To(dana(), Until::Tomorrow));
        let christmas = Until::Date(jiff::civil::date(2026, 12, 24));
        check("delegate <@U0DANA0000|dana> until 2026-12-24", Delegate::To(dana(), christmas));
        check("delegate back", Delegate::Back);
        check("delegate", Delegate::Show);
        let sunday = jiff::civil::date(2026, 11, 22);
        assert_eq!(friday.day(sunday), jiff::civil::date(2026, 11, 27));
        assert_eq!(Until::Weekday(Weekday::Sunday).day(sunday), jiff::civil::date(2026, 11, 29));
    }

    #[test]
    fn what_is_not_understood_is_answered_with_the_nearest_form() {
        let check = |command: &str, text: &str, expected: &str| {
            let answer = parse(command, text).unwrap_err();
            assert!(answer.contains(expected), "{command} {text}: {answer}");
        };
        check("/countersign", "hepl", "Did you mean `/countersign help`?");
        check("/countersign", "reserch why?", "Did you mean `/research why?`?");
        check("/countersign", "research", "Did you mean `/research`?");
        check("/countersign", "dance", "You can ask for:");
        check("/countersign", "delegate dana until friday", "Say to whom, by mentioning them");
        check("/countersign", "delegate <@U1|dana>", "Say until when");
        check("/countersign", "delegate <@U1|dana> until soon", "“soon” is no day");
        check("/countersign", "policy of truth", "“of truth” names no card");
        check("/countersign", "<!channel>", "I do not know `/countersign &lt;!channel&gt;`");
        check("/countersign", "help dance", "There is no help on “dance”");
        check("/countersign", "audit", "Say which card");
        check("/countersign", "audit the spring one", "“the spring one” names no card");
        check("/research", "", "Ask a question after the command");
        check("/research", " ?!", "Ask a question after the command");
        check("/research", &"why ".repeat(1000), "Your question has 3999 characters");
        check("/reserch", "why?", "Did you mean `/research`?");
        check("/dance", "", "This version does not answer /dance. You can ask for:");
    }
}
