//! Whether a sentence praises or complains.
//!
//! A short list of English words, with negation. It is coarse and meant to be: it orders
//! sentences, it never says anything to people.

use super::question::words;

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
const ASK_NEGATIVE: &str = "dislike dislikes disliked hate hates hated complain complains complaint \
    complaints complained complaining problem problems issue issues wrong bad worst annoy annoys \
    annoying annoyed frustrate frustrates frustrating frustrated frustration frustrations unhappy \
    dissatisfied disappointed disappoint disappoints disappointing criticise criticize criticism \
    criticisms negative weakness weaknesses pain painful trouble troubles drawback drawbacks \
    downside downsides objections objection worse bother bothers struggle struggles struggling";
const ASK_POSITIVE: &str = "like likes liked love loves loved enjoy enjoys enjoyed praise praises \
    praised appreciate appreciates best favourite favorite happy satisfied positive strength \
    strengths advantage advantages benefit benefits good great value";

const NEGATIVE: &str = "annoying annoyed annoys awful bad badly blurry boring bother bothers \
    bothersome break breaks broke broken buggy bug bugs cancel cancelled canceled cheap cheaply \
    clunky complain complained complaint complaints confused confuses confusing crap crash \
    crashed crashes creepy damaged defective delay delayed delays difficult difficulty disappoint \
    disappointed disappointing disappointment disaster disconnect disconnected disconnecting \
    disconnects dislike disliked dislikes distorted distortion drawback drops error errors expensive \
    fail failed failing fails failure fault faulty flaw flawed flaws forced freezes frustrated \
    frustrating frustration fuzzy garbage glitch glitches glitchy hard harder hate hated hates \
    hiss horrible ignored impossible inaccurate incomplete inconsistent inconvenient inferior \
    intrusive irritated irritating issue issues joke junk lack lacking lacks lag lagging late \
    limited lose loses losing lost lousy mediocre mess missed misses missing mistake muffled \
    nightmare noisy nuisance outdated overpriced pain painful pathetic poor poorly problem \
    problems quiet quit refund refuse refused refuses regret reset restart return returned \
    returning rude scam scratchy shame shoddy sketchy slow slower sluggish static stopped stops \
    struggle struggled stuck stupid subpar sucks tedious terrible tinny tired trouble troubles \
    ugly unable unacceptable unclear uncomfortable underwhelmed underwhelming unfortunately \
    unhappy unhelpful unreliable unresponsive unusable upset useless waste wasted weak weaker \
    weird wobbly worse worst worthless wrong";
const POSITIVE: &str = "accurate affordable amazed amazing awesome beautiful best better brilliant \
    clear comfortable convenient cool crisp delighted delightful easier easily easy effective \
    enjoy enjoyed enjoying enjoys excellent exceeded exceptional fabulous fantastic fast \
    favorite favourite fine flawless flawlessly friendly fun glad good gorgeous great handy \
    happy helpful helps impressed impressive improved incredible incredibly intuitive like liked \
    likes loud love loved loves loving nice nicely outstanding perfect perfectly pleasant \
    pleasantly pleased powerful quick quickly recommend recommended reliable responsive rich \
    satisfied seamless seamlessly simple smart smooth smoothly solid super superb surprised \
    terrific thank thanks useful valuable wonderful works worth wow";
const NEGATORS: &str = "not no never none nothing neither nor without cannot can't cant couldn't \
    couldnt didn't didnt doesn't doesnt don't dont hardly barely isn't isnt wasn't wasnt weren't \
    won't wont wouldn't aren't arent haven't hasn't hadn't stopped lacks lack";

/// Verbs that complain when negated: “doesn't hear me”.
const ABILITIES: &str = "connect connects hear hears understand understands work working worked \
    recognize recognise respond responds play plays listen listens charge fit fits turn pair stay \
    sync answer enough buy hold";

/// Words back from which a negation still reaches.
const REACH: usize = 3;

pub fn asked_for(word: &str) -> Option<Polarity> {
    match () {
        () if has(ASK_NEGATIVE, word) => Some(Polarity::Negative),
        () if has(ASK_POSITIVE, word) => Some(Polarity::Positive),
        () => None,
    }
}

/// Above 0 for praise, below 0 for complaint, by the number of words that say so.
pub fn of(sentence: &str) -> i32 {
    let words: Vec<String> = words(sentence).collect();
    let negated = |position: usize| {
        let from = position.saturating_sub(REACH);
        words[from..position].iter().any(|it| has(NEGATORS, it))
    };
    let too = |position: usize| position > 0 && words[position - 1] == "too";
    let judged = words.iter().enumerate().map(|(position, word)| match () {
        () if has(NEGATIVE, word) => {
            if negated(position) {
                1
            } else {
                -2
            }
        }
        () if has(POSITIVE, word) => match negated(position) {
            true => -2,
            false if too(position) => -1,
            false => 1,
        },
        () if has(ABILITIES, word) && negated(position) => -1,
        () if too(position) => -1,
        () => 0,
    });
    judged.sum()
}

/// Whether a word praises or complains, and so names no theme.
pub fn judges(word: &str) -> bool {
    [NEGATIVE, POSITIVE, NEGATORS].iter().any(|list| has(list, word))
}

fn has(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|it| it == word)
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
        check("It is round and grey.", 0);
    }
}
