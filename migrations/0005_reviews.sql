-- Runs of agents, what they produced, and what people decided on it.

CREATE TABLE runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    agent text NOT NULL,
    question text NOT NULL,
    requested_by text NOT NULL,
    channel_id text NOT NULL,
    thread_ts text,
    requested_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'queued',
    started_at timestamptz,
    finished_at timestamptz,
    -- Why a run ended without a finding, as the sentence that people read.
    remark text,
    CONSTRAINT runs_state_is_known CHECK (state IN ('queued', 'running', 'done', 'empty', 'failed')),
    CONSTRAINT runs_end_is_dated CHECK ((state IN ('done', 'empty', 'failed')) = (finished_at IS NOT NULL)),
    CONSTRAINT runs_without_finding_say_why CHECK ((state IN ('empty', 'failed')) = (remark IS NOT NULL))
);

CREATE INDEX runs_by_person ON runs (workspace_id, requested_by, id);

CREATE TABLE findings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    run_id bigint NOT NULL REFERENCES runs,
    CONSTRAINT findings_one_per_run UNIQUE (run_id)
);

-- One row for each state that a text was in. Rows are only added.
CREATE TABLE revisions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    subject_kind text NOT NULL,
    subject_id bigint NOT NULL,
    number integer NOT NULL,
    -- The canonical bytes that decisions are bound to, and their SHA-256.
    content bytea NOT NULL,
    content_hash bytea NOT NULL GENERATED ALWAYS AS (sha256(content)) STORED,
    -- Which agent, engine, prompt and data made it.
    provenance jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT revisions_subject_is_known CHECK (subject_kind IN ('finding')),
    CONSTRAINT revisions_numbered_per_subject UNIQUE (subject_kind, subject_id, number)
);

CREATE TABLE reviews (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    revision_id bigint NOT NULL REFERENCES revisions,
    -- What lists call it.
    title text NOT NULL,
    -- The policy as it stood when the review was opened: groups with counts, rejections that end it.
    policy text NOT NULL,
    policy_version text NOT NULL,
    needs jsonb NOT NULL,
    rejections integer NOT NULL,
    requested_by text NOT NULL,
    channel_id text NOT NULL,
    thread_ts text,
    state text NOT NULL DEFAULT 'open',
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    CONSTRAINT reviews_one_per_revision UNIQUE (revision_id),
    CONSTRAINT reviews_state_is_known CHECK (state IN ('open', 'approved', 'changes_requested', 'rejected')),
    CONSTRAINT reviews_end_is_dated CHECK ((state = 'open') = (closed_at IS NULL))
);

CREATE INDEX reviews_open ON reviews (workspace_id, opened_at) WHERE state = 'open';
CREATE INDEX reviews_by_requester ON reviews (workspace_id, requested_by, id);

CREATE TABLE decisions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    review_id bigint NOT NULL REFERENCES reviews,
    revision_id bigint NOT NULL REFERENCES revisions,
    person_id text NOT NULL,
    verdict text NOT NULL,
    -- The groups of the policy in which the person was at that moment.
    groups text[] NOT NULL,
    comment text,
    content_hash bytea NOT NULL,
    policy_version text NOT NULL,
    decided_at timestamptz NOT NULL,
    CONSTRAINT decisions_verdict_is_known CHECK (verdict IN ('approve', 'request_changes', 'reject')),
    CONSTRAINT decisions_against_say_why CHECK ((verdict = 'approve') OR (comment IS NOT NULL)),
    CONSTRAINT decisions_one_per_person UNIQUE (review_id, revision_id, person_id)
);
