-- Runs say what they follow, what made their answer and how far they are; and an answer may be one
-- person's first, before anybody else reads it.

ALTER TABLE runs
    -- The run whose thread it was asked in: the subject goes on from there.
    ADD COLUMN follows bigint REFERENCES runs,
    -- What wrote the answer: 'extract', or the name of a model in the manifest.
    ADD COLUMN engine text,
    -- Why the engine is not the one that the manifest names, as the sentence that people read.
    ADD COLUMN fell_back text,
    -- What it is doing, as people read it.
    ADD COLUMN step text,
    ADD COLUMN stopped_by text,
    DROP CONSTRAINT runs_state_is_known,
    DROP CONSTRAINT runs_end_is_dated,
    ADD CONSTRAINT runs_state_is_known
        CHECK (state IN ('queued', 'running', 'done', 'empty', 'failed', 'stopped')),
    ADD CONSTRAINT runs_end_is_dated
        CHECK ((state IN ('done', 'empty', 'failed', 'stopped')) = (finished_at IS NOT NULL)),
    ADD CONSTRAINT runs_stopped_by_somebody CHECK ((state = 'stopped') = (stopped_by IS NOT NULL));

CREATE INDEX runs_by_thread ON runs (workspace_id, channel_id, thread_ts);
CREATE INDEX runs_by_agent ON runs (workspace_id, agent, requested_at);

-- What only the asker has read so far: its canonical bytes, and the channel it may be shared in. A
-- finding that is shared is a review's from then on.
ALTER TABLE findings
    ADD COLUMN private_content bytea,
    ADD COLUMN shared_at timestamptz;
