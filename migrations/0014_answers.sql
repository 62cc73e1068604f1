-- Where an answer was shared, which one person read first.
ALTER TABLE findings
    ADD COLUMN shared_in text,
    ADD CONSTRAINT findings_shared_somewhere CHECK ((shared_at IS NULL) = (shared_in IS NULL));
