//! Makes a model's words plain, or refuses them.
//!
//! What only disturbs is taken out: characters that do not show, marks of emphasis, bullets, icons,
//! line breaks. What acts or pretends is refused: mentions, control sequences, markup, check marks
//! that could pass for ours, addresses in disguise, letters of one script that
//! pass for another's, marks of our fence, the prompt's own words, orders to the reader, and words
//! about this answer and its approval.
//!
//! Refusing looks at the text in its compatible form (NFKC), so that other forms of the same
//! letters do not pass. Orders are told by lists of words, in the languages they are likely in:
//! coarse, and only one of several nets.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use super::quotes::is_without_spaces;
use super::why::Why;
use crate::research::extract::words;

/// Characters of a claim at most, or of what sums up.
const LONGEST: usize = 700;

/// Words in a row by which the prompt's own text is told.
const PROMPT_RUN: usize = 7;

/// Characters of a word at most, in scripts that set words apart.
const LONGEST_WORD: usize = 45;

/// Characters that codes of products have at most in one piece.
const LONGEST_PIECE: usize = 15;

const PROMPT: &str = include_str!("../../../prompts/research.answer.md");

static PROMPT_RUNS: LazyLock<HashSet<Vec<String>>> = LazyLock::new(|| runs(PROMPT).collect());

static ICONS: LazyLock<Regex> =
    LazyLock::new(|| regex(r":[a-z][a-z0-9_+-]+:|[❌✖☒⚠⏳⌛🔴🟢🟡🚨🔒🔓]\u{FE0F}?|\*+|__+|`+|~~+"));
