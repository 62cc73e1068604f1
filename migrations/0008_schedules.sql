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
