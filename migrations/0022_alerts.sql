-- Alerts: what moved in the numbers and is worth a card, and what people did about it.

CREATE TABLE alerts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    -- What it is about: a campaign of a source; * stands for several of them at once.
    source text NOT NULL,
    campaign text NOT NULL,
    cause text NOT NULL,
    -- What was found, the worst first, with what did not move; as of the last inspection.
    picture jsonb NOT NULL,
    -- The route of the manifest as it stood when the alert was opened.
    route jsonb NOT NULL,
    -- The name of the state, and the state with who and when.
    state text NOT NULL DEFAULT 'open',
    state_says jsonb NOT NULL DEFAULT '{"kind": "open"}',
    opened_at timestamptz NOT NULL,
    -- The end of the quiet hours in which it was opened, until which nobody is called.
    quiet_until timestamptz,
    called_at timestamptz,
    escalated_at timestamptz,
    -- When something is due next: a call, an escalation, the end of a snooze.
    next_at timestamptz,
    CONSTRAINT alerts_in_workspace UNIQUE (id, workspace_id),
    CONSTRAINT alerts_state_is_known
        CHECK (state IN ('open', 'acknowledged', 'snoozed', 'resolved', 'ended', 'not_useful')),
    CONSTRAINT alerts_state_is_told CHECK (state_says ->> 'kind' = state)
);

-- One open alert per fingerprint.
CREATE UNIQUE INDEX alerts_one_open ON alerts (workspace_id, source, campaign, cause)
    WHERE state IN ('open', 'acknowledged', 'snoozed');
CREATE INDEX alerts_due ON alerts (workspace_id, next_at) WHERE next_at IS NOT NULL;

-- What happened to an alert. No row goes; what was undone says so.
CREATE TABLE alert_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL,
    alert_id bigint NOT NULL,
    what text NOT NULL,
    -- Null where it happened by itself.
    person_id text,
    -- Why, as the person wrote it; null where nothing was asked, or it was erased.
    reason text,
    at timestamptz NOT NULL,
    -- The state before, which an undo brings back; null where the state stayed.
    before jsonb,
    undone_at timestamptz,
    CONSTRAINT alert_events_of_alert
        FOREIGN KEY (alert_id, workspace_id) REFERENCES alerts (id, workspace_id)
);

CREATE INDEX alert_events_by_alert ON alert_events (alert_id, id);
