-- Proposals: texts that a person, or an agent that runs elsewhere, put up for a decision. What one says
-- stands in its revisions; who asked, where, and how it stands, in its review.

CREATE TABLE proposals (
    -- One sequence for all kinds.
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    kind text NOT NULL,
    -- The agent that put it up from outside, the key by which its repeated request is known, and the
    -- SHA-256 of that request; null where a person did.
    agent text,
    idempotency_key text,
    request_hash bytea,
    created_at timestamptz NOT NULL,
    CONSTRAINT proposals_kind_is_known CHECK (kind IN ('draft', 'test_plan', 'hand_off', 'budget_change')),
    CONSTRAINT proposals_one_per_key UNIQUE (workspace_id, agent, idempotency_key),
    CONSTRAINT proposals_of_agents_have_a_key CHECK (
        (agent IS NULL) = (idempotency_key IS NULL) AND (agent IS NULL) = (request_hash IS NULL)
    )
);

-- What an agent asks for again and again: those of its reviews that wait for it.
CREATE INDEX reviews_by_agent ON reviews (workspace_id, agent, id) WHERE agent IS NOT NULL;
