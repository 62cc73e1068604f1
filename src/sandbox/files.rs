//! Uploaded files.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::workspace::Workspace;

/// The largest upload that is taken.
pub const BYTES: usize = 20 << 20;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredFile {
    pub id: String,
    pub name: String,
    pub title: String,
    pub alt_txt: Option<String>,
    /// Announced length; the upload must have it.
    pub length: usize,
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub content: Vec<u8>,
    pub is_uploaded: bool,
    /// Completed, so that messages may show it.
    pub is_complete: bool,
    pub channels: Vec<String>,
    pub created: i64,
}

impl StoredFile {
    pub fn mimetype(&self) -> &'static str {
        match self.name.rsplit('.').next().map(str::to_lowercase).as_deref() {
            Some("png") => "image/png",
            Some("jpg" | "jpeg") => "image/jpeg",
            Some("gif") => "image/gif",
            Some("svg") => "image/svg+xml",
            Some("csv") => "text/csv",
            Some("json") => "application/json",
            Some("md") => "text/markdown",
            Some("pdf") => "application/pdf",
            Some("txt" | "log") => "text/plain",
            _ => "application/octet-stream",
        }
    }
}

impl Workspace {
    /// Slack's file object.
    pub fn file_object(&self, id: &str) -> Option<Value> {
        let file = self.files.get(id)?;
        let address = self.file_address(file);
        let mut object = json!({
            "id": file.id, "created": file.created, "timestamp": file.created,
            "name": file.name, "title": file.title, "mimetype": file.mimetype(),
            "filetype": file.name.rsplit('.').next().unwrap_or("binary"),
            "pretty_type": file.name.rsplit('.').next().unwrap_or("binary").to_uppercase(),
            "user": self.seed.app.bot_user_id, "user_team": self.seed.team_id, "editable": false,
            "size": file.content.len(), "mode": "hosted", "is_external": false,
            "external_type": "", "is_public": !file.channels.is_empty(),
            "public_url_shared": false, "display_as_bot": false, "username": "",
            "url_private": address, "url_private_download": address, "permalink": address,
            "comments_count": 0, "is_starred": false, "has_rich_preview": false,
            "file_access": "visible", "channels": file.channels, "groups": [], "ims": [],
        });
        if let Some(alt) = &file.alt_txt {
            object["alt_txt"] = json!(alt);
        }
        Some(object)
    }

    pub fn file_address(&self, file: &StoredFile) -> String {
        let mut address = self.base.clone();
        if let Ok(mut path) = address.path_segments_mut() {
            path.pop_if_empty().extend(["sandbox", "files", &file.id, &file.name]);
        }
        address.to_string()
    }

    /// Gives every image that names an uploaded file the address of that file.
    pub fn resolve_images(&self, blocks: &mut Value) {
        match blocks {
            Value::Array(items) => items.iter_mut().for_each(|item| self.resolve_images(item)),
            Value::Object(object) => {
                if let Some(file) = object.get("slack_file").and_then(|file| self.slack_file(file))
                {
                    object.insert("image_url".to_owned(), json!(self.file_address(file)));
                }
                object.values_mut().for_each(|value| self.resolve_images(value));
            }
            _ => {}
        }
    }

    /// The complete file that a `slack_file` object names by id or address.
    pub fn slack_file(&self, reference: &Value) -> Option<&StoredFile> {
        let named = match (reference["id"].as_str(), reference["url"].as_str()) {
            (Some(id), _) => self.files.get(id),
            (None, Some(url)) => self.files.values().find(|file| self.file_address(file) == url),
            (None, None) => None,
        };
        named.filter(|file| file.is_complete)
    }
}

fn to_base64<S: Serializer>(content: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(content))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let encoded = String::deserialize(deserializer)?;
    STANDARD.decode(encoded).map_err(serde::de::Error::custom)
}
