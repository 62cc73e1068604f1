//! Whether a sentence praises or complains.
//!
//! A short list of English words, with negation. It is coarse and meant to be: it orders
//! sentences, it never says anything to people.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::question::words;

type Words = LazyLock<HashSet<&'static str>>;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Polarity {
    Positive,
    Negative,
}

/// What complaints are searched by when a question has no subject of its own.
pub const COMPLAINTS: &str = "disappointed problem issue broken stopped doesn't work annoying terrible \
    worst waste return refund frustrating poor useless difficult";

/// What praise is searched by.
pub const PRAISE: &str = "love great excellent perfect amazing easy helpful best favorite awesome \
    enjoy fantastic happy recommend";

/// Words by which a question asks for one side.
static ASK_NEGATIVE: Words = LazyLock::new(|| {
    set("dislike dislikes disliked hate hates hated complain complains complaint \
    complaints complained complaining problem problems issue issues wrong bad worst annoy annoys \
    annoying annoyed frustrate frustrates frustrating frustrated frustration frustrations unhappy \
    dissatisfied disappointed disappoint disappoints disappointing criticise criticize criticism \
    criticisms negative weakness weaknesses pain painful trouble troubles drawback drawbacks \
    downside downsides objections objection worse bother bothers struggle struggles struggling \
    angry anger angers furious mad upset upsets rant rants")
});
static ASK_POSITIVE: Words = LazyLock::new(|| {
    set("like likes liked love loves loved enjoy enjoys enjoyed praise praises \
    praised appreciate appreciates best favourite favorite happy satisfied positive strength \
    strengths advantage advantages benefit benefits good great value")
});

static NEGATIVE: Words = LazyLock::new(|| {
    set("annoying annoyed annoys awful bad badly bother bothers bothersome complain complained \
     complaint complaints crap disappoint disappointed disappointing disappointment disaster \
     dislike disliked dislikes distortion drawback fail failed failing fails failure fault \
     faulty flaw flawed flaws forced frustrated frustrating frustration garbage hate hated \
     hates horrible ignored impossible incomplete inconvenient inferior irritated irritating \
     issue issues joke junk lack lacking lacks lose loses losing lousy low lower mediocre mess missed \
     misses mistake nightmare nuisance pain painful pathetic poor poorly problem problems \
     quit refuse refuses regret scam shame shoddy sketchy stopped stops struggle struggled \
     stupid subpar sucks tedious terrible tired trouble troubles ugly unable unacceptable \
     unclear uncomfortable underwhelmed underwhelming unfortunately unhappy unhelpful \
     unusable upset useless waste wasted weird worse worst worthless wrong")
});

/// Complaints that say what about.
static NEGATIVE_AND_TELLING: Words = LazyLock::new(|| {
    set("blurry boring break breaks broke broken bug buggy bugs cancel canceled cancelled cheap \
     cheaply clunky confused confuses confusing crash crashed crashes creepy damaged \
     defective delay delayed delays difficult difficulty disconnect disconnected \
     disconnecting disconnects distorted drops error errors expensive freezes fuzzy glitch \
     glitches glitchy hard harder hiss inaccurate inconsistent intrusive lag lagging late \
     limited lost missing muffled noisy outdated overpriced quiet refund refused reset \
     restart return returned returning rude scratchy slow slower sluggish static stuck tinny \
     unreliable unresponsive weak weaker wobbly")
});

static POSITIVE: Words = LazyLock::new(|| {
    set("amazed amazing awesome beautiful best better brilliant cool delighted delightful \
     effective enjoy enjoyed enjoying enjoys excellent exceeded exceptional fabulous \
     fantastic favorite favourite fine flawless flawlessly glad good gorgeous great happy \
     helps impressed impressive improved incredible incredibly like liked likes love loved \
     loves loving nice nicely outstanding perfect perfectly pleasant pleasantly pleased \
     powerful recommend recommended satisfied seamlessly smoothly solid super superb \
     surprised terrific thank thanks wonderful works worth wow")
});

/// Praise that says what for.
static POSITIVE_AND_TELLING: Words = LazyLock::new(|| {
    set("accurate affordable clear comfortable convenient crisp easier easily easy fast friendly \
     fun handy helpful intuitive loud quick quickly reliable responsive rich seamless simple \
     smart smooth useful valuable")
});
static NEGATORS: Words = LazyLock::new(|| {
    set("not no never none nothing neither nor without cannot can't cant couldn't \
    couldnt didn't didnt doesn't doesnt don't dont hardly barely isn't isnt wasn't wasnt weren't \
    won't wont wouldn't aren't arent haven't hasn't hadn't stopped lacks lack")
});

