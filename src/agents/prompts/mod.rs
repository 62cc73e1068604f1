//! Prompts: what models are asked, as files that people can read, version and replace.
//!
//! A file `prompts/<agent>.<task>.md` begins with TOML between two lines `+++`: its `name`, its
//! `version`, its `inputs`, those of them that are `untrusted`, the name of the form of the answer
//! (`output`) and the longest answer (`max_tokens`). Below stands a template in two parts, with a
//! line `--- user ---` between them: what we say, and what it is said about.
//!
//! The files are part of the binary. A folder named in COUNTERSIGN_PROMPTS replaces those that it
//! has, as long as they keep to the inputs and the form that the code knows.
//!
//! **Invariant:** text that we did not write stands in the second part, behind a fence, or nowhere.
//!
//! **Invariant:** the two parts are told apart before anything is put into them, so no input can
//! move the border.

mod fence;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use minijinja::Value;
use minijinja::value::Serde;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use fence::Fence;

/// The files that are part of the binary.
const BUILT_IN: [(&str, &str); 7] = [
    ("campaign.plan", include_str!("../../../prompts/campaign.plan.md")),
    ("content.draft", include_str!("../../../prompts/content.draft.md")),
    ("content.repair", include_str!("../../../prompts/content.repair.md")),
    ("crm.summary", include_str!("../../../prompts/crm.summary.md")),
    ("doctor.probe", include_str!("../../../prompts/doctor.probe.md")),
    ("reporting.opening", include_str!("../../../prompts/reporting.opening.md")),
    ("research.answer", include_str!("../../../prompts/research.answer.md")),
];

const BORDER: &str = "--- user ---";

/// The name under which a prompt knows the fence.
const FENCE: &str = "fence";

/// Every prompt there is, by name.
#[derive(Debug)]
pub struct Prompts(BTreeMap<String, Prompt>);

/// One file, checked.
#[derive(Clone, Debug)]
pub struct Prompt {
    pub name: String,
    pub version: u32,
    pub inputs: BTreeSet<String>,
    pub untrusted: BTreeSet<String>,
    /// The name of the form that the answer has.
    pub output: String,
    /// The longest answer, if it is to be shorter than the model's.
    pub max_tokens: Option<u32>,
    /// The first 12 hex digits of the file's SHA-256.
    pub hash: String,
    /// The file that replaces the built-in one.
    pub overridden: Option<PathBuf>,
    /// The whole file.
    pub text: String,
    system: Part,
    user: Part,
}

/// What is sent to a model.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    pub system: String,
    pub user: String,
    /// The first 12 hex digits of the SHA-256 of both parts, with zeros for the nonce of the fence.
    pub hash: String,
}

#[derive(Clone, Debug)]
struct Part {
    source: String,
    /// How many lines of the file stand before it.
    before: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    name: String,
    version: u32,
    inputs: BTreeSet<String>,
    #[serde(default)]
    untrusted: BTreeSet<String>,
    output: String,
    max_tokens: Option<u32>,
}

impl Prompts {
    /// The built-in ones, each replaced by the file of its name in `folder` if there is one.
    pub fn load(folder: Option<&Path>) -> Result<Self> {
        let mut prompts = BTreeMap::new();
        for (name, text) in BUILT_IN {
            let prompt = Prompt::parse(text, &format!("prompts/{name}.md"))?;
            prompts.insert(name.to_owned(), prompt);
        }
        let mut prompts = Self(prompts);
        if let Some(folder) = folder {
            prompts.replace(folder)?;
        }
        Ok(prompts)
    }

    pub fn get(&self, name: &str) -> Result<&Prompt> {
        self.0.get(name).ok_or_else(|| anyhow!("there is no prompt named {name:?}"))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Prompt> {
        self.0.values()
    }

    fn replace(&mut self, folder: &Path) -> Result<()> {
        let cannot = || {
            format!("the prompts in {} cannot be read; check COUNTERSIGN_PROMPTS", folder.display())
        };
        for entry in std::fs::read_dir(folder).with_context(cannot)? {
            let path = entry.with_context(cannot)?.path();
            if path.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let text = std::fs::read_to_string(&path).with_context(cannot)?;
            let file = path.display().to_string();
            let mut prompt = Prompt::parse(&text, &file)?;
            let Some(built_in) = self.0.get_mut(&prompt.name) else {
                let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
                bail!(
                    "{file}: no prompt is named {:?}, so nothing would use it; the names are {}",
                    prompt.name,
                    known.join(", ")
                );
            };
            prompt.check_that_it_replaces(built_in, &file)?;
            prompt.overridden = Some(path);
            *built_in = prompt;
        }
        Ok(())
    }
}

/// A prompt as records of what was made name it, from its [label](Prompt::label).
pub fn in_record(label: &str, sha256: &str) -> serde_json::Value {
    let (name, version) = label.rsplit_once('@').unwrap_or((label, ""));
    serde_json::json!({"name": name, "version": version, "sha256": sha256})
}

impl Prompt {
    /// Checks the text of a file; errors name `file` and the remedy.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let hash = short_hash(text.as_bytes());
        let text = text.replace("\r\n", "\n");
        let whole = text.clone();
        let form = || {
            anyhow!(
                "{file}: a prompt begins with TOML between two lines +++, and has one line {BORDER} in its text"
            )
        };
        let (front, body) = text
            .strip_prefix("+++\n")
            .and_then(|rest| rest.split_once("\n+++\n"))
            .ok_or_else(form)?;
        let front_lines = front.lines().count() + 2;
        let front: Front =
            toml::from_str(front).map_err(|error| anyhow!("{file}: {}", error.message()))?;
        let border: Vec<usize> = body
            .lines()
            .enumerate()
            .filter(|(_, line)| line.trim_end() == BORDER)
            .map(|(index, _)| index)
            .collect();
        let [border] = border[..] else { return Err(form()) };
        let part = |lines: Vec<&str>, before| Part { source: lines.join("\n"), before };
        let prompt = Self {
            system: part(body.lines().take(border).collect(), front_lines),
            user: part(body.lines().skip(border + 1).collect(), front_lines + border + 1),
            name: front.name,
            version: front.version,
            inputs: front.inputs,
            untrusted: front.untrusted,
            output: front.output,
            max_tokens: front.max_tokens,
            hash,
            overridden: None,
            text: whole,
        };
        prompt.check(file)?;
        Ok(prompt)
    }