static BULLET: LazyLock<Regex> = LazyLock::new(|| regex(r"^(?:[-*•–—>#]+\x20+)+"));
/// "[3]", "[3, 5]", "(passage 3)", "(passages 3 and 5)": numbers of passages in brackets.
static CITED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\s*(?:\[(?:passages?\s*)?(?P<a>\d{1,4}(?:\s*(?:,|;|-|–|and|&)\s*\d{1,4})*)\]|\(passages?\s*(?P<b>\d{1,4}(?:\s*(?:,|;|-|–|and|&)\s*\d{1,4})*)\)|【[^】]*】)",
    )
});
static BY_NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:passages?|excerpts?|documents?|doc|quotes?|abschnitt|dokument|extrait|fragmento)\x20*(?:#|no\.?|nr\.?|number)?\x20*\d+\b|\[\d+\]",
    )
});
static MENTION: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?:^|[^\p{L}\p{N}])@[\p{L}\p{N}_]|<\s*[!@#]|&lt;\s*[!@#]|!(?:channel|here|everyone|subteam)\b|\p{L}@\p{L}|[\p{L}\p{N}]@[\p{L}\p{N}]",
    )
});
static MARKUP: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"[<>]\s*=?\s*(?:[^\s\d=]|$)|[✅✔☑]|:(?:white_check|heavy_check|ballot_box|hourglass)[a-z_]*:|&(?:lt|gt|amp|#x?[0-9a-f]+);|!?\[[^\]]*\]\s*\(|\[[^\]]*\]\s*\[|^\s*\[[^\]]*\]:|\{\s*"|"\s*:\s*[\["{]|\{[{%]|[%}]\}|\|\s*-{2,}|\\u[0-9a-f]{4}|^[/=+|\t]|^@"#,
    )
});
static HIDDEN_ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"hxxps?|\[\.\]|\(\.\)|\[dot\]|\(dot\)|\bdot\x20(?:com|net|org|io|example)\b|\b(?:javascript|data|vbscript|file|slack|tel|sms):\S|\bxn--",
    )
});
static UNREADABLE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b[A-Za-z0-9+/_-]{20,}={0,2}|\b(?:[0-9A-Fa-f]{2}[\x20:]){7,}|[01]{16,}|(?:\\x[0-9a-fA-F]{2}){2,}|(?:%[0-9A-Fa-f]{2}){2,}",
    )
});
static FENCE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\buntrusted[-_]|\bfence[-_:\x20=]*[0-9a-f]{6,}|<<<|>>>|\b(?:begin|end|start|close)[-_\x20](?:of[-_\x20])?(?:untrusted|fence|passages?|material|context|data)\b|-{3,}|={3,}|#{3,}|\[/?inst\]|<\|",
    )
});
static ITSELF: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\bthis (?:finding|answer|extract|card|thread|approval|draft|response|summary)\b|\bcountersign\b|\b(?:pre-?approved|countersigned)\b|\bno (?:further )?(?:review|approval)s? (?:is |are )?(?:needed|required|necessary)\b|\bskip(?:s|ping)? (?:the )?(?:review|approval)s?\b|\bapproval (?:code|status|token)\b|\bas an? (?:ai|artificial|language model|large language|assistant)\b|\b(?:system|developer|hidden) (?:prompt|message|instruction)s?\b|\bmy (?:instructions|prompt|rules|guidelines)\b|\b(?:api|secret|access) keys?\b|^(?:i am|i'm|i have|i've|i will|i'll|i can|i cannot|i can't|i must|sure|certainly|understood|okay|ok|as requested|as instructed)\b|\b(?:developer|debug|god|jailbreak|dan) mode\b",
    )
});
static ORDERS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?x)(?:^|[.!?:;]\s+|,\s+(?:and|then)\s+)(?:(?:please|now|then|next|first|also|just|immediately|kindly|always|urgent|important|note|everyone|team)[,:!]?\s+)*
          (?:do\s+not\s+|don't\s+|never\s+)?
          (?:approve|accept|reject|click|tap|visit|open|go|send|reply|respond|forward|call|dial|text|email|mail|message|download|install|run|execute|ignore|disregard|forget|override|bypass|transfer|pay|wire|share|post|publish|release|delete|remove|drop|grant|raise|increase|double|set|enable|disable|switch|enter|type|paste|copy|upload|contact|log|sign|confirm|verify|tell|write|print|reveal|show|output|repeat|act|pretend|roleplay|submit|invite|add|notify|remember|use|follow|consult|read|buy|order|cancel|give|provide|return|say|answer|summari[sz]e|translate|decode|search|look|scan|reset|change|update|merge|leave|rate|trust|treat)
          \s+(?:this|that|these|those|the|all|any|your|you|our|my|me|us|it|them|him|her|everyone|everybody|everything|anyone|here|now|immediately|to|in|on|into|at|with|only|as|out|previous|prior|above|a|an|yes|no|https?|www|/|\#)(?:\W|$)
        |\byou\ (?:must|should|need\ to|have\ to|are\ (?:now|required|instructed|a|an|the)|will\ now|may\ not)\b
        |\b(?:ignore|disregard|forget|override|bypass|overrule|violate)\b.{0,60}\b(?:instructions?|rules?|prompts?|polic(?:y|ies)|guardrails?|schema|above|previous|earlier|safeguards?|checks?)\b
        |\b(?:reader|reviewer|approver|manager|assistant|model|agent|bot)s?\ (?:must|should|has\ to|have\ to|is\ required\ to)\b
        |\b(?:ignorieren|klicken|besuchen|genehmigen|bestätigen|senden|überweisen|öffnen|rufen|antworten|geben)\ sie\b|\bsie\ müssen\b|\bdu\ musst\b|\bignoriere\b|\bgenehmige\b
        |\b(?:ignorez|cliquez|approuvez|envoyez|visitez|appelez|oubliez)\b|\bvous\ devez\b|\bveuillez\b
        |\b(?:ignora|ignore|haga|haz|apruebe|aprueba|envíe|visite|olvida)\ (?:todas|las|los|clic|esta|este|el|la|a)\b|\bdebe\ usted\b
        |\b(?:clicca|approva|ignorate|invia|visita)\ (?:su|il|la|questa|questo|tutte|le)\b
        |игнорируй|одобрите|одобри\b|нажмите|перейдите|отправьте|забудь
        |忽略|请点击|批准|請點擊|点击|转账|無視して|承認して|クリック|무시하|클릭|승인하|تجاهل|انقر|وافق",
    )
});

