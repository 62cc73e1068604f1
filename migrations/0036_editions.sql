-- How far a summary looks back, and what a model opened it with, where that held.
ALTER TABLE summaries
    ADD edition text NOT NULL DEFAULT 'daily'
        CONSTRAINT summaries_known_edition CHECK (edition IN ('daily', 'weekly', 'monthly')),
    ADD opening jsonb;
