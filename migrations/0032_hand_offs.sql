-- Hand-offs: leads that were given to sales, and what became of each.

CREATE TABLE hand_offs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL,
    lead_id bigint NOT NULL,
    -- The score with which it crossed the threshold.
    points integer NOT NULL,
    threshold integer NOT NULL,
    score_version text NOT NULL,
    -- The name of the state, and the state with who and when.
    state text NOT NULL DEFAULT 'waiting',
    state_says jsonb NOT NULL DEFAULT '{"kind": "waiting"}',
    -- Whom it was given to or who has claimed it; null where the group as a whole is asked.
    owner_id text,
    -- Since when, and who was asked before without an answer.
    owned_since timestamptz NOT NULL,
    asked text[] NOT NULL DEFAULT '{}',
    opened_at timestamptz NOT NULL,
    -- By when somebody is to claim it.
    due_at timestamptz,
    claimed_at timestamptz,
    reminded_at timestamptz,
    escalated_at timestamptz,
    -- When something is due next: a reminder, another owner, the end of a snooze.
    next_at timestamptz,
    CONSTRAINT hand_offs_in_workspace UNIQUE (id, workspace_id),
    CONSTRAINT hand_offs_of_lead
        FOREIGN KEY (lead_id, workspace_id) REFERENCES leads (id, workspace_id),
    CONSTRAINT hand_offs_state_is_known CHECK (
        state IN ('waiting', 'claimed', 'qualified', 'snoozed', 'returned', 'won', 'lost', 'gone')
    ),
    CONSTRAINT hand_offs_state_is_told CHECK (state_says ->> 'kind' = state)
);

CREATE UNIQUE INDEX hand_offs_one_open ON hand_offs (workspace_id, lead_id)
    WHERE state IN ('waiting', 'claimed', 'qualified', 'snoozed');
CREATE INDEX hand_offs_due ON hand_offs (workspace_id, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX hand_offs_by_lead ON hand_offs (lead_id, id);

-- What happened to a hand-off. No row goes; what was undone says so.
CREATE TABLE hand_off_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL,
    hand_off_id bigint NOT NULL,
    what text NOT NULL,
    -- Null where it happened by itself.
    person_id text,
    -- Why, as the person wrote it; null where nothing was said, or it was erased.
    reason text,
    at timestamptz NOT NULL,
    -- The hand-off before, which an undo brings back; null where it stayed as it was.
    before jsonb,
    undone_at timestamptz,
    CONSTRAINT hand_off_events_of_hand_off
        FOREIGN KEY (hand_off_id, workspace_id) REFERENCES hand_offs (id, workspace_id)
);

CREATE INDEX hand_off_events_by_hand_off ON hand_off_events (hand_off_id, id);

-- What sales said of a lead by what it did, for scores to learn from.
CREATE TABLE lead_feedback (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL,
    lead_id bigint NOT NULL,
    hand_off_id bigint NOT NULL,
    event_id bigint NOT NULL REFERENCES hand_off_events,
    outcome text NOT NULL,
    -- Why it was returned.
    code text,
    points integer NOT NULL,
    -- What was known of the lead at that time; null once the lead was erased.
    attributes jsonb,
    source text,
    campaign text,
    at timestamptz NOT NULL,
    undone_at timestamptz,
    CONSTRAINT lead_feedback_outcome_is_known
        CHECK (outcome IN ('accepted', 'returned', 'qualified', 'won', 'lost')),
    CONSTRAINT lead_feedback_return_says_why CHECK ((outcome = 'returned') = (code IS NOT NULL)),
    CONSTRAINT lead_feedback_of_lead
        FOREIGN KEY (lead_id, workspace_id) REFERENCES leads (id, workspace_id),
    CONSTRAINT lead_feedback_of_hand_off
        FOREIGN KEY (hand_off_id, workspace_id) REFERENCES hand_offs (id, workspace_id)
);

CREATE INDEX lead_feedback_by_lead ON lead_feedback (lead_id) WHERE undone_at IS NULL;
CREATE INDEX lead_feedback_by_time ON lead_feedback (workspace_id, at) WHERE undone_at IS NULL;
