-- Summaries: one a channel and day by the clock, and those that people asked for. What one says is read
-- from the state of things when it is shown, and is not kept here.

-- The channels that the manifest names, from when each was first seen.
CREATE TABLE summary_channels (
    workspace_id bigint NOT NULL REFERENCES workspaces,
    -- As the manifest names it: #name, or Slack's id.
    channel text NOT NULL,
    -- What was due before is not made up for.
    since timestamptz NOT NULL,
    off_by text,
    off_at timestamptz,
    CONSTRAINT summary_channels_once PRIMARY KEY (workspace_id, channel),
    CONSTRAINT summary_channels_off_by_somebody CHECK ((off_by IS NULL) = (off_at IS NULL))
);

CREATE TABLE summaries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    channel text NOT NULL,
    -- In the summary's zone.
    day date NOT NULL,
    due_at timestamptz NOT NULL,
    -- When it was begun; what it says is as of then.
    made_at timestamptz NOT NULL,
    -- The person who asked for it; null where it came by the clock.
    asked_by text,
    shared_at timestamptz,
    CONSTRAINT summaries_shared_by_the_asker CHECK (shared_at IS NULL OR asked_by IS NOT NULL)
);

CREATE UNIQUE INDEX summaries_one_a_day ON summaries (workspace_id, channel, day) WHERE asked_by IS NULL;

-- What was decided in a stretch of time.
CREATE INDEX decisions_by_time ON decisions (workspace_id, decided_at) WHERE undone_at IS NULL;
