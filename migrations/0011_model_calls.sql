-- What language models were asked, for which agent, and what it used up. Neither questions nor answers
-- are kept here.

CREATE TABLE model_calls (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    agent text NOT NULL,
    -- What it was for, such as run:12.
    subject text NOT NULL,
    -- As the manifest names the model, and as its provider did in the answer.
    model text NOT NULL,
    provider_model text,
    prompt text NOT NULL,
    prompt_version integer NOT NULL,
    prompt_hash text NOT NULL,
    rendered_hash text NOT NULL,
    started_at timestamptz NOT NULL,
    duration_ms bigint,
    -- As the provider says; null where it does not.
    input_tokens bigint,
    output_tokens bigint,
    -- What the call counts for in the agent's budget: an estimate until its end is known.
    counted_tokens bigint NOT NULL,
    cost numeric,
    currency text,
    -- Null while it is under way, and for good if its process ended before it did.
    outcome text,
    CONSTRAINT model_calls_end_is_measured CHECK ((outcome IS NULL) = (duration_ms IS NULL)),
    CONSTRAINT model_calls_cost_has_a_currency CHECK ((cost IS NULL) = (currency IS NULL)),
    CONSTRAINT model_calls_counts_are_counts CHECK (
        counted_tokens >= 0 AND input_tokens >= 0 AND output_tokens >= 0 AND cost >= 0
    )
);

-- What an agent used in a day.
CREATE INDEX model_calls_by_agent ON model_calls (workspace_id, agent, started_at);
