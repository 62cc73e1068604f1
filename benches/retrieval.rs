//! How well the search ranks, and how fast it is.
//!
//! `COUNTERSIGN_EVAL_DATA=DIR cargo bench --bench retrieval -- [--passages N] [--k 10]`
//!
//! `DIR` holds a folder for each test collection, with one of these layouts:
//!
//! - BEIR: `corpus.jsonl` (or `.gz`), `queries.jsonl`, and judgements `qrels…test….tsv`;
//! - Cranfield: `cran.all.1400`, `cran.qry`, `cranqrel` (codes 1 to 4, best first; −1 counts as none).
//!
//! It prints nDCG (gain 2^grade − 1) and the time of a query. With `--passages N` it then imports N
//! synthetic passages, drawn from the collections' words as often as they stand there, and times
//! the same queries on them. `DATABASE_URL` names an empty database; without it a private Postgres
//! is started in a folder that is removed at the end.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on says where, and stops")]
#![expect(clippy::print_stdout, reason = "the figures are its output")]

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Parser;
use countersign::audit::Actor;
use countersign::cli;
use countersign::clock::Clock;
use countersign::database::Settings;
use countersign::database::embedded::{self, Options as Server};
use countersign::evidence::{self, Input, Question, Rights, SourceSpec};
use countersign::ids::WorkspaceId;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use sqlx::PgPool;

