-- Tests that are counted by the readings of a source: which arm is which campaign stands in the plan.

ALTER TABLE experiments
    -- From the start on, the source whose readings count the test; null where counts are sent in.
    ADD COLUMN counts_from text,
    -- Why what readings say was not taken the last time, in sentences; null once it was.
    ADD COLUMN trouble text,
    ADD CONSTRAINT experiments_trouble_is_with_readings
        CHECK (trouble IS NULL OR counts_from IS NOT NULL);

CREATE INDEX experiments_counted_by_readings ON experiments (workspace_id)
    WHERE counts_from IS NOT NULL AND ended_at IS NULL;