    /// As provenance names it: `research.answer@1`.
    pub fn label(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// Puts the inputs in: an object with exactly those that the prompt declares.
    pub fn render(&self, inputs: &serde_json::Value) -> Result<Rendered> {
        let label = self.label();
        let given = inputs.as_object().with_context(|| format!("{label} is given no inputs"))?;
        if let Some(missing) = self.inputs.iter().find(|input| !given.contains_key(*input)) {
            bail!("{label} is not given its input {missing:?}");
        }
        // A file that replaces a built-in one may take less than it is given.
        if self.overridden.is_none()
            && let Some(stray) = given.keys().find(|input| !self.inputs.contains(*input))
        {
            bail!("{label} is given {stray:?}, which is no input of it");
        }
        let fence = Fence::new();
        let mut context = BTreeMap::from([(FENCE, Value::from(fence.name()))]);
        for name in &self.inputs {
            let value = &given[name];
            let value = if self.untrusted.contains(name) {
                fence.taint(value).with_context(|| format!("{label}, input {name:?}"))?
            } else {
                Value::from(Serde(value))
            };
            context.insert(name, value);
        }
        let environment = fence.environment();
        let render = |part: &Part| -> Result<String> {
            let rendered = environment
                .render_str(&part.source, &context)
                .map_err(|error| part.complaint(&label, &error))?;
            if fence.is_broken_in(&rendered) {
                bail!("{label}: text that we did not write is printed without | untrusted");
            }
            Ok(rendered.trim().to_owned())
        };
        let (system, user) = (render(&self.system)?, render(&self.user)?);
        let hashed = fence.without_nonce(&format!("{system}\n{BORDER}\n{user}"));
        Ok(Rendered { hash: short_hash(hashed.as_bytes()), system, user })
    }

    /// Whether what is declared and what is used are the same.
    fn check(&self, file: &str) -> Result<()> {
        let Some(stem) = file.rsplit('/').next().and_then(|name| name.strip_suffix(".md")) else {
            bail!("{file}: the name of a prompt's file ends with .md");
        };
        if stem != self.name {
            bail!("{file}: the name is {:?}; it must be {stem:?}, as the file says", self.name);
        }
        if self.version == 0 {
            bail!("{file}: the version is 0; begin with 1, and add 1 with each change");
        }
        if let Some(stray) = self.untrusted.iter().find(|name| !self.inputs.contains(*name)) {
            bail!("{file}: {stray:?} is untrusted and no input; add it to inputs");
        }
        let system = self.system.variables(file)?;
        let user = self.user.variables(file)?;
        if let Some(exposed) = system.iter().find(|name| self.untrusted.contains(*name)) {
            bail!(
                "{file}: {exposed:?} is untrusted and stands before the line {BORDER}; only what we say may stand there"
            );
        }
        let used: BTreeSet<&String> =
            system.iter().chain(&user).filter(|name| *name != FENCE).collect();
        if let Some(undeclared) = used.iter().find(|name| !self.inputs.contains(**name)) {
            bail!("{file}: {undeclared:?} is used and not declared; add it to inputs");
        }
        if let Some(unused) = self.inputs.iter().find(|name| !used.contains(*name)) {
            bail!("{file}: {unused:?} is declared and not used; take it out of inputs");
        }
        Ok(())
    }

    /// A file that replaces a built-in one keeps to what the code passes and expects.
    fn check_that_it_replaces(&self, built_in: &Self, file: &str) -> Result<()> {
        if let Some(stray) = self.inputs.iter().find(|name| !built_in.inputs.contains(*name)) {
            bail!("{file}: there is no input {stray:?}; there are {}", listed(&built_in.inputs));
        }
        let untrusted: BTreeSet<String> =
            built_in.untrusted.intersection(&self.inputs).cloned().collect();
        if self.untrusted != untrusted {
            bail!("{file}: untrusted must be {}, as others write that text", listed(&untrusted));
        }
        if self.output != built_in.output {
            bail!("{file}: output must be {:?}, which the answer is read by", built_in.output);
        }
        Ok(())
    }
}

impl Part {
    fn variables(&self, file: &str) -> Result<BTreeSet<String>> {
        let environment = Fence::new().environment();
        let template = environment
            .template_from_str(&self.source)
            .map_err(|error| self.complaint(file, &error))?;
        Ok(template.undeclared_variables(false).into_iter().collect())
    }

    fn complaint(&self, place: &str, error: &minijinja::Error) -> anyhow::Error {
        let line = error.line().unwrap_or(1) + self.before;
        match error.detail() {
            Some(detail) => anyhow!("{place}, line {line}: {}: {detail}", error.kind()),
            None => anyhow!("{place}, line {line}: {}", error.kind()),
        }
    }
}

impl std::fmt::Debug for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rendered").field("hash", &self.hash).finish_non_exhaustive()
    }
}

fn listed(names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    format!("[{}]", names.join(", "))
}

fn short_hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))[..12].to_owned()
}

#[cfg(test)]
mod tests;
