//! Checkpoints that people kept: as they come out of a chat or of a file.

/// The signed notes in a text, in their order.
///
/// There may be several, with sentences, fences of a code block and empty lines around them, with the
/// line breaks of another system, without the last line break, and written as Slack sends text: with
/// entities for `&`, `<` and `>`, and links made of what looks like an address.
pub fn checkpoints_in(text: &str) -> Vec<String> {
    let lines: Vec<String> = text.replace("```", "\n\n").lines().map(as_written).collect();
    let mut notes = Vec::new();
    let mut at = 0;
    while let Some(first) = (at..lines.len()).find(|&line| is_signature(&lines[line])) {
        let signatures = lines[first..].iter().take_while(|line| is_signature(line)).count();
        at = first + signatures;
        // Above the signatures stands an empty line, and above that what they were made for.
        let Some(empty) = first.checked_sub(1).filter(|&line| lines[line].is_empty()) else {
            continue;
        };
        let said = lines[..empty].iter().rev().take_while(|line| !line.is_empty()).count();
        notes.push(lines[empty - said..at].iter().map(|line| format!("{line}\n")).collect());
    }
    notes
}

fn is_signature(line: &str) -> bool {
    line.starts_with("— ")
}

fn as_written(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.trim_end();
    while let Some((before, link)) = rest.split_once("<http") {
        let Some((link, after)) = link.split_once('>') else { break };
        plain.push_str(before);
        plain.push_str(link.split_once('|').map_or("", |(_, label)| label));
        rest = after;
    }
    plain.push_str(rest);
    plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: &str = "example.com/a&b\n3\nAAAA=\n\n— example.com/a&b BBBB=\n";

    #[test]
    fn a_checkpoint_may_come_out_of_a_chat() {
        let escaped = NOTE.replace('&', "&amp;");
        let linked =
            NOTE.replace("example.com/a&b", "<http://example.com/a&amp;b|example.com/a&amp;b>");
        for copied in [
            NOTE.to_owned(),
            NOTE.trim().to_owned(),
            NOTE.replace('\n', "\r\n"),
            format!("```\n{NOTE}```\n"),
            format!("The checkpoint of today:\n```{}```\nKeep it.", NOTE.trim()),
            escaped,
            linked,
        ] {
            assert_eq!(checkpoints_in(&copied), [NOTE], "{copied}");
        }
    }

    #[test]
    fn a_file_may_hold_several() {
        let other = NOTE.replace("\n3\n", "\n4\n");
        let two = format!("{other}— example.com/witness CCCC=\n");
        assert_eq!(checkpoints_in(&format!("{NOTE}\n{two}\n{NOTE}")), [NOTE, &two, NOTE]);
        // Also where nothing parts them but the end of the signatures.
        assert_eq!(checkpoints_in(&format!("{NOTE}\n{other}")), [NOTE, &other]);
    }

    #[test]
    fn what_is_no_checkpoint_is_none() {
        for text in ["", "hello", "— example.com/a BBBB=\n", "one\n— example.com/a BBBB=\n"] {
            assert!(checkpoints_in(text).is_empty(), "{text}");
        }
    }
}
