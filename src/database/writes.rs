//! Several writes as one statement.
//!
//! A transaction of five statements takes seven round trips, and in each of them both sides fall
//! asleep and are woken up, which costs more than the writing. A statement with data-modifying CTEs
//! is a transaction of its own: it takes one round trip, and leaves nothing open when whoever sent it
//! goes away.
//!
//! Every room adds the CTEs on its own tables, with parameters from `$1` on; `#` in a name becomes a
//! number that no other part has:
//!
//! ```
//! let mut writes = countersign::database::Writes::default();
//! writes.given("UPDATE pages SET text = $1 WHERE id = $2 RETURNING id").bind("new").bind(7_i64);
//! writes.add("change# AS (INSERT INTO changes (page) SELECT id FROM given)");
//! ```
//!
//! **Invariant:** all of it happens, or nothing. Every part takes its rows `FROM given`, which has one
//! row, or none where the condition does not hold.

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::{Arguments as _, AssertSqlSafe, Encode, Postgres, Row as _, Type};

/// Writes that happen together, once they are committed.
#[derive(Default)]
pub struct Writes {
    given: String,
    parts: String,
    calls: String,
    /// How many parts there are.
    part: usize,
    /// Parameters of the parts before the last one.
    before: usize,
    arguments: PgArguments,
    unfit: Option<BoxDynError>,
}

impl Writes {
    /// The condition of it all: a statement that returns a row where it holds.
    pub fn given(&mut self, condition: &'static str) -> &mut Self {
        self.before = self.arguments.len();
        self.given = self.numbered(condition);
        self
    }

    /// One or more CTEs, each with its name.
    pub fn add(&mut self, part: &'static str) -> &mut Self {
        self.part += 1;
        self.before = self.arguments.len();
        let part = self.numbered(part);
        self.parts.push_str(",\n");
        self.parts.push_str(&part);
        self
    }

    /// A query for what the functions in it do, with the names and the parameters of the last part.
    pub fn call(&mut self, query: &'static str) -> &mut Self {
        let query = self.numbered(query);
        self.calls.push_str(",\n(SELECT count(*) FROM (");
        self.calls.push_str(&query);
        self.calls.push_str(") AS called)");
        self
    }

    /// The next parameter of the last part.
    pub fn bind<'q, T>(&mut self, value: T) -> &mut Self
    where
        T: Encode<'q, Postgres> + Type<Postgres>,
    {
        if let Err(error) = self.arguments.add(value) {
            self.unfit.get_or_insert(error);
        }
        self
    }

    /// Does all of it. False, and nothing is done, where the condition does not hold.
    pub async fn commit(self, db: &mut PgConnection) -> sqlx::Result<bool> {
        if let Some(error) = self.unfit {
            return Err(sqlx::Error::Encode(error));
        }
        let given = if self.given.is_empty() { "SELECT" } else { &self.given };
        let statement = format!(
            "WITH given AS (\n{given}\n){}\nSELECT EXISTS (SELECT FROM given){}",
            self.parts, self.calls
        );
        // The text comes from the code alone; what anyone wrote is in the parameters.
        let query = sqlx::query_with(AssertSqlSafe(statement), self.arguments);
        query.fetch_one(db).await?.try_get(0)
    }

    /// Gives the parameters and names of a part their numbers in the whole.
    fn numbered(&self, part: &str) -> String {
        let mut text = String::with_capacity(part.len() + 16);
        let mut rest = part;
        while let Some(at) = rest.find(['$', '#']) {
            let (before, after) = rest.split_at(at);
            text.push_str(before);
            let digits = after[1..].bytes().take_while(u8::is_ascii_digit).count();
            match after[1..=digits].parse::<usize>() {
                Ok(number) => text.push_str(&format!("${}", number + self.before)),
                Err(_) => text.push_str(&self.part.to_string()),
            }
            rest = &after[1 + digits..];
        }
        text.push_str(rest);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_numbered_apart() {
        let mut writes = Writes::default();
        writes.given("UPDATE pages SET text = $2 WHERE id = $1 RETURNING id").bind(7_i64).bind("x");
        writes.add("note# AS (INSERT INTO notes SELECT $1 FROM given)").bind("first");
        writes.add("note# AS (INSERT INTO notes SELECT $1, $2 FROM given)").bind("second").bind(1);
        writes.call("SELECT tell($2) FROM note#");

        assert_eq!(writes.given, "UPDATE pages SET text = $2 WHERE id = $1 RETURNING id");
        assert_eq!(
            writes.parts,
            ",\nnote1 AS (INSERT INTO notes SELECT $3 FROM given)\
             ,\nnote2 AS (INSERT INTO notes SELECT $4, $5 FROM given)"
        );
        assert_eq!(
            writes.calls,
            ",\n(SELECT count(*) FROM (SELECT tell($5) FROM note2) AS called)"
        );
    }
}
