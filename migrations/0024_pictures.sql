-- Pictures that cards show: each is uploaded to Slack once, and known again by its bytes.

CREATE TABLE pictures (
    workspace_id bigint NOT NULL REFERENCES workspaces,
    sha256 bytea NOT NULL CONSTRAINT pictures_hash_is_sha256 CHECK (octet_length(sha256) = 32),
    -- Slack's id of the file.
    file_id text NOT NULL,
    uploaded_at timestamptz NOT NULL,
    CONSTRAINT pictures_once PRIMARY KEY (workspace_id, sha256)
);
