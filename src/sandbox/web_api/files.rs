//! Uploads, in the three steps that Slack has: ask for an address, send, complete.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use super::super::Sandbox;
use super::super::files::{BYTES, StoredFile};
use super::super::message::Message;
use super::super::record::Record;
use super::{Answer, Call, chat, content};

pub fn routes() -> Router<Sandbox> {
    let limit = DefaultBodyLimit::max(BYTES + (64 << 10));
    Router::new().route("/upload/v1/{id}", post(upload).put(upload)).layer(limit)
}

pub fn get_upload_url(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let name = call.args.needed("filename", "invalid_arguments")?.to_owned();
        let length = call.args.number("length").ok_or("invalid_arguments")?;
        if length == 0 {
            return Err("file_upload_size_zero".into());
        }
        if length > BYTES {
            return Err("file_upload_size_restricted".into());
        }
        let file = StoredFile {
            id: workspace.next_id("F"),
            title: name.clone(),
            name,
            alt_txt: call.args.text("alt_txt").map(str::to_owned),
            length,
            content: Vec::new(),
            is_uploaded: false,
            is_complete: false,
            channels: Vec::new(),
            created: workspace.clock.now().as_second(),
        };
        let address = format!("{}upload/v1/{}", workspace.base, file.id);
        let answer = json!({ "upload_url": address, "file_id": file.id });
        workspace.put(Record::File(Box::new(file)));
        Ok(answer)
    })
}

pub fn complete_upload(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let files = call.args.json("files").map_err(|_| "invalid_arguments")?;
        let files = files.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
        if files.is_empty() {
            return Err("invalid_arguments".into());
        }
        let place = match call.args.text("channel_id").or(call.args.text("channels")) {
            None => None,
            Some(name) => {
                let channel = chat::visible(workspace, name)?;
                if !workspace.app_is_in(&channel) {
                    return Err("not_in_channel".into());
                }
                Some(channel)
            }
        };
        let mut ids = Vec::new();
        for given in &files {
            let id = given["id"].as_str().unwrap_or_default();
            let file = workspace.files.get(id).filter(|file| file.is_uploaded);
            let mut file = file.cloned().ok_or("file_not_found")?;
            if let Some(title) = given["title"].as_str() {
                file.title = title.to_owned();
            }
            file.is_complete = true;
            file.channels = place.iter().map(|channel| channel.id.clone()).collect();
            workspace.put(Record::File(Box::new(file)));
            ids.push(id.to_owned());
        }
        if let Some(channel) = place {
            let given = content::given(workspace, call.args)?;
            workspace.post(Message {
                channel: channel.id,
                thread_ts: chat::thread(call.args)?,
                user: workspace.seed.app.bot_user_id.clone(),
                text: call.args.text("initial_comment").unwrap_or_default().to_owned(),
                blocks: given.blocks.unwrap_or_default(),
                files: ids.clone(),
                ..Message::default()
            });
        }
        let files: Vec<Value> = ids.iter().filter_map(|id| workspace.file_object(id)).collect();
        Ok(json!({ "files": files }))
    })
}

pub fn info(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let id = call.args.needed("file", "file_not_found")?;
        let is_there = workspace.files.get(id).is_some_and(|file| file.is_complete);
        let file = workspace.file_object(id).filter(|_| is_there).ok_or("file_not_found")?;
        Ok(json!({ "file": file, "comments": [], "response_metadata": { "next_cursor": "" } }))
    })
}

pub fn delete(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let id = call.args.needed("file", "file_not_found")?.to_owned();
        if !workspace.files.contains_key(&id) {
            return Err("file_not_found".into());
        }
        workspace.put(Record::FileGone { id });
        Ok(json!({}))
    })
}

async fn upload(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let content_type = headers.get("content-type").and_then(|value| value.to_str().ok());
    let content = match content_type.and_then(boundary) {
        Some(boundary) => {
            let files = parts(&body, boundary);
            let file = files.iter().find(|part| part.is_file).or(files.first());
            file.map(|file| file.content.to_vec()).unwrap_or_default()
        }
        None => body.to_vec(),
    };
    sandbox.with(|workspace| {
        let file = workspace.files.get(&id).filter(|file| !file.is_complete).cloned();
        let Some(mut file) = file else {
            return (StatusCode::NOT_FOUND, "file_not_found").into_response();
        };
        if content.len() != file.length {
            return (StatusCode::BAD_REQUEST, "the length is not the one announced")
                .into_response();
        }
        let answer = format!("OK - {}", content.len());
        file.content = content;
        file.is_uploaded = true;
        workspace.put(Record::File(Box::new(file)));
        answer.into_response()
    })
}

/// One part of a `multipart/form-data` body.
pub struct Part<'a> {
    pub name: String,
    pub is_file: bool,
    pub content: &'a [u8],
}

/// The boundary that a `multipart/form-data` content type names.
pub fn boundary(content_type: &str) -> Option<&str> {
    let parameters = content_type.strip_prefix("multipart/form-data")?;
    let boundary = parameters.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?;
    Some(boundary.trim_matches('"'))
}

/// The parts of a body after RFC 7578; what does not parse is left out.
pub fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<Part<'a>> {
    let delimiter = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut rest = match find(body, delimiter.as_bytes()) {
        Some(start) => &body[start + delimiter.len()..],
        None => return parts,
    };
    let closing = format!("\r\n{delimiter}");
    while let Some(end) = find(rest, closing.as_bytes()) {
        let part = &rest[..end];
        rest = &rest[end + closing.len()..];
        let Some(gap) = find(part, b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&part[..gap]).into_owned();
        let name = head.split("name=\"").nth(1).and_then(|name| name.split('"').next());
        parts.push(Part {
            name: name.unwrap_or_default().to_owned(),
            is_file: head.contains("filename="),
            content: &part[gap + 4..],
        });
    }
    parts
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multipart_body_falls_into_its_parts() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x\r\n\
            Content-Disposition: form-data; name=\"f\"; filename=\"f.png\"\r\n\r\n\x00\r\n\x01\r\n--x--";
        let parts = parts(body, boundary("multipart/form-data; boundary=x").unwrap());

        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].name.as_str(), parts[0].content), ("a", b"1".as_slice()));
        assert_eq!((parts[1].is_file, parts[1].content), (true, b"\x00\r\n\x01".as_slice()));
    }
}
