-- Posts: the messages in Slack that we keep up to date, one for each subject and place.

CREATE TABLE posts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    -- What the message shows, like `review:12`; the message's metadata says the same.
    subject text NOT NULL,
    channel_id text NOT NULL,
    -- The thread it stands in; null in the channel itself.
    thread_ts text,
    -- Since when an attempt to post has been under way, or has an unknown outcome.
    attempted_at timestamptz,
    -- The message, once it is known to be there.
    ts text,
    -- SHA-256 of what the message shows.
    content_hash bytea,
    posted_at timestamptz,
    updated_at timestamptz,
    CONSTRAINT posts_one_per_subject_and_place
        UNIQUE NULLS NOT DISTINCT (workspace_id, subject, channel_id, thread_ts),
    CONSTRAINT posts_of_one_subject_each
        UNIQUE (workspace_id, channel_id, ts),
    CONSTRAINT posts_there_or_attempted_or_neither
        CHECK (ts IS NULL OR (attempted_at IS NULL AND posted_at IS NOT NULL)),
    CONSTRAINT posts_hash_is_sha256
        CHECK (octet_length(content_hash) = 32)
);
