//! What the bot is worth when it is killed, when Postgres goes, and when it is told to stop.
//!
//! Here it is a process of its own, entered at the wire like everywhere. Nothing that it
//! acknowledged may be lost; what it did not acknowledge may have happened or not, but never twice.

/// Each step by its name, as a test of its own.
macro_rules! killed {
    ($($name:ident: $($at:expr),+;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                survives($($at),+).await;
            }
        )*
    };
}

mod alerts;
mod campaigns;
mod hang_up;
mod jobs;
mod leads;
mod memory;
mod people;
mod points;
mod postgres;
mod stop;
mod storm;
mod summaries;
mod trials;
