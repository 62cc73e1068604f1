//! Words that say nothing about what an answer is about, whatever it is about.
//!
//! Two lists of English words: some are taken as they stand, and some, mostly verbs and nouns of
//! everyday use, in all their forms. What they leave out costs a theme; what they let through makes
//! a theme that says nothing, such as "date" or "write".

use std::collections::HashSet;
use std::sync::LazyLock;

type Words = LazyLock<HashSet<&'static str>>;

static AS_THEY_STAND: Words = LazyLock::new(|| {
    "able ago yet down another tonight tomorrow flt absolutely actually add added almost already always around away back became become \
     bit bought buy buying came come comes day days definitely different directly doing done \
     due either else end enough especially etc even ever expect expected far felt first full \
     go goes going gone got guess half hour hours idea instead intended item items keep kept \
     kind last least less little long longer look looked looking looks made making maybe \
     means minute minutes money month months morning move moved much need needed needs never \
     new next night nothing number old order ordered original overall part past pay per piece \
     place plus point pretty probably product products purchase purchased purchasing put \
     quite rather ready receive received right room second seems self sent set several simply \
     since sort start started starting stay still stuff sure take taken takes taking thought \
     three till time times today together told took tried try trying turn turned turning two \
     unless version via wanted wanting week weeks well went whatever whole wish within \
     without wonder won't work worked working worth year years yes yesterday one's i've i'd \
     i'll you're we've we're let's couldn't wouldn't shouldn't hadn't you've they're that'll \
     amount basically completely condition course sometimes extra four five six ten happen \
     happened happens hope ok okay oh multiple option options"
        .split_whitespace()
        .collect()
});

static IN_ALL_FORMS: Words = LazyLock::new(|| {
    "act actual age agree aim air allow answer appear apply area arrive aspect assume attempt \
     attention avoid aware base basis beat begin believe belong big body bring build call \
     care case cause center chance change check choice choose city class clean close common \
     compare complete concern consider contain continue copy correct couple cover create cut \
     date deal decide decision deep degree demand depend describe detail develop difference \
     direction discover discuss doubt draw dream drive drop early effect effort enter entire \
     evening event everyday exact example except exist experience explain extent eye face \
     fact fair fall feature field figure fill final find finish fit focus follow force form \
     forward function future gain general girl grade great ground group grow guy hand handle \
     hang head hear heart help high hit hold hole human image imagine important include \
     increase indicate inform information inside instance interest issue job join judge jump \
     kick know known large late lead lean learn leave level life lift likely limit line list \
     listen live lose lot manage manner mark matter mean meet member middle mind mix moment \
     mood mostly name nature near note notice object obvious occasion occur offer open \
     operate opportunity outside owner paper particular pass path pause people perform period \
     person personal phase pick picture plan pleasure position possible post practice prefer \
     prepare present press prevent previous process produce progress promise proper prove \
     provide pull purpose push question quit raise range reach read real realize reason \
     recall recent recommend record reduce refer regard regular relate release remain \
     remember remind remove repeat reply report represent request require respect rest result \
     reveal ride rise role round row rule run safe save scale scene section seek sell send \
     sense serious serve settle shape share short shot show side sight sign significant \
     similar simple single sit situation small social solve source space speak special \
     specific spend spot stage stand standard state station status step stick stop story \
     straight strange street strong style subject succeed suggest suggestion suit supply \
     suppose surface surprise talk target task tell tend term test thank theme thing think \
     throw tie title tone tool total touch town track trade treat true trust truth type \
     typical understand unit upper usual value variety various view visit walk wall war watch \
     wear weight wide win word world worry worst write wrong young"
        .split_whitespace()
        .collect()
});

/// Whether a word is too general to be a theme, or a part of one's title.
pub fn says_nothing(word: &str) -> bool {
    if AS_THEY_STAND.contains(word) || IN_ALL_FORMS.contains(word) {
        return true;
    }
    let known = |word: &str| IN_ALL_FORMS.contains(word);
    ["s", "es", "ed", "d", "ing", "er", "ers", "'s"].into_iter().any(|ending| {
        word.strip_suffix(ending).is_some_and(|stem| {
            // "Stopping" of "stop", "writing" of "write".
            let undoubled =
                stem.char_indices().next_back().filter(|(at, it)| stem[..*at].ends_with(*it));
            known(stem)
                || (ending == "ing" && known(&format!("{stem}e")))
                || undoubled.is_some_and(|(at, _)| known(&stem[..at]))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_everyday_use_are_no_themes_in_any_form() {
        for word in [
            "date",
            "dates",
            "write",
            "writing",
            "stopped",
            "stopping",
            "suggestions",
            "states",
            "round",
        ] {
            assert!(says_nothing(word), "{word}");
        }
        for word in
            ["refund", "screen", "battery", "luggage", "setup", "delivery", "ing", "é", "ss"]
        {
            assert!(!says_nothing(word), "{word}");
        }
    }
}
