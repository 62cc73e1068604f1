//! Counters and durations, in the format that Prometheus reads.

use std::sync::Mutex;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;

/// What is counted. Names and labels never hold ids or text of people.
#[derive(Debug)]
pub struct Metrics {
    registry: Mutex<Registry>,
    deliveries: Family<Delivery, Counter>,
    rejected: Family<Reason, Counter>,
    acknowledged: Family<Kind, Histogram, fn() -> Histogram>,
    jobs: Family<JobResult, Counter>,
    job_seconds: Family<Kind, Histogram, fn() -> Histogram>,
    waiting: Family<Kind, Gauge>,
    oldest: Family<Kind, Gauge<f64, AtomicU64>>,
    slack: Family<Call, Counter>,
    slack_seconds: Family<Kind, Histogram, fn() -> Histogram>,
    connections: Family<Use, Gauge>,
    audit_pending: Gauge,
    audit_lag: Gauge<f64, AtomicU64>,
    sockets: Gauge,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Delivery {
    kind: &'static str,
    result: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Kind {
    kind: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct JobResult {
    kind: &'static str,
    result: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Call {
    method: String,
    result: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Use {
    state: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Mutex::default(),
            deliveries: Family::default(),
            rejected: Family::default(),
            acknowledged: Family::new_with_constructor(millis),
            jobs: Family::default(),
            job_seconds: Family::new_with_constructor(seconds),
            waiting: Family::default(),
            oldest: Family::default(),
            slack: Family::default(),
            slack_seconds: Family::new_with_constructor(seconds),
            connections: Family::default(),
            audit_pending: Gauge::default(),
            audit_lag: Gauge::default(),
            sockets: Gauge::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    /// A request that was turned away at the door.
    pub fn rejected(&self, reason: &'static str) {
        self.rejected.get_or_create(&Reason { reason }).inc();
    }

    /// Something Slack delivered was answered after `took`.
    pub fn answered(&self, kind: &'static str, result: &'static str, took: Duration) {
        self.deliveries.get_or_create(&Delivery { kind, result }).inc();
        self.acknowledged.get_or_create(&kind.into()).observe(took.as_secs_f64());
    }

    pub fn job_ran(&self, kind: &'static str, result: &'static str, took: Duration) {
        self.jobs.get_or_create(&JobResult { kind, result }).inc();
        self.job_seconds.get_or_create(&kind.into()).observe(took.as_secs_f64());
    }

    pub fn jobs_waiting(&self, lane: &str, count: i64, oldest_seconds: f64) {
        self.waiting.get_or_create(&lane.into()).set(count);
        self.oldest.get_or_create(&lane.into()).set(oldest_seconds);
    }

    pub fn called_slack(&self, method: &str, result: &str, took: Duration) {
        let call = Call { method: method.to_owned(), result: result.to_owned() };
        self.slack.get_or_create(&call).inc();
        self.slack_seconds.get_or_create(&method.into()).observe(took.as_secs_f64());
    }

    pub fn pool(&self, open: u32, idle: usize) {
        self.connections.get_or_create(&Use { state: "open" }).set(open.into());
        let idle = i64::try_from(idle).unwrap_or(i64::MAX);
        self.connections.get_or_create(&Use { state: "idle" }).set(idle);
    }

    pub fn audit(&self, pending: u64, lag_seconds: f64) {
        self.audit_pending.set(i64::try_from(pending).unwrap_or(i64::MAX));
        self.audit_lag.set(lag_seconds);
    }

    pub fn socket_opened(&self) {
        self.sockets.inc();
    }

    pub fn socket_closed(&self) {
        self.sockets.dec();
    }

    /// Everything, as OpenMetrics text.
    pub fn text(&self) -> String {
        let registry = self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &registry);
        text
    }

    fn register(&self) {
        let mut registry = self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let registry = registry.sub_registry_with_prefix("countersign");
        registry.register(
            "slack_deliveries",
            "What Slack delivered, by kind and result",
            self.deliveries.clone(),
        );
        registry.register(
            "rejected_requests",
            "Requests turned away at the door, by reason",
            self.rejected.clone(),
        );
        registry.register_with_unit(
            "acknowledgement",
            "From a delivery's arrival to its durable answer",
            Unit::Seconds,
            self.acknowledged.clone(),
        );
        registry.register("jobs", "Jobs that ran, by kind and result", self.jobs.clone());
        registry.register_with_unit(
            "job",
            "How long jobs ran",
            Unit::Seconds,
            self.job_seconds.clone(),
        );
        registry.register("jobs_waiting", "Jobs that wait or run, by lane", self.waiting.clone());
        registry.register_with_unit(
            "jobs_oldest",
            "Age of the oldest job that is due, by lane",
            Unit::Seconds,
            self.oldest.clone(),
        );
        registry.register("slack_calls", "Calls of Slack's methods, by result", self.slack.clone());
        registry.register_with_unit(
            "slack_call",
            "How long calls of Slack's methods took",
            Unit::Seconds,
            self.slack_seconds.clone(),
        );
        registry.register(
            "database_connections",
            "Connections of the pool, by state",
            self.connections.clone(),
        );
        registry.register(
            "audit_pending",
            "Entries that wait for their place in the log",
            self.audit_pending.clone(),
        );
        registry.register_with_unit(
            "audit_lag",
            "Age of the oldest entry that waits for its place",
            Unit::Seconds,
            self.audit_lag.clone(),
        );
        registry.register("sockets_open", "Open Socket Mode connections", self.sockets.clone());
    }
}

impl From<&str> for Kind {
    fn from(kind: &str) -> Self {
        Self { kind: kind.to_owned() }
    }
}

/// 0.5 ms to 4 s: what a person waits for.
fn millis() -> Histogram {
    Histogram::new(exponential_buckets(0.0005, 2.0, 14))
}

/// 10 ms to 160 s: what happens behind.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.01, 2.0, 15))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_can_be_read() {
        let metrics = Metrics::default();
        metrics.answered("command", "done", Duration::from_millis(3));
        metrics.called_slack("chat.postMessage", "ok", Duration::from_millis(80));

        let text = metrics.text();

        assert!(
            text.contains(r#"countersign_slack_deliveries_total{kind="command",result="done"} 1"#),
            "{text}"
        );
        assert!(
            text.contains(
                r#"countersign_slack_calls_total{method="chat.postMessage",result="ok"} 1"#
            ),
            "{text}"
        );
        assert!(text.ends_with("# EOF\n"));
    }
}
