-- Campaigns: a brief that somebody gave, and the drafts that the content agent writes from it. What a
-- draft says stands in its revisions; who decides, and how it stands, in its review.

CREATE TABLE campaigns (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    -- As it was given, without what was erased of it.
    brief jsonb NOT NULL,
    erased_at timestamptz,
    -- How many versions of each draft are written, to choose from.
    versions smallint NOT NULL,
    -- The drafts that it asks for; once it ended, those that there are. By this a channel's day fills up.
    pieces integer NOT NULL,
    requested_by text NOT NULL,
    channel_id text NOT NULL,
    thread_ts text,
    requested_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'queued',
    finished_at timestamptz,
    -- Why it ended before all was written, as the sentence that people read.
    remark text,
    stopped_by text,
    CONSTRAINT campaigns_versions_are_few CHECK (versions BETWEEN 1 AND 3),
    CONSTRAINT campaigns_state_is_known CHECK (state IN ('queued', 'writing', 'done', 'failed', 'stopped')),
    CONSTRAINT campaigns_end_is_dated
        CHECK ((state IN ('done', 'failed', 'stopped')) = (finished_at IS NOT NULL)),
    CONSTRAINT campaigns_failed_say_why CHECK ((state = 'failed') = (remark IS NOT NULL)),
    CONSTRAINT campaigns_stopped_by_somebody CHECK ((state = 'stopped') = (stopped_by IS NOT NULL))
);

CREATE INDEX campaigns_by_channel ON campaigns (workspace_id, channel_id, requested_at);
CREATE INDEX campaigns_by_person ON campaigns (workspace_id, requested_by, id);

CREATE TABLE drafts (
    -- The numbers of proposals and drafts are of one sequence, for both are put up as drafts.
    id bigint PRIMARY KEY DEFAULT nextval('proposals_id_seq'),
    workspace_id bigint NOT NULL REFERENCES workspaces,
    campaign_id bigint NOT NULL REFERENCES campaigns,
    -- Names of the brand kit.
    channel text NOT NULL,
    audience text NOT NULL,
    -- What was written to choose from, A first.
    versions jsonb NOT NULL,
    -- Once it is approved: how many words people changed, of those that the agent wrote.
    words_changed integer,
    words integer,
    CONSTRAINT drafts_one_of_each UNIQUE (campaign_id, channel, audience),
    CONSTRAINT drafts_effort_is_whole CHECK ((words_changed IS NULL) = (words IS NULL))
);
