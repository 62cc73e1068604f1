//! What Slack's client makes of what people type: `@dana` becomes a mention, `<` is escaped.

use super::workspace::Workspace;

impl Workspace {
    /// A typed message in Slack's markup.
    pub fn markup(&self, typed: &str) -> String {
        self.translate(typed, |workspace, sigil, name| match sigil {
            '@' => match name {
                "channel" | "here" | "everyone" => Some(format!("<!{name}>")),
                _ => workspace.mention(name, |id, _| format!("<@{id}>")),
            },
            _ => {
                let channel = workspace.channel_called(name)?;
                Some(format!("<#{}|{}>", channel.id, channel.name))
            }
        })
    }

    /// The text of a command whose app asked for mentions to be escaped.
    pub fn escaped_command(&self, typed: &str) -> String {
        self.translate(typed, |workspace, sigil, name| match sigil {
            '@' => workspace.mention(name, |id, handle| format!("<@{id}|{handle}>")),
            _ => {
                let channel = workspace.channel_called(name)?;
                Some(format!("<#{}|{}>", channel.id, channel.name))
            }
        })
    }

    fn mention(&self, name: &str, person: impl Fn(&str, &str) -> String) -> Option<String> {
        let found = self.people.iter().find(|known| known.handle.eq_ignore_ascii_case(name));
        let group =
            || self.seed.groups.iter().find(|group| group.handle.eq_ignore_ascii_case(name));
        match found {
            Some(found) => Some(person(&found.id, &found.handle)),
            None => group().map(|group| format!("<!subteam^{}|@{}>", group.id, group.handle)),
        }
    }

    fn translate(
        &self,
        typed: &str,
        named: impl Fn(&Self, char, &str) -> Option<String>,
    ) -> String {
        let mut text = String::with_capacity(typed.len());
        let mut rest = typed;
        let mut after_space = true;
        while let Some(first) = rest.chars().next() {
            let token = if after_space { self.token(rest, first, &named) } else { None };
            let (length, markup) = token.unwrap_or_else(|| match first {
                '<' => match written_markup(rest) {
                    Some(markup) => (markup.len(), markup.to_owned()),
                    None => (1, "&lt;".to_owned()),
                },
                '>' => (1, "&gt;".to_owned()),
                '&' if !is_entity(rest) => (1, "&amp;".to_owned()),
                other => (other.len_utf8(), other.to_string()),
            });
            after_space = !first.is_alphanumeric();
            text.push_str(&markup);
            rest = &rest[length..];
        }
        text
    }

    /// A mention or an address at the start of `rest`: its length, and what becomes of it.
    fn token(
        &self,
        rest: &str,
        first: char,
        named: &impl Fn(&Self, char, &str) -> Option<String>,
    ) -> Option<(usize, String)> {
        match first {
            '@' | '#' => {
                let is_name = |c: char| c.is_alphanumeric() || "-_.".contains(c);
                let end = rest[1..].find(|c| !is_name(c)).map_or(rest.len(), |end| end + 1);
                let name = rest[1..end].trim_end_matches('.');
                Some((1 + name.len(), named(self, first, name)?))
            }
            'h' if rest.starts_with("https://") || rest.starts_with("http://") => {
                let end = rest.find(|c: char| c.is_whitespace() || "<>".contains(c));
                let address =
                    rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', ',', ')', '?', '!']);
                Some((address.len(), format!("<{}>", address.replace('&', "&amp;"))))
            }
            _ => None,
        }
    }
}

/// Markup that a script wrote out itself, such as `<@U…>`.
fn written_markup(rest: &str) -> Option<&str> {
    let is_markup = ["<@", "<#", "<!", "<http"].iter().any(|start| rest.starts_with(start));
    is_markup.then(|| rest.find('>').map(|end| &rest[..=end])).flatten()
}

fn is_entity(rest: &str) -> bool {
    ["&amp;", "&lt;", "&gt;"].iter().any(|entity| rest.starts_with(entity))
}

#[cfg(test)]
mod tests {
    use super::super::Seed;
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn names_become_mentions() {
        let workspace = Workspace::new(Seed::example(), Clock::default());
        let check = |typed: &str, expected: &str| assert_eq!(workspace.markup(typed), expected);

        check("@countersign why?", "<@U0COUNTERS> why?");
        check(
            "ask @Dana, @brand and #sales.",
            "ask <@U0DANA0000>, <!subteam^S0BRAND000|@brand> and <#C0SALES000|sales>.",
        );
        check("@nobody a@dana.example", "@nobody a@dana.example");
        check("a < b & c > d", "a &lt; b &amp; c &gt; d");
        check("see https://example.com/a?b=1&c=2.", "see <https://example.com/a?b=1&amp;c=2>.");
        check("<@U0SAM00000> @here", "<@U0SAM00000> <!here>");
        assert_eq!(
            workspace.escaped_command("delegate @dana until friday"),
            "delegate <@U0DANA0000|dana> until friday"
        );
    }
}
