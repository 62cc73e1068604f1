-- Releases: what was approved and has left the house, and what became of it on the way.

CREATE TABLE releases (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    review_id bigint NOT NULL REFERENCES reviews,
    revision_id bigint NOT NULL REFERENCES revisions,
    -- What was decided on: whatever is sent must hash to it.
    content_hash bytea NOT NULL,
    -- What receivers are told beside the content, as it stood at the release.
    subject_kind text NOT NULL,
    subject_id bigint NOT NULL,
    title text NOT NULL,
    number integer NOT NULL,
    policies text[] NOT NULL,
    policy_version text NOT NULL,
    -- Who approved: `{"person", "groups", "at"}` each.
    approvals jsonb NOT NULL,
    released_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_by text,
    reason text,
    CONSTRAINT releases_one_per_review UNIQUE (review_id),
    CONSTRAINT releases_hash_is_sha256 CHECK (octet_length(content_hash) = 32),
    CONSTRAINT releases_are_revoked_by_somebody_for_a_reason CHECK (
        (revoked_at IS NULL) = (revoked_by IS NULL) AND (revoked_at IS NULL) = (reason IS NULL)
    )
);

CREATE INDEX releases_by_time ON releases (workspace_id, id);

-- One message to one receiver, and how far it came.
CREATE TABLE dispatches (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    release_id bigint NOT NULL REFERENCES releases,
    event text NOT NULL,
    sink text NOT NULL,
    -- By which the receiver knows a repetition: the same for every attempt.
    webhook_id text NOT NULL DEFAULT 'msg_' || replace(gen_random_uuid()::text, '-', ''),
    state text NOT NULL DEFAULT 'waiting',
    attempts integer NOT NULL DEFAULT 0,
    -- Since when an attempt is under way, or was when the process that made it ended.
    sending_since timestamptz,
    -- Where the last attempt went: a host, or a file.
    address text,
    -- What came of the last attempt that failed, as the sentence that people read.
    last_error text,
    -- When it is tried again.
    next_at timestamptz,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    -- Since when the channel knows that it did not arrive; whatever comes of it later is told there, too.
    undelivered_at timestamptz,
    CONSTRAINT dispatches_one_per_event_and_sink UNIQUE (release_id, event, sink),
    CONSTRAINT dispatches_one_per_webhook_id UNIQUE (webhook_id),
    CONSTRAINT dispatches_event_is_known CHECK (event IN ('released', 'revoked')),
    CONSTRAINT dispatches_sink_is_known CHECK (sink IN ('webhook', 'outbox')),
    CONSTRAINT dispatches_state_is_known CHECK (state IN ('waiting', 'delivered', 'dead', 'cancelled')),
    CONSTRAINT dispatches_end_is_dated CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CONSTRAINT dispatches_under_way_wait CHECK (sending_since IS NULL OR state = 'waiting'),
    CONSTRAINT dispatches_dead_say_why CHECK (state <> 'dead' OR last_error IS NOT NULL)
);

-- What was approved and is not what was decided on any more. One row a revision, so that it is told once.
CREATE TABLE release_refusals (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    review_id bigint NOT NULL REFERENCES reviews,
    revision_id bigint NOT NULL REFERENCES revisions,
    refused_at timestamptz NOT NULL,
    CONSTRAINT release_refusals_one_per_revision UNIQUE (review_id, revision_id)
);
