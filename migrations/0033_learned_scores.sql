-- Scores that are learned from what sales said of the leads that they were given.

-- What was known of a lead when it was handed over: only that is learned from, so that nothing that was
-- filled in after the contact gives the outcome away. Null once the lead was erased.
ALTER TABLE hand_offs ADD COLUMN known jsonb;
UPDATE hand_offs
SET known = (SELECT attributes FROM lead_feedback WHERE hand_off_id = hand_offs.id ORDER BY id LIMIT 1);

-- Every version there was. None is changed.
CREATE TABLE lead_models (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    -- The hash of the model.
    version text NOT NULL,
    learned_at timestamptz NOT NULL,
    -- How many answers it was learned from, and how many said that the lead was worth it.
    answers integer NOT NULL,
    good integer NOT NULL,
    -- How it fared against the rules in the order of time, and whether it may take over.
    comparison jsonb NOT NULL,
    -- What it does not look at, and why.
    left_out jsonb NOT NULL,
    -- What its chances are in points, and the fewest points by the rules of those it has seen.
    scale jsonb NOT NULL,
    least_points integer NOT NULL,
    model bytea NOT NULL,
    CONSTRAINT lead_models_once UNIQUE (workspace_id, version)
);

-- What people chose to count; the last choice holds.
CREATE TABLE lead_model_choices (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    -- newest (whichever version is better than the rules), rules, or a version.
    choice text NOT NULL,
    chosen_by text NOT NULL,
    at timestamptz NOT NULL
);
