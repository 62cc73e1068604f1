-- Counts of a test may be told apart by segments: part of what came on a day in an arm, beside the whole.

ALTER TABLE observations
    -- Empty for the whole, which is what counts.
    ADD COLUMN segment text NOT NULL DEFAULT '',
    DROP CONSTRAINT observations_once,
    ADD CONSTRAINT observations_once PRIMARY KEY (experiment_id, day, arm, segment);

ALTER TABLE observation_revisions
    ADD COLUMN segment text NOT NULL DEFAULT '';
