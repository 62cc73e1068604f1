//! What a server answers to a request.

use reqwest::RequestBuilder;
use serde_json::Value;

/// The status, and the body as JSON.
pub async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// The status, and why.
pub async fn refusal(request: RequestBuilder) -> String {
    let (status, body) = answer(request).await;
    format!("{status} {}", body["error"].as_str().unwrap())
}