/// Verbs that complain when negated: “doesn't hear me”.
static ABILITIES: Words = LazyLock::new(|| {
    set("connect connects hear hears understand understands work working worked \
    recognize recognise respond responds play plays listen listens charge fit fits turn pair stay \
    sync answer pick enough buy hold")
});

/// Words that begin another thought.
static TURNS: Words = LazyLock::new(|| {
    set(
        "but wish wishing only just however although though except yet so because while whereas despite",
    )
});

/// Words back from which a negation still reaches.
const REACH: usize = 3;

pub fn asked_for(word: &str) -> Option<Polarity> {
    match () {
        () if has(&ASK_NEGATIVE, word) => Some(Polarity::Negative),
        () if has(&ASK_POSITIVE, word) => Some(Polarity::Positive),
        () => None,
    }
}

/// The parts of a sentence that can be judged apart: “great screen, but the sound is poor”.
pub fn clauses(sentence: &str) -> Vec<String> {
    let mut clauses = Vec::new();
    for part in sentence.split([',', ';', ':', '.', '!', '?', '(', ')', '—', '–']) {
        let mut clause: Vec<&str> = Vec::new();
        for word in part.split_whitespace() {
            let plain = word.to_lowercase();
            if has(&TURNS, plain.trim_matches(|it: char| !it.is_alphanumeric())) {
                clauses.push(std::mem::take(&mut clause).join(" "));
            }
            clause.push(word);
        }
        clauses.push(clause.join(" "));
    }
    clauses.retain(|it| !it.is_empty());
    clauses
}

/// Above 0 for praise, below 0 for complaint, by the number of words that say so.
pub fn of(sentence: &str) -> i32 {
    let words: Vec<String> = words(sentence).collect();
    let negated = |position: usize| {
        let from = position.saturating_sub(REACH);
        words[from..position].iter().any(|it| has(&NEGATORS, it))
    };
    let too = |position: usize| position > 0 && words[position - 1] == "too";
    if wishes(&words) {
        return -2;
    }
    let judged = words.iter().enumerate().map(|(position, word)| match () {
        () if has(&NEGATIVE, word) || has(&NEGATIVE_AND_TELLING, word) => {
            if negated(position) {
                1
            } else {
                -2
            }
        }
        () if has(&POSITIVE, word) || has(&POSITIVE_AND_TELLING, word) => match negated(position) {
            true => -2,
            false if too(position) => -1,
            false => 1,
        },
        () if has(&ABILITIES, word) && negated(position) => -1,
        () if too(position) => -1,
        () => 0,
    });
    judged.sum()
}

/// “I wish it were louder”, “it could use a better speaker”: praise in such a clause is none.
fn wishes(words: &[String]) -> bool {
    let wish = words.iter().any(|it| matches!(it.as_str(), "wish" | "wished" | "wishing"));
    wish || words.windows(2).any(|it| {
        matches!(it[0].as_str(), "could" | "should" | "would")
            && matches!(it[1].as_str(), "be" | "use" | "have" | "improve" | "definitely")
            && words.iter().any(|it| {
                matches!(
                    it.as_str(),
                    "better"
                        | "louder"
                        | "more"
                        | "improved"
                        | "boost"
                        | "clearer"
                        | "faster"
                        | "bigger"
                        | "easier"
                        | "longer"
                )
            })
    })
}

/// Whether something in it says why.
pub fn gives_reason(words: &[String]) -> bool {
    words.iter().any(|it| matches!(it.as_str(), "because" | "since" | "due" | "reason" | "cause"))
}

/// Whether a word praises or complains and says no more, and so names no theme.
pub fn judges(word: &str) -> bool {
    [&NEGATIVE, &POSITIVE, &NEGATORS].iter().any(|list| has(list, word))
}

fn has(list: &Words, word: &str) -> bool {
    list.contains(word)
}

fn set(list: &'static str) -> HashSet<&'static str> {
    list.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn praise_and_complaint_are_told_apart() {
        let check = |sentence: &str, expected: i32| {
            assert_eq!(of(sentence).signum(), expected, "{sentence}");
        };
        check("The sound is great and it was easy to set up.", 1);
        check("The sound is tinny and it stopped after a week.", -1);
        check("It does not sound good.", -1);
        check("It doesn’t hear me from the next room.", -1);
        check("I have had no problems with it.", 1);
        check("Way too quiet for the kitchen.", -1);
        check("The speaker could be better.", -1);
        check("I wish the bass was a little better", -1);
        check("It is round and grey.", 0);
    }
}
