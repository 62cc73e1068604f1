//! Making text fit, without breaking a character, a link or an entity in two.

/// Shortens `text` to at most `limit` characters; what is missing is counted: "… 12 more".
///
/// For plain labels. Whatever must be readable in full goes through [`split`].
pub fn cut(text: &str, limit: usize) -> String {
    shorten(text, limit, Kind::Plain)
}

/// The same for text with markup, in which links and entities stay whole.
pub fn cut_markup(text: &str, limit: usize) -> String {
    shorten(text, limit, Kind::Markup)
}

/// Cuts `text` into pieces of at most `limit` characters whose concatenation is `text`.
///
/// Prefers to cut after an empty line, else after a line, else after a word.
pub fn split(text: &str, limit: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.chars().nth(limit).is_some() {
        let (window, _) = head(rest, limit, Kind::Markup);
        // A break near the start would make many small pieces: it must fill half the room.
        let half = window.len() / 2;
        let end = ["\n\n", "\n", " "]
            .iter()
            .filter_map(|border| window.rfind(border).map(|at| at + border.len()))
            .find(|&end| end > half && whole(&window[..end]))
            .unwrap_or(window.len());
        let (piece, remainder) = rest.split_at(end);
        pieces.push(piece);
        rest = remainder;
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(rest);
    }
    pieces
}

fn shorten(text: &str, limit: usize, kind: Kind) -> String {
    let length = text.chars().count();
    if length <= limit {
        return text.to_owned();
    }

    // The longest the note can get is known; the number in it then depends on where we cut.
    let room = limit.saturating_sub(note(length).chars().count());
    if room == 0 {
        return head(text, limit.saturating_sub(1), kind).0.to_owned() + "…";
    }
    let (kept, rest) = head(text, room, kind);
    let trimmed = kept.trim_end();
    let missing = rest.chars().count() + kept[trimmed.len()..].chars().count();
    trimmed.to_owned() + &note(missing)
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    Markup,
}

fn note(missing: usize) -> String {
    format!("… {missing} more")
}

/// The longest beginning of at most `limit` characters that ends between two visible characters
/// (and, in markup, outside of `<…>` and `&…;`), and what follows it. Never empty when `limit` is
/// not 0: where there is no good place it cuts at a bad one.
fn head(text: &str, limit: usize, kind: Kind) -> (&str, &str) {
    let hard = text.char_indices().nth(limit).map_or(text.len(), |(at, _)| at);
    let at = (1..=hard)
        .rev()
        .take(SEARCH)
        .filter(|&at| text.is_char_boundary(at))
        .find(|&at| between_characters(text, at) && (kind == Kind::Plain || whole(&text[..at])))
        .unwrap_or(hard);
    text.split_at(at)
}

/// How many bytes back a good place to cut is looked for. Longer than any link we write.
const SEARCH: usize = 2_500;

/// Whether the text ends outside of `<…>` and `&…;`.
fn whole(text: &str) -> bool {
    let tail_start = text.len().saturating_sub(SEARCH);
    let tail_start =
        (tail_start..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
    let tail = &text[tail_start..];
    let open_link = match (tail.rfind('<'), tail.rfind('>')) {
        (Some(open), Some(close)) => open > close,
        (Some(_), None) => true,
        _ => false,
    };
    let open_entity = tail.rfind('&').is_some_and(|at| {
        let entity = &tail[at..];
        entity.len() <= "&quot".len() && !entity.contains(';')
    });
    !open_link && !open_entity
}

/// Whether `at` does not tear an accent, a skin tone, a joined emoji or a flag off its base.
fn between_characters(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at(at);
    let continues = |c: char| {
        matches!(c,
            '\u{0300}'..='\u{036F}' | '\u{200D}' | '\u{20D0}'..='\u{20FF}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}')
    };
    let is_flag_half = |c: char| matches!(c, '\u{1F1E6}'..='\u{1F1FF}');
    let flag_halves = before.chars().rev().take_while(|&c| is_flag_half(c)).count();

    let joined = before.ends_with('\u{200D}');
    let torn_off = after.chars().next().is_some_and(continues);
    let half_a_flag = flag_halves % 2 == 1 && after.chars().next().is_some_and(is_flag_half);
    !joined && !torn_off && !half_a_flag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::text::escape;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    /// Text as people write it at its worst: accents, emoji, control sequences, long words.
    fn wild(rng: &mut StdRng) -> String {
        let bits = [
            "a",
            "word ",
            "\n",
            "\n\n",
            "é",
            "e\u{301}",
            "👍🏽",
            "👩‍👩‍👧",
            "🇳🇴",
            "<",
            ">",
            "&",
            "漢字",
            " ",
            "<!channel>",
            "```",
            "unbreakablylongword",
            "\u{202E}",
            "<https://x.y/z|",
            "*",
            "> ",
        ];
        let length = rng.random_range(0..400);
        (0..length).map(|_| bits[rng.random_range(0..bits.len())]).collect()
    }

    #[test]
    fn pieces_fit_and_together_are_the_text() {
        let mut rng = StdRng::seed_from_u64(1);
        for _ in 0..2_000 {
            let text = escape(&wild(&mut rng));
            let limit = rng.random_range(20..300);
            let pieces = split(&text, limit);
            assert_eq!(pieces.concat(), text);
            for piece in &pieces {
                assert!(piece.chars().count() <= limit, "{piece:?}");
                assert!(whole(piece), "an entity is cut in two: {piece:?}");
            }
        }
    }

    #[test]
    fn what_is_cut_fits_and_is_counted() {
        let mut rng = StdRng::seed_from_u64(2);
        for _ in 0..2_000 {
            let text = wild(&mut rng);
            let limit = rng.random_range(24..200);
            let short = cut(&text, limit);
            assert!(short.chars().count() <= limit, "{short:?}");
            if short != text {
                let (kept, note) = short.rsplit_once("… ").expect("the note is there");
                let missing: usize = note.trim_end_matches(" more").parse().expect("a number");
                assert!(text.starts_with(kept));
                assert_eq!(kept.chars().count() + missing, text.chars().count());
            }
        }
    }

    #[test]
    fn cuts_between_lines_and_words() {
        assert_eq!(split("one two\n\nthree four", 12), ["one two\n\n", "three four"]);
        assert_eq!(split("one two\nthree four", 12), ["one two\n", "three four"]);
        assert_eq!(split("one two three", 9), ["one two ", "three"]);
        assert_eq!(split("", 9), [""]);
    }

    #[test]
    fn keeps_links_entities_and_emoji_whole() {
        assert_eq!(split("seeing <https://a.bc|it>", 10)[0], "seeing ");
        assert_eq!(split("abcdefg&amp;h", 10)[0], "abcdefg");
        assert_eq!(split("abcdefghi👍🏽!", 10)[0], "abcdefghi");
        assert_eq!(split("abcdefghi🇳🇴!", 10)[0], "abcdefghi");
        assert_eq!(cut("Quarterly planning of everything", 24), "Quarterly plann… 17 more");
    }

    #[test]
    fn text_without_any_good_place_is_still_cut() {
        let text = "e".to_owned() + &"\u{301}".repeat(5_000);
        assert!(split(&text, 100).iter().all(|piece| piece.chars().count() <= 100));
        let text = "<".repeat(5_000);
        assert_eq!(split(&text, 100).concat(), text);
    }
}
