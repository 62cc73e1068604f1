//! The block `power`.
//!
//! One field differs from what the tool in its name says: the search of `statsmodels` for the least
//! effect stops at 1e-5, and where SciPy has no value on its way that costs the eighth digit. What is
//! written here has, by the power function of `statsmodels` itself, the power that was asked for.

use serde::Deserialize;
use serde_json::json;

use super::Outcome;
use crate::experiments::statistics::degenerate::Degenerate;
use crate::experiments::statistics::power::{self, Design};

#[derive(Deserialize)]
pub(super) struct Case {
    alpha: f64,
    /// Where the power is what is asked for, none is given.
    #[serde(default = "usual_power")]
    power: f64,
    #[serde(default = "equal")]
    ratio: f64,
    #[serde(flatten)]
    kind: Kind,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Kind {
    NProp { p1: f64, p2: f64 },
    NMean { delta: f64, sd: f64 },
    PowerProp { p1: f64, p2: f64, n1: f64 },
    PowerMean { delta: f64, sd: f64, n1: f64 },
    MdeMean { sd: f64, n1: f64 },
}

pub(super) fn compute(case: Case) -> Outcome {
    let design = Design { alpha: case.alpha, power: case.power, ratio: case.ratio };
    match case.kind {
        Kind::NProp { p1, p2 } => {
            let h = power::cohen_h(p1, p2);
            let pooled = design.users_pooled(p1, p2)?;
            Ok(json!({
                "n1_cohen_h_statsmodels": design.users_by_z(h)?,
                "cohen_h": h,
                "n1_unpooled_z_scipy": design.users_unpooled(p1, p2)?,
                "n1_pooled_z_scipy": pooled,
                "statsmodels_power_at_ceil_pooled": design.power_pooled(p1, p2, pooled.ceil())?,
            }))
        }
        Kind::NMean { delta, sd } => {
            let effect = standardised(delta, sd)?;
            Ok(json!({
                "n1_t_statsmodels": design.users_by_t(effect)?,
                "n1_z_statsmodels": design.users_by_z(effect)?,
            }))
        }
        Kind::PowerProp { p1, p2, n1 } => Ok(json!({
            "power_cohen_h_statsmodels": design.power_by_z(power::cohen_h(p1, p2), n1)?,
            "power_pooled_statsmodels": design.power_pooled(p1, p2, n1)?,
        })),
        Kind::PowerMean { delta, sd, n1 } => {
            let effect = standardised(delta, sd)?;
            Ok(json!({"power_t_statsmodels": design.power_by_t(effect, n1)?}))
        }
        Kind::MdeMean { sd, n1 } => {
            standardised(1.0, sd)?;
            Ok(json!({"delta_t_statsmodels": design.effect_by_t(n1)? * sd}))
        }
    }
}

fn standardised(delta: f64, sd: f64) -> Result<f64, Degenerate> {
    let good = sd.is_finite() && sd > 0.0;
    if good { Ok(delta / sd) } else { Err(Degenerate::Setting("The deviation is above zero")) }
}

fn usual_power() -> f64 {
    0.8
}

fn equal() -> f64 {
    1.0
}