/// Addresses: with a scheme, with "www.", or a name of a host.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b[a-z][a-z0-9+.-]{1,15}://\S+|\bwww\.\S+|\bmailto:\S+|(?:[\p{L}\p{N}_-]+\.)+[\p{L}]{2,24}(?:[:/?#][^\s]*)?",
    )
});

/// A model's text that can be shown once its numbers and addresses are borne out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plain {
    pub text: String,
    /// Addresses in it, in small letters and without what ends a sentence.
    pub addresses: Vec<String>,
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is fixed and tested")
}

/// Makes a text plain; `passages` is how many there are to cite.
pub fn read(text: &str, passages: usize) -> Result<Plain, Why> {
    // Before anything is taken out, so that what is taken out cannot bring words together.
    refuse(&compatible(text))?;
    let text = without_numbers_of_passages(&visible(text), passages)?;
    let text = BULLET.replace(text.trim(), "");
    let text = ICONS.replace_all(&text, "");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !text.chars().any(char::is_alphanumeric) {
        return Err(Why::Empty);
    }
    if text.chars().count() > LONGEST {
        return Err(Why::TooLong);
    }
    refuse(&compatible(&text))?;
    refuse_disguise(&text)?;
    if runs(&text).any(|it| PROMPT_RUNS.contains(&it)) {
        return Err(Why::Prompt);
    }
    let addresses = ADDRESS.find_iter(&text).map(|it| bare(it.as_str())).collect();
    // A scheme would make the address a link in some places.
    let text = SCHEME.replace_all(&text, "").into_owned();
    Ok(Plain { text, addresses })
}

static SCHEME: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\b[a-z][a-z0-9+.-]{1,15}://|\bmailto:"));

/// An address as it is looked up in a passage.
pub fn bare(address: &str) -> String {
    let address = SCHEME.replace(address, "").to_lowercase();
    address
        .trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '"', '\'', '”', '’', '…'])
        .to_owned()
}

fn refuse(compatible: &str) -> Result<(), Why> {
    let rules: [(&LazyLock<Regex>, Why); 6] = [
        (&FENCE, Why::Fence),
        (&MENTION, Why::Mention),
        (&MARKUP, Why::Markup),
        (&HIDDEN_ADDRESS, Why::LinkNotInPassage),
        (&ITSELF, Why::SpeaksOfItself),
        (&ORDERS, Why::TellsWhatToDo),
    ];
    let broken = rules.into_iter().find(|(rule, _)| rule.is_match(compatible));
    broken.map_or(Ok(()), |(_, why)| Err(why))
}

/// The text as rules read it: compatible forms, small letters, one line.
fn compatible(text: &str) -> String {
    let text: String = visible(text).nfkc().collect::<String>().to_lowercase();
    let text = text.replace(['’', '‘', 'ʼ'], "'");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without characters that do not show. Joiners stay where scripts and emoji need them.
fn visible(text: &str) -> String {
    let all: Vec<char> = text.nfc().collect();
    let needed = |at: usize| {
        let foreign = |it: Option<&char>| it.is_some_and(|it| !it.is_ascii() && !it.is_control());
        foreign(at.checked_sub(1).and_then(|it| all.get(it))) && foreign(all.get(at + 1))
    };
    let stays = |at: usize, c: char| match c {
        '\u{200C}' | '\u{200D}' => needed(at),
        '\u{FE0F}' => true,
        c if c.is_whitespace() => true,
        c => !does_not_show(c),
    };
    all.iter().enumerate().filter(|(at, c)| stays(*at, **c)).map(|(_, c)| *c).collect()
}

/// Whether a character leaves no mark on the screen.
pub fn does_not_show(c: char) -> bool {
    let format = matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..='\u{E0FFF}' | '\u{F0000}'..='\u{10FFFF}');
    format || (c.is_control() && !c.is_whitespace())
}

