-- What wrote a text, in a name that scorecards count by, and what its first checks said of it.

-- Until now the record of a text said it in words alone, or in the text's own bytes. Neither is hashed.
UPDATE revisions
SET provenance = provenance || jsonb_build_object(
    'version', coalesce(convert_from(content, 'UTF8')::jsonb -> 'answer' ->> 'prompt', 'extract'),
    'claims', jsonb_build_object(
        'kept', coalesce(jsonb_array_length(convert_from(content, 'UTF8')::jsonb -> 'answer' -> 'claims'), 0),
        'cut', coalesce((
            SELECT sum((cut ->> 'statements')::integer)
            FROM jsonb_array_elements(convert_from(content, 'UTF8')::jsonb -> 'answer' -> 'cut') AS cut
        ), 0)
    )
)
WHERE subject_kind = 'finding' AND number = 1;

UPDATE revisions
SET provenance = provenance
    || jsonb_build_object('version', coalesce(
        (provenance -> 'prompt' ->> 'name') || '@' || (provenance -> 'prompt' ->> 'version'), 'assembled'
    ))
    || coalesce((
        SELECT jsonb_build_object('rules', jsonb_build_object('passed', said[1]::integer, 'tested', said[2]::integer))
        FROM regexp_match(checks -> 0 ->> 'says', '(\d+) of (\d+) rules passed') AS said
        WHERE said IS NOT NULL
    ), '{}')
WHERE subject_kind = 'draft' AND number = 1 AND provenance ? 'campaign';

UPDATE revisions
SET provenance = provenance || '{"version": "statistics"}'
WHERE subject_kind IN ('test_plan', 'test_decision') AND number = 1 AND NOT provenance ? 'prompt'
    AND provenance ->> 'engine' IN ('sized by statistics', 'read out by statistics');

ALTER TABLE revisions
    -- Such as content.draft@4; of agents that run elsewhere it is what they say. Null where nobody says.
    ADD COLUMN version text GENERATED ALWAYS AS (coalesce(
        provenance ->> 'version',
        (provenance -> 'prompt' ->> 'name') || '@' || (provenance -> 'prompt' ->> 'version'),
        provenance ->> 'model',
        provenance ->> 'engine'
    )) STORED,
    -- Rules of the brand kit that the text kept, of those that could be tested.
    ADD COLUMN rules_passed integer
        GENERATED ALWAYS AS ((provenance -> 'rules' ->> 'passed')::integer) STORED,
    ADD COLUMN rules_tested integer
        GENERATED ALWAYS AS ((provenance -> 'rules' ->> 'tested')::integer) STORED,
    -- Claims that a model wrote: those that were kept, and those that nothing supports.
    ADD COLUMN claims_kept integer
        GENERATED ALWAYS AS ((provenance -> 'claims' ->> 'kept')::integer) STORED,
    ADD COLUMN claims_cut integer
        GENERATED ALWAYS AS ((provenance -> 'claims' ->> 'cut')::integer) STORED;

-- Scorecards read the first text of everything, and which texts are a person's, without the texts.
CREATE INDEX revisions_first ON revisions (workspace_id, subject_kind, subject_id)
    INCLUDE (id, version, rules_passed, rules_tested, claims_kept, claims_cut, created_at)
    WHERE number = 1;
CREATE INDEX revisions_of_people ON revisions (id) WHERE edited_by IS NOT NULL;
