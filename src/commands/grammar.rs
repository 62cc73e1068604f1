//! What people may type, as one table: the parser and every help text are made from it.

use std::fmt::Write as _;

use strsim::damerau_levenshtein;

use crate::history::{self, Named};

/// What a person asked for by typing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    Research {
        question: String,
    },
    /// What was recorded about a card.
    Audit {
        card: Named,
    },
    /// Help on everything, or on one form.
    Help(Option<&'static Form>),
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

pub const FORMS: &[Form] = &[RESEARCH, AUDIT, HELP];

const RESEARCH: Form = Form {
    command: "/research",
    word: "",
    takes: "QUESTION",
    says: "Searches your documents and posts a finding in this channel: what customers said, quoted word for word, with the source of every quote. Reviewers then decide on it.",
    example: "/research why do people cancel?",
};

const AUDIT: Form = Form {
    command: "/countersign",
    word: "audit",
    takes: "CARD",
    says: "Tells who asked for, saw, changed and decided what on a card, when and why, from the audit trail. CARD is its number, or a link to its message.",
    example: "/countersign audit 12",
};

const HELP: Form = Form {
    command: "/countersign",
    word: "help",
    takes: "[COMMAND]",
    says: "Says what you can ask for, or explains one command.",
    example: "/countersign help research",
};

/// The longest question that is taken, in characters.
pub const QUESTION_LIMIT: usize = 2_000;

/// Reads a slash command. What is not understood is answered with the nearest right form.
pub fn parse(command: &str, text: &str) -> Result<Command, String> {
    let text = text.trim();
    match command {
        "/research" => question(text).map(|question| Command::Research { question }),
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

fn countersign(text: &str) -> Result<Command, String> {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    match word.to_lowercase().as_str() {
        "" => Ok(Command::Help(None)),
        "help" => help_on(rest.trim()),
        "audit" => match history::parse(rest) {
            Some(card) => Ok(Command::Audit { card }),
            None => Err(format!(
                "Say which card: the number that it shows, or a link to its message. For example: `{}`",
                AUDIT.example
            )),
        },
        other => Err(match nearest(other) {
            Some(form) => {
                format!("I do not know `/countersign {}`. {}", plain(other), suggestion(form, rest))
            }
            None => format!("I do not know `/countersign {}`. {}", plain(other), overview()),
        }),
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
        check("/countersign", "", Command::Help(None));
        check("/countersign", "HELP", Command::Help(None));
        check("/countersign", "help /research", Command::Help(Some(&RESEARCH)));
        check("/countersign", "help help", Command::Help(Some(&HELP)));
        assert_eq!(parse_mention(" why? "), Ok(question("why?")));
        assert_eq!(parse_mention("Help"), Ok(Command::Help(None)));
        assert_eq!(parse_mention(""), Ok(Command::Help(None)));
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
        check("/countersign", "<!channel>", "I do not know `/countersign &lt;!channel&gt;`");
        check("/countersign", "help dance", "There is no help on “dance”");
        check("/countersign", "audit", "Say which card");
        check("/countersign", "audit the spring one", "For example: `/countersign audit 12`");
        check("/research", "", "Ask a question after the command");
        check("/research", " ?!", "Ask a question after the command");
        check("/research", &"why ".repeat(1000), "Your question has 3999 characters");
        check("/reserch", "why?", "Did you mean `/research`?");
        check("/leads", "", "This version does not answer /leads. You can ask for:");
    }
}
