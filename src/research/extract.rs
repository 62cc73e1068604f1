//! stub
use crate::evidence::Hit;
use crate::ids::PassageId;
pub struct Extract {
    pub themes: Vec<Theme>,
}
pub struct Theme {
    pub title: String,
    pub documents: usize,
    pub quotes: Vec<Quote>,
}
pub struct Quote {
    pub text: String,
    pub passage: PassageId,
    pub external_id: String,
    pub source: String,
    pub written_at: Option<jiff::Timestamp>,
}
pub fn extract(_question: &str, _hits: &[Hit]) -> Extract {
    Extract { themes: vec![] }
}
