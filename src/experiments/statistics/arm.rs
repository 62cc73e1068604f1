//! What is known of an arm of a test: how many users it had, and sums over them.
//!
//! Sums are all that a test needs, so no row of a person ever has to be kept.

use serde::{Deserialize, Serialize};

use super::degenerate::{Degenerate, Which};

/// The sums of an arm. `n` counts users (whatever was given to the one or the other arm as a whole).
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Arm {
    /// `sum` of the `n` users did it.
    Proportion { n: f64, sum: f64 },
    /// An amount or a number a user: revenue, orders, sessions.
    #[serde(alias = "count")]
    Mean { n: f64, sum: f64, sum_squares: f64 },
    /// A sum over another, such as clicks per view, where the views are not what was given out.
    Ratio { n: f64, m: Sums, d: Sums, m_d_sum_of_products: f64 },
    /// An amount, adjusted by what the same users did before the test.
    Cuped { n: f64, post: Sums, pre: Sums, post_pre_sum_of_products: f64 },
}

/// The sums of one quantity over the users of an arm.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Sums {
    Proportion {
        n: f64,
        sum: f64,
    },
    #[serde(alias = "count")]
    Mean {
        n: f64,
        sum: f64,
        sum_squares: f64,
    },
}

/// Mean and variance of an arm, as the tests need them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Moments {
    pub n: f64,
    /// Adjusted by CUPED where that is in use.
    pub mean: f64,
    pub unadjusted: f64,
    /// Of the unadjusted quantity.
    variance: f64,
    adjustment: Option<Adjustment>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Adjustment {
    theta: f64,
    variance: f64,
    covariance: f64,
}

impl Arm {
    pub fn users(&self) -> f64 {
        match self {
            Self::Proportion { n, .. }
            | Self::Mean { n, .. }
            | Self::Ratio { n, .. }
            | Self::Cuped { n, .. } => *n,
        }
    }

    /// The unadjusted mean; nothing for an arm without users, or a ratio over nothing.
    pub fn mean(&self) -> Option<f64> {
        let mean = match self {
            Self::Proportion { n, sum } | Self::Mean { n, sum, .. } => sum / n,
            Self::Ratio { m, d, .. } => m.sum() / d.sum(),
            Self::Cuped { post, .. } => post.mean(),
        };
        mean.is_finite().then_some(mean)
    }

    /// Refuses what cannot have been counted.
    pub(super) fn check(&self, which: Which) -> Result<(), Degenerate> {
        let n = self.users();
        let whole = self.numbers();
        if whole.iter().any(|it| !it.is_finite()) {
            return Err(Degenerate::NotANumber(which));
        }
        if n < 0.0 {
            return Err(Degenerate::Negative(which));
        }
        self.parts().iter().try_for_each(|it| it.check(n, which))
    }

    pub(super) fn moments(&self, theta: f64) -> Moments {
        let n = self.users();
        match *self {
            Self::Proportion { n, sum } => Moments::plain(&Sums::Proportion { n, sum }),
            Self::Mean { n, sum, sum_squares } => {
                Moments::plain(&Sums::Mean { n, sum, sum_squares })
            }
            Self::Ratio { ref m, ref d, m_d_sum_of_products, .. } => {
                let (mean, per) = (m.sum() / d.sum(), d.mean());
                let products = (m_d_sum_of_products - m.sum() * d.sum() / n) / (n - 1.0);
                // The delta method: Deng, Knoblich and Lu, KDD 2018, equation 3.
                let variance = (m.variance() - 2.0 * mean * products + mean * mean * d.variance())
                    / (per * per);
                Moments { n, mean, unadjusted: mean, variance, adjustment: None }
            }
            Self::Cuped { ref post, ref pre, post_pre_sum_of_products, .. } => {
                let covariance = covariance(post, pre, post_pre_sum_of_products);
                let adjustment = Adjustment { theta, variance: pre.variance(), covariance };
                Moments {
                    n,
                    mean: post.mean() - theta * pre.mean(),
                    unadjusted: post.mean(),
                    variance: post.variance(),
                    adjustment: (theta != 0.0).then_some(adjustment),
                }
            }
        }
    }

    pub(super) fn is_as(&self, other: &Self) -> bool {
        use Arm::{Cuped, Mean, Proportion, Ratio};
        let alike = |one: &Sums, two: &Sums| {
            matches!(one, Sums::Proportion { .. }) == matches!(two, Sums::Proportion { .. })
        };
        match (self, other) {
            (Proportion { .. }, Proportion { .. }) | (Mean { .. }, Mean { .. }) => true,
            (Ratio { m, d, .. }, Ratio { m: m2, d: d2, .. }) => alike(m, m2) && alike(d, d2),
            (Cuped { post, pre, .. }, Cuped { post: post2, pre: pre2, .. }) => {
                alike(post, post2) && alike(pre, pre2)
            }
            _ => false,
        }
    }

