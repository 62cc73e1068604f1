-- What happens when, the daily checkpoints that people keep, the manifests there were, and what was erased.

-- When each thing of the table in src/schedule/ happens next. Every replica looks; one of them acts.
CREATE TABLE schedules (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    name text NOT NULL,
    cron text NOT NULL,
    -- IANA name. Local time is computed by the service, never here.
    zone text NOT NULL,
    next_at timestamptz NOT NULL,
    CONSTRAINT schedules_one_per_name UNIQUE (workspace_id, name)
);

-- One checkpoint of the audit trail a day, chosen before it is shown anywhere.
CREATE TABLE daily_checkpoints (
    workspace_id bigint NOT NULL REFERENCES workspaces,
    -- In the team's zone.
    day date NOT NULL,
    note text NOT NULL,
    -- When it was in the channel.
    published_at timestamptz,
    CONSTRAINT daily_checkpoints_one_a_day PRIMARY KEY (workspace_id, day)
);

-- Every text of the manifest that was in force, by the version that decisions name.
CREATE TABLE manifests (
    workspace_id bigint NOT NULL REFERENCES workspaces,
    version text NOT NULL,
    text text NOT NULL,
    -- When it last came into force: the newest is the one in force.
    adopted_at timestamptz NOT NULL,
    CONSTRAINT manifests_one_per_version PRIMARY KEY (workspace_id, version)
);

-- What a person wrote can be erased. That something stood there stays known, and when it went.
ALTER TABLE decisions ADD COLUMN comment_erased_at timestamptz;
ALTER TABLE decisions DROP CONSTRAINT decisions_against_say_why;
ALTER TABLE decisions ADD CONSTRAINT decisions_against_say_why
    CHECK (verdict = 'approve' OR comment IS NOT NULL OR comment_erased_at IS NOT NULL);
ALTER TABLE decisions ADD CONSTRAINT decisions_comment_there_or_erased
    CHECK (comment IS NULL OR comment_erased_at IS NULL);

ALTER TABLE runs ADD COLUMN question_erased_at timestamptz;
ALTER TABLE runs ALTER COLUMN question DROP NOT NULL;
ALTER TABLE runs ADD CONSTRAINT runs_question_there_or_erased
    CHECK ((question IS NULL) = (question_erased_at IS NOT NULL));

ALTER TABLE reviews ADD COLUMN title_erased_at timestamptz;
