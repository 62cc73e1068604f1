-- Tests of one thing against another: their plans, what was counted, and how they were decided.

-- A decision about a running test (ship, stop) is put up for review like everything else.
ALTER TABLE revisions
    DROP CONSTRAINT revisions_subject_is_known,
    ADD CONSTRAINT revisions_subject_is_known
        CHECK (subject_kind IN ('finding', 'draft', 'test_plan', 'hand_off', 'budget_change', 'test_decision'));
ALTER TABLE opinions
    DROP CONSTRAINT opinions_subject_is_known,
    ADD CONSTRAINT opinions_subject_is_known
        CHECK (subject_kind IN ('finding', 'draft', 'test_plan', 'hand_off', 'budget_change', 'test_decision'));

-- What a plan says stands in its revisions; who asked, where, and whether it is approved, in its review.
CREATE TABLE experiments (
    -- From the sequence of the proposals: both are test plans, and neither is taken for the other.
    id bigint PRIMARY KEY DEFAULT nextval('proposals_id_seq'),
    workspace_id bigint NOT NULL REFERENCES workspaces,
    created_at timestamptz NOT NULL,
    -- The running test that this plan is to take the place of.
    instead_of bigint REFERENCES experiments,
    -- From its approval on: which revision is in force, with its hash, and the first day that counts.
    started_at timestamptz,
    starts_on date,
    revision_id bigint REFERENCES revisions,
    content_hash bytea CONSTRAINT experiments_hash_is_whole CHECK (length(content_hash) = 32),
    -- The one source that its counts come from, once some came.
    source text,
    -- When the newest counts came in.
    counted_at timestamptz,
    -- When its card is looked at again, so that it says what day it is and what has not come.
    look_at timestamptz,
    -- Its end: by an approved decision, or by the plan that took its place.
    ended_at timestamptz,
    ended_by bigint,
    replaced_by bigint REFERENCES experiments,
    CONSTRAINT experiments_in_workspace UNIQUE (id, workspace_id),
    CONSTRAINT experiments_start_as_a_whole CHECK (
        (started_at IS NULL) = (starts_on IS NULL) AND (started_at IS NULL) = (revision_id IS NULL)
        AND (started_at IS NULL) = (content_hash IS NULL)
    ),
    CONSTRAINT experiments_end_after_the_start CHECK (ended_at >= started_at),
    CONSTRAINT experiments_end_by_something
        CHECK ((ended_at IS NULL) = (ended_by IS NULL AND replaced_by IS NULL))
);

CREATE INDEX experiments_to_look_at ON experiments (workspace_id, look_at)
    WHERE started_at IS NOT NULL AND ended_at IS NULL;

-- What was counted on a day in an arm: {"users": 1310, "conversions": 155}.
CREATE TABLE observations (
    experiment_id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    day date NOT NULL,
    arm text NOT NULL,
    figures jsonb NOT NULL,
    source text NOT NULL,
    taken_at timestamptz NOT NULL,
    CONSTRAINT observations_once PRIMARY KEY (experiment_id, day, arm),
    CONSTRAINT observations_of_experiment
        FOREIGN KEY (experiment_id, workspace_id) REFERENCES experiments (id, workspace_id)
);

-- What stood there before it was restated.
CREATE TABLE observation_revisions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    experiment_id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    day date NOT NULL,
    arm text NOT NULL,
    figures jsonb NOT NULL,
    source text NOT NULL,
    taken_at timestamptz NOT NULL,
    replaced_at timestamptz NOT NULL,
    CONSTRAINT observation_revisions_of_experiment
        FOREIGN KEY (experiment_id, workspace_id) REFERENCES experiments (id, workspace_id)
);

-- Decisions that people put up. What one says stands in its revision.
CREATE TABLE experiment_decisions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL,
    experiment_id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT experiment_decisions_in_workspace UNIQUE (id, workspace_id),
    CONSTRAINT experiment_decisions_of_experiment
        FOREIGN KEY (experiment_id, workspace_id) REFERENCES experiments (id, workspace_id)
);

CREATE INDEX experiment_decisions_by_experiment ON experiment_decisions (experiment_id, id);

ALTER TABLE experiments
    ADD CONSTRAINT experiments_ended_by_decision
        FOREIGN KEY (ended_by, workspace_id) REFERENCES experiment_decisions (id, workspace_id);