fn without_numbers_of_passages(text: &str, passages: usize) -> Result<String, Why> {
    for captures in CITED.captures_iter(text) {
        let numbers = captures.name("a").or(captures.name("b")).map_or("", |it| it.as_str());
        let mut numbers =
            numbers.split(|it: char| !it.is_ascii_digit()).filter(|it| !it.is_empty());
        let given = |it: &str| it.parse().is_ok_and(|it: usize| (1..=passages).contains(&it));
        if !numbers.all(given) {
            return Err(Why::NoSuchPassage);
        }
    }
    let text = CITED.replace_all(text, "");
    if BY_NUMBER.is_match(&text.to_lowercase()) {
        return Err(Why::PassageByNumber);
    }
    Ok(text.into_owned())
}

fn refuse_disguise(text: &str) -> Result<(), Why> {
    let spaced = |it: &str| it.chars().all(|it| !is_without_spaces(it));
    let other_form = |it: char| {
        matches!(it, '\u{1D400}'..='\u{1D7FF}' | '\u{24B6}'..='\u{24E9}' | '\u{1F110}'..='\u{1F189}')
            || (matches!(it, '\u{FF01}'..='\u{FF5E}') && spaced(text))
    };
    let too_long =
        |it: &str| spaced(it) && it.chars().count() > LONGEST_WORD && !ADDRESS.is_match(it);
    let encoded = UNREADABLE.find_iter(text).any(|it| is_encoded(it.as_str()));
    let words = || text.split(|it: char| !it.is_alphabetic());
    let latin = words().any(|it| it.chars().any(|it| it.is_ascii_alphabetic()));
    let disguised = text.chars().any(other_form)
        || encoded
        || text.split_whitespace().any(too_long)
        || words().any(mixes_scripts)
        || (latin && words().any(passes_for_latin));
    if disguised { Err(Why::Disguised) } else { Ok(()) }
}

/// A stretch of letters and digits that is no word: with escapes in it, or with a long piece that
/// has digits or capitals within.
fn is_encoded(stretch: &str) -> bool {
    let no_word = |piece: &str| {
        let capitals = piece.chars().skip(1).filter(char::is_ascii_uppercase).count();
        piece.chars().count() > LONGEST_PIECE
            && (capitals > 2 || piece.contains(|it: char| it.is_ascii_digit()))
    };
    stretch.contains(['%', '\\', ':', '=', ' ']) || stretch.split(['-', '_', '/']).any(no_word)
}

/// Whether a word has letters of Latin and of a script that looks like it.
fn mixes_scripts(word: &str) -> bool {
    let latin = word.chars().any(|it| it.is_ascii_alphabetic());
    latin
        && word
            .chars()
            .any(|it| matches!(it, '\u{370}'..='\u{52F}' | '\u{13A0}'..='\u{13FF}') && it != 'µ')
}

/// Whether a word consists of letters of another script that all look like Latin ones.
fn passes_for_latin(word: &str) -> bool {
    word.chars().count() > 1
        && word.chars().all(|it| "аеорсухіјѕԁһԛԝАВЕКМНОРСТХІЈЅοανΑΒΕΖΗΙΚΜΝΟΡΤΥΧ".contains(it))
}

fn runs(text: &str) -> impl Iterator<Item = Vec<String>> {
    let words: Vec<String> = words(text).collect();
    let count = (words.len() + 1).saturating_sub(PROMPT_RUN);
    (0..count).map(move |at| words[at..at + PROMPT_RUN].to_vec())
}
