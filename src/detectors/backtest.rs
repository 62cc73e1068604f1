//! What a rule would have said about the past, by the code that judges the present.

use super::unusual::{Judged, Watch, step_of};
use super::{Bad, DAY_S, Point};

/// One series, judged from its first reading to its last.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    pub step_s: i64,
    pub judged: Vec<Judged>,
}

impl Run {
    /// Strictly in the order given: a point is judged before the next one is looked at.
    pub fn of(points: &[Point], bad: Bad, least: f64) -> Self {
        let step_s = step_of(points.iter().map(|it| it.at));
        let mut watch = Watch::new(step_s, bad, least);
        Self { step_s, judged: points.iter().map(|it| watch.next(*it)).collect() }
    }

    pub fn messages(&self) -> usize {
        self.judged.iter().filter(|it| it.fires).count()
    }

    pub fn weeks(&self) -> f64 {
        let (Some(first), Some(last)) = (self.judged.first(), self.judged.last()) else {
            return 0.0;
        };
        (last.at - first.at + self.step_s) as f64 / (7 * DAY_S) as f64
    }
}
