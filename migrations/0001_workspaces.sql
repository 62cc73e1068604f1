-- Workspaces: every row of every other table belongs to one of these.

CREATE TABLE workspaces (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Slack's `T…`, or `E…` where an organisation installed the app once for all its workspaces.
    slack_id text NOT NULL CONSTRAINT workspaces_one_per_slack_id UNIQUE,
    name text NOT NULL,
    created_at timestamptz NOT NULL
);

-- What Slack delivered and we have acted on, by Slack's own ids, so that a repeat does nothing.
CREATE TABLE deliveries (
    workspace_id bigint NOT NULL REFERENCES workspaces,
    key text NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT deliveries_acted_on_once PRIMARY KEY (workspace_id, key)
);

CREATE INDEX deliveries_by_age ON deliveries (received_at);
