//! Reads an answer while it is being written.

use serde_json::Value;

/// Gives each element of the answer's `claims` as soon as its last character has arrived.
///
/// It follows strings, braces and brackets, and leaves reading an element to `serde_json`. What
/// stands before the answer's first brace (some models open a code block) is passed over. It holds
/// no more than the element or the name that is being written.
#[derive(Clone, Debug, Default)]
pub struct Partial {
    /// Braces and brackets that are open.
    depth: usize,
    string: InString,
    /// The name or the element that is being written.
    held: String,
    holding: Holding,
    /// The property of the answer that is being written.
    property: Option<String>,
    /// The first `claims` has ended, or the answer has: there is nothing more to give.
    ended: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum InString {
    #[default]
    No,
    Yes,
    AfterBackslash,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Holding {
    #[default]
    Nothing,
    Name,
    Element,
}

const CLAIMS: &str = "claims";

/// Open braces and brackets between the elements of `claims`: the answer's and the list's.
const IN_CLAIMS: usize = 2;

impl Partial {
    /// Takes what has arrived, however it was cut, and gives the elements that are complete now.
    pub fn feed(&mut self, delta: &str) -> Vec<Value> {
        let mut complete = Vec::new();
        for c in delta.chars() {
            if self.ended {
                break;
            }
            self.take(c, &mut complete);
        }
        complete
    }

    fn take(&mut self, c: char, complete: &mut Vec<Value>) {
        if self.string != InString::No {
            if self.holding != Holding::Nothing {
                self.held.push(c);
            }
            self.string = match (self.string, c) {
                (InString::AfterBackslash, _) => InString::Yes,
                (_, '\\') => InString::AfterBackslash,
                (_, '"') => InString::No,
                _ => InString::Yes,
            };
            return;
        }
        match c {
            '{' | '[' => {
                self.begin_element(c);
                self.depth += usize::from(self.depth > 0 || c == '{');
            }
            '}' | ']' => {
                if self.between_elements() && c == ']' {
                    self.end_element(complete);
                    self.ended = true;
                }
                self.depth = self.depth.saturating_sub(1);
                self.ended |= self.depth == 0 && self.property.is_some();
                if self.holding == Holding::Element {
                    self.held.push(c);
                    if self.between_elements() {
                        self.end_element(complete);
                    }
                }
            }
            '"' if self.depth > 0 => {
                self.begin_string();
                self.string = InString::Yes;
            }
            ',' if self.between_elements() => self.end_element(complete),
            ',' if self.depth == 1 => self.property = None,
            ':' if self.depth == 1 && self.holding == Holding::Name => {
                self.property = serde_json::from_str(&self.held).ok();
                self.hold(Holding::Nothing);
            }
            c if c.is_whitespace() && self.holding != Holding::Element => {}
            c => self.begin_element(c),
        }
    }

    fn between_elements(&self) -> bool {
        self.depth == IN_CLAIMS && self.property.as_deref() == Some(CLAIMS)
    }

    fn begin_string(&mut self) {
        if self.depth == 1 && self.property.is_none() {
            self.hold(Holding::Name);
            self.held.push('"');
        } else {
            self.begin_element('"');
        }
    }

    /// Holds on to a character of an element, the first one or a later one.
    fn begin_element(&mut self, c: char) {
        if self.between_elements() && self.holding != Holding::Element {
            self.hold(Holding::Element);
        }
        if self.holding == Holding::Element {
            self.held.push(c);
        }
    }

    fn end_element(&mut self, complete: &mut Vec<Value>) {
        if self.holding == Holding::Element {
            complete.extend(serde_json::from_str(&self.held).ok());
        }
        self.hold(Holding::Nothing);
    }

    fn hold(&mut self, holding: Holding) {
        self.held.clear();
        self.holding = holding;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn in_pieces(text: &str, borders: &[usize]) -> Vec<Value> {
        let (mut partial, mut given, mut from) = (Partial::default(), Vec::new(), 0);
        for border in borders.iter().copied().chain([text.len()]) {
            given.extend(partial.feed(&text[from..border]));
            from = border;
        }
        given
    }

    fn borders(text: &str) -> Vec<usize> {
        text.char_indices().map(|(at, _)| at).collect()
    }

    #[test]
    fn claims_are_given_however_the_text_is_cut() {
        let answers = [
            json!({"summary": "s", "claims": [
                {"text": "a } ] , \" \\ \"claims\": [", "quotes": [{"passage": 1, "text": "é 👩‍👩‍👧 \u{202E} {["}]},
                {"text": "", "quotes": []},
                {"text": "\n\t\u{0}\u{1F600}", "quotes": [{"passage": 2, "text": "\\\\\""}]},
            ], "unanswered": "u"}),
            json!({"claims": []}),
            json!({"claims": [1, "two, ]", null, true, [3, [4]], {"claims": [5]}, -1.5e3]}),
            json!({"a": {"claims": [1]}, "b": ["claims", ":", {}], "claims": [2], "c": [3]}),
            json!({"summary": "claims", "x": "claims", "claims": [{"text": "t"}]}),
        ];
        for answer in answers {
            let expected = answer["claims"].as_array().unwrap().clone();
            for text in [
                answer.to_string(),
                serde_json::to_string_pretty(&answer).unwrap(),
                format!("```json\n\"Here it is\": {answer}\n```"),
            ] {
                let all = borders(&text);
                assert_eq!(in_pieces(&text, &[]), expected, "{text}");
                assert_eq!(in_pieces(&text, &all), expected, "{text}");
                for first in &all {
                    assert_eq!(in_pieces(&text, &[*first]), expected, "{text} at {first}");
                    for second in all.iter().filter(|it| *it > first).step_by(7) {
                        assert_eq!(in_pieces(&text, &[*first, *second]), expected, "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_claim_is_given_as_soon_as_it_is_complete() {
        let mut partial = Partial::default();
        assert!(partial.feed(r#"{"summary":"","claims":[{"text":"one""#).is_empty());
        assert_eq!(partial.feed("}"), [json!({"text": "one"})]);
        assert_eq!(partial.feed(r#",{"text":"two"},{"te"#), [json!({"text": "two"})]);
        assert!(partial.feed(r#"xt":"cut off"#).is_empty());
    }

    #[test]
    fn what_is_no_answer_gives_nothing_and_harms_nothing() {
        for text in
            ["", "]]]}}}", "[[[{{{", "\"", "null", "{\"claims\": 3}", "{\"claims\"", "{:,:}"]
        {
            assert!(in_pieces(text, &[]).is_empty(), "{text}");
            assert!(in_pieces(text, &borders(text)).is_empty(), "{text}");
        }
        let deep = format!("{{\"claims\": [{}{}, 1]}}", "[".repeat(5_000), "]".repeat(5_000));
        assert_eq!(in_pieces(&deep, &[]), [json!(1)]);
    }
}
