-- What people say of what was made: useful or not, and disputes with their reason. Deciding is another
-- thing: anyone of the workspace may say so, and nothing follows from it but what the scorecards say.

-- One row each time somebody says something. A row is never taken out: what does not stand any more has
-- an end.
CREATE TABLE opinions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    subject_kind text NOT NULL,
    subject_id bigint NOT NULL,
    -- The text that the person had before them.
    revision_id bigint REFERENCES revisions,
    -- Whoever made it; null where a person put up their own work.
    agent text,
    person_id text NOT NULL,
    kind text NOT NULL,
    -- Why it is disputed, and which part of it, as its kind of subject names its parts.
    reason text,
    reason_erased_at timestamptz,
    part text,
    said_at timestamptz NOT NULL,
    -- When it was taken back, or another took its place.
    ended_at timestamptz,
    CONSTRAINT opinions_subject_is_known
        CHECK (subject_kind IN ('finding', 'draft', 'test_plan', 'hand_off', 'budget_change')),
    CONSTRAINT opinions_kind_is_known CHECK (kind IN ('useful', 'not_useful', 'disputed')),
    CONSTRAINT opinions_disputes_say_why
        CHECK ((kind = 'disputed') = (reason IS NOT NULL OR reason_erased_at IS NOT NULL)),
    CONSTRAINT opinions_reason_is_there_or_erased CHECK (reason IS NULL OR reason_erased_at IS NULL),
    CONSTRAINT opinions_end_later CHECK (ended_at >= said_at)
);

-- A person finds a thing useful or not, and may dispute it: one of each at a time.
CREATE UNIQUE INDEX opinions_one_at_a_time
    ON opinions (workspace_id, subject_kind, subject_id, person_id, (kind = 'disputed'))
    WHERE ended_at IS NULL;
CREATE INDEX opinions_by_agent ON opinions (workspace_id, agent, said_at) WHERE agent IS NOT NULL;
CREATE INDEX opinions_by_person ON opinions (workspace_id, person_id) WHERE reason IS NOT NULL;
