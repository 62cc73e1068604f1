//! `countersign prompts`: what models are asked with, and whether it is replaced.

use anyhow::Result;
use serde_json::json;

use super::say;
use crate::agents::{Prompt, Prompts};
use crate::config::Config;

#[derive(clap::Args)]
#[command(after_help = "\
COUNTERSIGN_PROMPTS names a folder whose files replace the built-in ones of the same names. A
decision's record names a prompt by its version and its hash: the first 12 digits of the file's
SHA-256.")]
pub struct Args {
    /// Print one prompt as it is in its file
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(config: &Config, args: &Args) -> Result<()> {
    let prompts = Prompts::load(config.prompts.as_deref())?;
    if let Some(name) = &args.name {
        let prompt = prompts.get(name)?;
        say(if args.json {
            as_json(prompt).to_string()
        } else {
            prompt.text.trim_end().to_owned()
        });
        return Ok(());
    }
    if args.json {
        let all: Vec<_> = prompts.iter().map(as_json).collect();
        say(serde_json::to_string_pretty(&all)?);
    } else {
        prompts.iter().for_each(|prompt| say(line(prompt)));
    }
    Ok(())
}

fn line(prompt: &Prompt) -> String {
    let inputs = prompt.inputs.iter().map(|input| {
        if prompt.untrusted.contains(input) {
            format!("{input} (untrusted)")
        } else {
            input.clone()
        }
    });
    let inputs: Vec<String> = inputs.collect();
    let from = match &prompt.overridden {
        Some(file) => format!("replaced by {}", file.display()),
        None => "built in".to_owned(),
    };
    format!(
        "{:<20} {}  {from}\n{:<20} takes {}",
        prompt.label(),
        prompt.hash,
        "",
        inputs.join(", ")
    )
}

fn as_json(prompt: &Prompt) -> serde_json::Value {
    json!({
        "name": prompt.name,
        "version": prompt.version,
        "hash": prompt.hash,
        "inputs": prompt.inputs,
        "untrusted": prompt.untrusted,
        "output": prompt.output,
        "max_tokens": prompt.max_tokens,
        "replaced_by": prompt.overridden,
    })
}
