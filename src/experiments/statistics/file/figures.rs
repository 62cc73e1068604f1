//! The sums of each kind of metric, by their names in files.

use std::collections::BTreeMap;

use crate::experiments::statistics::arm::{Arm, Sums};
use crate::experiments::statistics::plan::Kind;

/// Sums by their names.
pub type Figures = BTreeMap<String, f64>;

/// What a kind needs besides the users: of a ratio, the sums of what is above and (`per_…`) below, and
/// of their products.
pub fn of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Conversion => &["conversions"],
        Kind::Count | Kind::Revenue => &["sum", "sum_squares"],
        Kind::Ratio => &["sum", "sum_squares", "per_sum", "per_sum_squares", "products"],
    }
}

/// The same users before the test, by which counts and revenue are adjusted (CUPED) where all three
/// are there.
pub const BEFORE: &[&str] = &["before_sum", "before_sum_squares", "before_products"];

/// The arm that has these figures.
pub fn arm(kind: Kind, users: f64, figures: &Figures) -> Result<Arm, String> {
    let mut values = Vec::new();
    for name in of(kind) {
        let value = figures.get(*name).copied();
        values.push(value.ok_or_else(|| {
            format!(
                "{name:?} is missing; of this kind, an arm has users and {}",
                of(kind).join(", ")
            )
        })?);
    }
    let before: Vec<f64> = BEFORE.iter().filter_map(|it| figures.get(*it).copied()).collect();
    let adjusts = matches!(kind, Kind::Count | Kind::Revenue);
    let known = |name: &String| {
        name == "users"
            || of(kind).contains(&name.as_str())
            || (adjusts && BEFORE.contains(&name.as_str()))
    };
    if let Some(stranger) = figures.keys().find(|it| !known(it)) {
        return Err(format!(
            "{stranger:?} is no figure of this kind, which are users and {}",
            of(kind).join(", ")
        ));
    }
    let n = users;
    Ok(match (kind, values.as_slice(), before.as_slice()) {
        (Kind::Conversion, [sum], _) => Arm::Proportion { n, sum: *sum },
        (Kind::Ratio, [sum, sum_squares, per, per_squares, products], _) => Arm::Ratio {
            n,
            m: Sums::Mean { n, sum: *sum, sum_squares: *sum_squares },
            d: Sums::Mean { n, sum: *per, sum_squares: *per_squares },
            m_d_sum_of_products: *products,
        },
        (_, [sum, sum_squares], [before, before_squares, products]) => Arm::Cuped {
            n,
            post: Sums::Mean { n, sum: *sum, sum_squares: *sum_squares },
            pre: Sums::Mean { n, sum: *before, sum_squares: *before_squares },
            post_pre_sum_of_products: *products,
        },
        (_, [sum, sum_squares], []) => Arm::Mean { n, sum: *sum, sum_squares: *sum_squares },
        _ => {
            return Err(format!("to adjust by what was before takes all of {}", BEFORE.join(", ")));
        }
    })
}
