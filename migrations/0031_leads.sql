-- Leads: people who may buy, what they did, what that is worth, and what sales made of it.

CREATE TABLE leads (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    -- Personal data, each null where it is not known or was erased. Nowhere else is any of it kept.
    email text,
    name text,
    phone text,
    company text,
    territory text,
    source text,
    campaign text,
    -- What scoring reads, by name. Emptied when a lead is erased.
    attributes jsonb NOT NULL DEFAULT '{}',
    -- As of when each field is known, in milliseconds: what was overtaken on its way changes nothing.
    known_as_of jsonb NOT NULL DEFAULT '{}',
    -- Null where nobody said.
    consent boolean,
    do_not_contact boolean NOT NULL DEFAULT false,
    stage text NOT NULL DEFAULT 'new',
    points integer NOT NULL DEFAULT 0,
    reasons jsonb NOT NULL DEFAULT '[]',
    -- What scored it: rules and the version of the manifest that holds them.
    score_version text,
    scored_at timestamptz,
    -- Whether something changed since it was scored.
    is_stale boolean NOT NULL DEFAULT true,
    -- Whether its stay above the threshold has led to a hand-off.
    is_handed_over boolean NOT NULL DEFAULT false,
    added_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    erased_at timestamptz,
    merged_into bigint,
    CONSTRAINT leads_in_workspace UNIQUE (id, workspace_id),
    CONSTRAINT leads_merged_in_workspace
        FOREIGN KEY (merged_into, workspace_id) REFERENCES leads (id, workspace_id),
    CONSTRAINT leads_stage_is_known
        CHECK (stage IN ('new', 'mql', 'sal', 'sql', 'customer', 'returned', 'lost')),
    CONSTRAINT leads_email_is_plain CHECK (email = lower(email)),
    CONSTRAINT leads_erased_are_empty CHECK (
        (erased_at IS NULL AND merged_into IS NULL)
        OR (email IS NULL AND name IS NULL AND phone IS NULL AND attributes = '{}')
    )
);

CREATE UNIQUE INDEX leads_one_per_email ON leads (workspace_id, email) WHERE email IS NOT NULL;
CREATE INDEX leads_to_score ON leads (workspace_id, id) WHERE is_stale;
CREATE INDEX leads_to_hand_over ON leads (workspace_id, points DESC) WHERE NOT is_handed_over;

-- What other systems call a lead. A lead that was erased keeps them, so that it does not come back.
CREATE TABLE lead_keys (
    workspace_id bigint NOT NULL,
    system text NOT NULL,
    external_id text NOT NULL,
    lead_id bigint NOT NULL,
    CONSTRAINT lead_keys_one_lead PRIMARY KEY (workspace_id, system, external_id),
    CONSTRAINT lead_keys_of_lead
        FOREIGN KEY (lead_id, workspace_id) REFERENCES leads (id, workspace_id)
);

CREATE INDEX lead_keys_by_lead ON lead_keys (lead_id);

CREATE TABLE lead_activities (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL,
    lead_id bigint NOT NULL,
    kind text NOT NULL,
    detail text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT lead_activities_once UNIQUE (lead_id, at, kind, detail),
    CONSTRAINT lead_activities_of_lead
        FOREIGN KEY (lead_id, workspace_id) REFERENCES leads (id, workspace_id)
);

-- Two that turned out to be one. The row stays; what was merged is empty and points to what was kept.
CREATE TABLE lead_merges (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL,
    kept_id bigint NOT NULL,
    merged_id bigint NOT NULL,
    -- By what they were known for one: email, crm.
    because text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT lead_merges_once UNIQUE (merged_id),
    CONSTRAINT lead_merges_kept
        FOREIGN KEY (kept_id, workspace_id) REFERENCES leads (id, workspace_id),
    CONSTRAINT lead_merges_merged
        FOREIGN KEY (merged_id, workspace_id) REFERENCES leads (id, workspace_id)
);

-- Every number that a lead's score was, with its reasons.
CREATE TABLE lead_scores (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL,
    lead_id bigint NOT NULL,
    points integer NOT NULL,
    reasons jsonb NOT NULL,
    version text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT lead_scores_of_lead
        FOREIGN KEY (lead_id, workspace_id) REFERENCES leads (id, workspace_id)
);

CREATE INDEX lead_scores_by_lead ON lead_scores (lead_id, id);