#[derive(Parser)]
struct Options {
    /// The folder with the test collections.
    #[arg(long, env = "COUNTERSIGN_EVAL_DATA")]
    data: Option<PathBuf>,
    #[arg(long, env = "DATABASE_URL")]
    database: Option<String>,
    /// Ranks that count.
    #[arg(long, default_value_t = 10)]
    k: usize,
    /// How many synthetic passages to time queries on.
    #[arg(long)]
    passages: Option<usize>,
    /// Cargo hands this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Documents, queries and how relevant the one is to the other.
struct Collection {
    name: String,
    /// As JSON lines.
    corpus: Vec<u8>,
    queries: Vec<(String, String)>,
    judgements: HashMap<String, HashMap<String, u32>>,
}

#[tokio::main]
async fn main() {
    let options = Options::parse();
    let Some(data) = &options.data else {
        println!(
            "COUNTERSIGN_EVAL_DATA names no folder with test collections: nothing to measure."
        );
        return;
    };
    let collections = collections(data);
    if collections.is_empty() {
        println!(
            "{} holds no test collection that this knows: nothing to measure.",
            data.display()
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (url, server) = match &options.database {
        Some(url) => (url.clone(), None),
        None => {
            let server =
                Server { data: folder.path().to_owned(), settings: vec![], binaries: None };
            let server = embedded::start_or_join(&server).await.unwrap();
            (server.url().to_owned(), Some(server))
        }
    };
    let db = cli::prepare(&Settings::new(&url)).await.unwrap();

    for collection in &collections {
        measure(&db, collection, options.k).await;
    }
    if let Some(passages) = options.passages {
        measure_speed(&db, &collections, passages).await;
    }
    db.close().await;
    if let Some(server) = server {
        server.stop().await;
    }
}

async fn measure(db: &PgPool, collection: &Collection, k: usize) {
    let workspace = workspace(db).await;
    let began = Instant::now();
    import(db, workspace, collection.corpus.clone()).await;
    let took = began.elapsed();

    let (mut sum, mut times) = (0.0, Vec::new());
    let judged: Vec<_> = collection
        .queries
        .iter()
        .filter_map(|(id, text)| Some((text, collection.judgements.get(id)?)))
        .collect();
    for (text, relevant) in &judged {
        let (found, time) = ask(db, workspace, text, k).await;
        times.push(time);
        sum += ndcg(&found, relevant, k);
    }
    println!(
        "{}: nDCG@{k} {:.4} over {} queries; import {took:.1?}; {}",
        collection.name,
        sum / judged.len() as f64,
        judged.len(),
        percentiles(times)
    );
}

async fn measure_speed(db: &PgPool, collections: &[Collection], passages: usize) {
    let workspace = workspace(db).await;
    let began = Instant::now();
    let words = Words::of(collections);
    let mut random = SmallRng::seed_from_u64(7);
    // One import, in as many parts as memory should not hold at once.
    for part in 0..passages.div_ceil(100_000) {
        let count = (passages - part * 100_000).min(100_000);
        let rows = (0..count).map(|n| words.passage(part * 100_000 + n, &mut random));
        import(db, workspace, rows.collect::<String>().into_bytes()).await;
    }
    let took = began.elapsed();
    sqlx::query("ANALYZE").execute(db).await.unwrap();

    let mut times = Vec::new();
    for (_, text) in collections.iter().flat_map(|it| it.queries.iter().take(300)) {
        times.push(ask(db, workspace, text, 10).await.1);
    }
    println!("{passages} synthetic passages: import {took:.1?}; {}", percentiles(times));
}

async fn ask(db: &PgPool, workspace: WorkspaceId, text: &str, k: usize) -> (Vec<String>, Duration) {
    let began = Instant::now();
    let rights = Rights::of_operator();
    let searched = evidence::search(db, workspace, &rights, Question::new(text, k)).await.unwrap();
    (searched.hits.into_iter().map(|it| it.external_id).collect(), began.elapsed())
}

fn ndcg(found: &[String], relevant: &HashMap<String, u32>, k: usize) -> f64 {
    let gain = |(rank, grade): (usize, u32)| {
        (f64::from(2_u32.pow(grade)) - 1.0) / (rank as f64 + 2.0).log2()
    };
    let grades = found.iter().map(|it| relevant.get(it).copied().unwrap_or_default());
    let reached: f64 = grades.take(k).enumerate().map(gain).sum();
    let mut best: Vec<u32> = relevant.values().copied().collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    let possible: f64 = best.into_iter().take(k).enumerate().map(gain).sum();
    if possible > 0.0 { reached / possible } else { 0.0 }
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    format!("a query p50 {:.1?}, p95 {:.1?}, p99 {:.1?}", at(50), at(95), at(99))
}

async fn workspace(db: &PgPool) -> WorkspaceId {
    let slack_id = format!("T{}", hex::encode(rand::random::<[u8; 8]>()));
    let id = sqlx::query_scalar(
        "INSERT INTO workspaces (slack_id, name, created_at) VALUES ($1, 'measured', now()) RETURNING id",
    )
    .bind(slack_id)
    .fetch_one(db)
    .await
    .unwrap();
    WorkspaceId(id)
}

async fn import(db: &PgPool, workspace: WorkspaceId, corpus: Vec<u8>) {
    let spec = SourceSpec { name: "corpus".to_owned(), ..SourceSpec::default() };
    let file = Input::Bytes { name: "corpus.jsonl".to_owned(), bytes: corpus.into() }.into();
    let clock = Clock::default();
    evidence::ingest_documents(db, &clock, workspace, &Actor::Bot, &spec, &file, |_| {})
        .await
        .unwrap();
}

fn collections(data: &Path) -> Vec<Collection> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(data).unwrap().map(|it| it.unwrap().path()).filter(|it| it.is_dir()).collect();
    folders.push(data.to_owned());
    folders.sort();
    folders.iter().filter_map(|it| beir(it).or_else(|| cranfield(it))).collect()
}

fn beir(folder: &Path) -> Option<Collection> {
    let corpus = match fs::read(folder.join("corpus.jsonl")) {
        Ok(corpus) => corpus,
        Err(_) => {
            let packed = folder.join("corpus.jsonl.gz");
            let unpacked =
                packed.exists().then(|| Command::new("gzip").arg("-dc").arg(packed).output());
            unpacked?.ok()?.stdout
        }
    };
    let text = fs::read_to_string(folder.join("queries.jsonl")).ok()?;
    let text_of = |value: &serde_json::Value, key: &str| value[key].as_str().map(str::to_owned);
    let queries = text.lines().filter_map(|line| {
        let query: serde_json::Value = serde_json::from_str(line).ok()?;
        Some((text_of(&query, "_id")?, text_of(&query, "text")?))
    });
    let is_judgements =
        |name: &str| name.contains("test") && name.ends_with(".tsv") && !name.contains("variant");
    let inside = [folder.to_owned(), folder.join("qrels")]
        .into_iter()
        .filter_map(|it| fs::read_dir(it).ok());
    let file = inside
        .flatten()
        .map(|it| it.unwrap().path())
        .find(|it| it.file_name().and_then(|it| it.to_str()).is_some_and(is_judgements))?;
    let mut judgements: HashMap<String, HashMap<String, u32>> = HashMap::new();
    for line in fs::read_to_string(file).ok()?.lines().skip(1) {
        let mut parts = line.split('\t');
        let (query, document) = (parts.next()?, parts.next()?);
        let grade: u32 = parts.next()?.parse().ok()?;
        judgements.entry(query.to_owned()).or_default().insert(document.to_owned(), grade);
    }
    let name = folder.file_name()?.to_string_lossy().into_owned();
    Some(Collection { name, corpus, queries: queries.collect(), judgements })
}

fn cranfield(folder: &Path) -> Option<Collection> {
    let read = |name: &str| {
        fs::read(folder.join(name)).ok().map(|it| String::from_utf8_lossy(&it).into_owned())
    };
    let mut corpus = String::new();
    for fields in smart(&read("cran.all.1400")?) {
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let (id, title, text) = (field("I"), field("T"), field("W"));
        let row = serde_json::json!({"_id": id, "title": title.replace('\n', " "), "text": text});
        writeln!(corpus, "{row}").unwrap();
    }
    // Judgements number the queries in their order, whatever their own ids.
    let queries = smart(&read("cran.qry")?)
        .into_iter()
        .enumerate()
        .map(|(position, fields)| ((position + 1).to_string(), fields["W"].clone()));
    let mut judgements: HashMap<String, HashMap<String, u32>> = HashMap::new();
    for line in read("cranqrel")?.lines() {
        let parts: Vec<&str> = line.split_whitespace().collect();
        let [query, document, code] = parts.as_slice() else { continue };
        let code: i32 = code.parse().ok()?;
        let grade = if (1..=4).contains(&code) { 5 - code.unsigned_abs() } else { 0 };
        judgements.entry((*query).to_owned()).or_default().insert((*document).to_owned(), grade);
    }
    let queries = queries.collect();
    Some(Collection {
        name: "cranfield".to_owned(),
        corpus: corpus.into_bytes(),
        queries,
        judgements,
    })
}

/// Records of SMART's form: `.I` begins one, `.T` and others begin its fields.
fn smart(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut records: Vec<BTreeMap<String, String>> = Vec::new();
    let mut field = String::new();
    for line in text.lines() {
        if let Some(id) = line.strip_prefix(".I ") {
            records.push(BTreeMap::from([("I".to_owned(), id.trim().to_owned())]));
        } else if line.len() <= 3 && line.starts_with('.') && line.trim().len() == 2 {
            field = line[1..2].to_owned();
        } else if let Some(record) = records.last_mut() {
            let value = record.entry(field.clone()).or_default();
            value.push_str(line);
            value.push('\n');
        }
    }
    records
}

/// The words of real texts, to be drawn as often as they stand there.
struct Words {
    words: Vec<String>,
    /// How many words stand before each, its own occurrences included.
    up_to: Vec<u64>,
}

impl Words {
    fn of(collections: &[Collection]) -> Self {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for collection in collections {
            let text = String::from_utf8_lossy(&collection.corpus).to_lowercase();
            for word in text.split(|it: char| !it.is_alphabetic()).filter(|it| it.len() > 1) {
                *counts.entry(word.to_owned()).or_default() += 1;
            }
        }
        let mut sum = 0;
        let (words, up_to) = counts
            .into_iter()
            .map(|(word, count)| {
                sum += count;
                (word, sum)
            })
            .unzip();
        Self { words, up_to }
    }

    /// A JSON line with 60 to 120 words.
    fn passage(&self, number: usize, random: &mut SmallRng) -> String {
        let all = self.up_to.last().copied().unwrap_or(1);
        let mut text = String::new();
        for position in 0..random.random_range(60..=120) {
            let drawn = random.random_range(0..all);
            let word = &self.words[self.up_to.partition_point(|it| *it <= drawn)];
            text.push_str(word);
            text.push_str(if position % 13 == 12 { ". " } else { " " });
        }
        format!("{{\"_id\":\"{number}\",\"text\":\"{}\"}}\n", text.trim())
    }
}