    fn parts(&self) -> Vec<Sums> {
        match *self {
            Self::Proportion { n, sum } => vec![Sums::Proportion { n, sum }],
            Self::Mean { n, sum, sum_squares } => vec![Sums::Mean { n, sum, sum_squares }],
            Self::Ratio { m, d, .. } => vec![m, d],
            Self::Cuped { post, pre, .. } => vec![post, pre],
        }
    }

    fn numbers(&self) -> Vec<f64> {
        let products = match self {
            Self::Ratio { m_d_sum_of_products: products, .. }
            | Self::Cuped { post_pre_sum_of_products: products, .. } => *products,
            _ => 0.0,
        };
        let parts = self.parts();
        let of_parts = parts.iter().flat_map(|it| [it.n(), it.sum(), it.sum_squares()]);
        of_parts.chain([self.users(), products]).collect()
    }
}

impl Sums {
    fn n(&self) -> f64 {
        match self {
            Self::Proportion { n, .. } | Self::Mean { n, .. } => *n,
        }
    }

    fn sum(&self) -> f64 {
        match self {
            Self::Proportion { sum, .. } | Self::Mean { sum, .. } => *sum,
        }
    }

    fn sum_squares(&self) -> f64 {
        match self {
            Self::Proportion { sum, .. } => *sum,
            Self::Mean { sum_squares, .. } => *sum_squares,
        }
    }

    fn mean(&self) -> f64 {
        self.sum() / self.n()
    }

    fn variance(&self) -> f64 {
        match self {
            Self::Proportion { .. } => self.mean() * (1.0 - self.mean()),
            Self::Mean { n, sum, sum_squares } => (sum_squares - sum * sum / n) / (n - 1.0),
        }
    }

    fn check(&self, users: f64, which: Which) -> Result<(), Degenerate> {
        match self {
            Self::Proportion { sum, .. } if *sum < 0.0 => Err(Degenerate::Negative(which)),
            Self::Mean { sum_squares, .. } if *sum_squares < 0.0 => {
                Err(Degenerate::Negative(which))
            }
            Self::Proportion { n, sum } if sum > n => Err(Degenerate::MoreThanUsers(which)),
            _ if self.n() != users => Err(Degenerate::UsersDiffer(which)),
            _ => Ok(()),
        }
    }
}

impl Moments {
    fn plain(sums: &Sums) -> Self {
        let mean = sums.mean();
        let variance = sums.variance();
        Self { n: sums.n(), mean, unadjusted: mean, variance, adjustment: None }
    }

    /// The variance of the (adjusted) quantity.
    pub(super) fn variance(&self) -> f64 {
        self.weighted(1.0)
    }

    /// The variance of `c` times the quantity, less what CUPED takes away, which is not times `c`.
    pub(super) fn weighted(&self, c: f64) -> f64 {
        let plain = c * c * self.variance;
        match &self.adjustment {
            None => plain,
            Some(Adjustment { theta, variance, covariance }) => {
                plain + theta * theta * variance - 2.0 * theta * c * covariance
            }
        }
    }
}

/// CUPED's coefficient: the regression on what was before, over both arms together (Deng, Xu, Kohavi
/// and Walker, WSDM 2013, equation 4). Zero where there is nothing to regress on.
pub(super) fn theta(a: &Arm, b: &Arm) -> f64 {
    let (
        Arm::Cuped { post, pre, post_pre_sum_of_products: products, .. },
        Arm::Cuped { post: post2, pre: pre2, post_pre_sum_of_products: products2, .. },
    ) = (a, b)
    else {
        return 0.0;
    };
    let (post, pre) = (joined(post, post2), joined(pre, pre2));
    if post.variance() <= 0.0 || pre.variance() <= 0.0 {
        return 0.0;
    }
    covariance(&post, &pre, products + products2) / pre.variance()
}

/// Over the same number as the variances are: `n` where both are proportions, else `n − 1`.
fn covariance(post: &Sums, pre: &Sums, products: f64) -> f64 {
    let n = post.n();
    let both = matches!((post, pre), (Sums::Proportion { .. }, Sums::Proportion { .. }));
    (products - post.sum() * pre.sum() / n) / if both { n } else { n - 1.0 }
}

fn joined(one: &Sums, two: &Sums) -> Sums {
    let (n, sum) = (one.n() + two.n(), one.sum() + two.sum());
    match (one, two) {
        (Sums::Proportion { .. }, Sums::Proportion { .. }) => Sums::Proportion { n, sum },
        _ => Sums::Mean { n, sum, sum_squares: one.sum_squares() + two.sum_squares() },
    }
}
