//! Cases that others have computed too, so that anyone can compare.
//!
//! A file of cases is one JSON object with up to five blocks, each a list of objects with an `id`:
//!
//! - `ab`: two arms (`control`, `treatment`), a `test` and its `config`;
//! - `srm`: the `users` of each arm and the planned `weights`;
//! - `power`: sample sizes, powers and least effects, by `kind`;
//! - `always_valid`: boundaries and confidence sequences, by `kind`;
//! - `multiple`: `pvalues` to adjust.
//!
//! The answer is one object `{id: result}`. A field is named as the tool that others have names it, also
//! where its name holds that of the tool (`n1_t_statsmodels`): it says which convention is meant,
//! and the figure is computed here. What a case holds besides (`expected`, `note`) is not read.
//!
//! **Invariant.** A case that cannot be computed has an `error` in its result, and keeps no other
//! from being computed. No result holds a number that is none.

mod ab;
mod always_valid;
mod power;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::degenerate::Degenerate;
use super::{multiple, split};

/// What comes of a case.
type Outcome = Result<Value, Degenerate>;

/// Computes every case of a file.
///
/// # Errors
///
/// With a sentence, if the file is no such object or a case has no id.
pub fn analyze(file: &str) -> Result<Map<String, Value>, String> {
    let file: Value = serde_json::from_str(file).map_err(|it| format!("this is no JSON: {it}"))?;
    let Value::Object(blocks) = file else {
        return Err("the cases are an object with lists such as \"ab\" and \"srm\"".to_owned());
    };
    let mut results = Map::new();
    let mut known = false;
    for (name, compute) in BLOCKS {
        let Some(cases) = blocks.get(*name) else { continue };
        known = true;
        let Value::Array(cases) = cases else {
            return Err(format!("\"{name}\" is a list of cases"));
        };
        for case in cases {
            let Some(id) = case["id"].as_str() else {
                return Err(format!("a case of \"{name}\" has no \"id\""));
            };
            if results.insert(id.to_owned(), compute(case)).is_some() {
                return Err(format!("two cases have the id {id:?}"));
            }
        }
    }
    match known {
        true => Ok(results),
        false => {
            let names: Vec<&str> = BLOCKS.iter().map(|(name, _)| *name).collect();
            Err(format!("none of the lists is there: {}", names.join(", ")))
        }
    }
}

type Block = (&'static str, fn(&Value) -> Value);

const BLOCKS: &[Block] = &[
    ("ab", |case| answer(case, ab::compute)),
    ("srm", |case| answer(case, srm)),
    ("power", |case| answer(case, power::compute)),
    ("always_valid", |case| answer(case, always_valid::compute)),
    ("multiple", |case| answer(case, several)),
];

/// Reads a case and computes it; what stands in the way is told in its place.
fn answer<C: for<'de> Deserialize<'de>>(case: &Value, compute: fn(C) -> Outcome) -> Value {
    match C::deserialize(case) {
        Err(error) => json!({"error": "UNREADABLE", "sentence": format!("{error}.")}),
        Ok(case) => compute(case).unwrap_or_else(|reason| refused(&reason)),
    }
}

fn refused(reason: &Degenerate) -> Value {
    json!({"error": reason.code(), "sentence": reason.to_string()})
}

#[derive(Deserialize)]
struct Srm {
    users: Vec<f64>,
    weights: Vec<f64>,
}

fn srm(case: Srm) -> Outcome {
    let split = split::check(&case.users, &case.weights)?;
    Ok(json!({
        "p_value": split.p_value,
        "chi2": split.chi_square,
        "flag_at_0.001": split.is_off(),
    }))
}

#[derive(Deserialize)]
struct Several {
    pvalues: Vec<f64>,
}

fn several(case: Several) -> Outcome {
    let p = &case.pvalues;
    if !p.iter().all(|it| (0.0..=1.0).contains(it)) {
        return Err(Degenerate::Setting("A p-value lies between 0 and 1"));
    }
    Ok(json!({
        "holm": multiple::holm(p),
        "bonferroni": multiple::bonferroni(p),
        "fdr_bh": multiple::benjamini_hochberg(p),
        "hommel": multiple::hommel(p),
    }))
}
