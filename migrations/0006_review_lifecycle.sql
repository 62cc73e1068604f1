-- One review per subject, over all revisions of its text; what its policies asked for; delegation.

ALTER TABLE revisions
    -- The text as people read it, for comparing revisions; not what is hashed.
    ADD COLUMN text text NOT NULL DEFAULT '',
    -- How many words that is, for how long it takes to read.
    ADD COLUMN words integer NOT NULL DEFAULT 0,
    -- What was checked in it, and what that says of it.
    ADD COLUMN checks jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN facts jsonb NOT NULL DEFAULT '{}',
    -- The person who wrote this state of the text; null where an agent did.
    ADD COLUMN edited_by text,
    DROP CONSTRAINT revisions_subject_is_known,
    ADD CONSTRAINT revisions_subject_is_known
        CHECK (subject_kind IN ('finding', 'draft', 'test_plan', 'hand_off', 'budget_change'));

ALTER TABLE reviews
    ADD COLUMN subject_kind text,
    ADD COLUMN subject_id bigint,
    -- The agent that made it; null where a person put up their own work.
    ADD COLUMN agent text,
    -- The sum of the policies that matched, as it stood when this revision was put up.
    ADD COLUMN terms jsonb,
    -- When the revision under review was put up, and when a card first showed it.
    ADD COLUMN asked_at timestamptz,
    ADD COLUMN shown_at timestamptz,
    -- When something is due of itself: a reminder, an expiry, a release.
    ADD COLUMN next_at timestamptz,
    ADD COLUMN reminders integer NOT NULL DEFAULT 0,
    ADD COLUMN escalated_at timestamptz,
    -- What is to be known of how it stands, as the sentence that people read.
    ADD COLUMN remark text;

UPDATE reviews
SET subject_kind = revisions.subject_kind,
    subject_id = revisions.subject_id,
    agent = revisions.provenance ->> 'agent',
    asked_at = opened_at,
    terms = jsonb_build_object(
        'rules', jsonb_build_array(policy), 'needs', needs, 'rejections', rejections,
        'editor_may_approve', false, 'questions', '[]'::jsonb, 'remind_after_s', NULL,
        'escalate_after_s', NULL, 'escalate_to', '[]'::jsonb, 'expire_after_s', NULL, 'hold_s', 0,
        'keep', '[]'::jsonb, 'show_in', '[]'::jsonb, 'tell', '[]'::jsonb
    )
FROM revisions
WHERE revisions.id = revision_id;

-- What was approved before there was a release has none; it stays approved.
ALTER TABLE reviews
    ALTER COLUMN subject_kind SET NOT NULL,
    ALTER COLUMN subject_id SET NOT NULL,
    ALTER COLUMN terms SET NOT NULL,
    ALTER COLUMN asked_at SET NOT NULL,
    DROP COLUMN policy,
    DROP COLUMN needs,
    DROP COLUMN rejections,
    DROP CONSTRAINT reviews_one_per_revision,
    ADD CONSTRAINT reviews_one_per_subject UNIQUE (subject_kind, subject_id),
    DROP CONSTRAINT reviews_state_is_known,
    ADD CONSTRAINT reviews_state_is_known CHECK (
        state IN ('open', 'approved', 'released', 'changes_requested', 'rejected', 'withdrawn', 'expired',
                  'revoked')
    );

CREATE INDEX reviews_due ON reviews (next_at) WHERE next_at IS NOT NULL;

ALTER TABLE decisions
    -- Whose places the person held at that moment.
    ADD COLUMN stands_for text[] NOT NULL DEFAULT '{}',
    -- Why something was rejected, as one of a few words.
    ADD COLUMN reason text,
    -- How long the text had been there to be read, and how long reading it takes, in seconds.
    ADD COLUMN open_s integer,
    ADD COLUMN reading_s integer,
    ADD COLUMN undone_at timestamptz,
    -- The approval of an earlier revision that this one continues.
    ADD COLUMN kept_from bigint REFERENCES decisions,
    DROP CONSTRAINT decisions_one_per_person,
    ADD CONSTRAINT decisions_reason_is_known CHECK (
        reason IN ('inaccurate', 'unsupported', 'off_brand', 'legal_or_privacy', 'not_needed', 'other')
    );

-- A person decides at most once on a revision, unless they took it back.
CREATE UNIQUE INDEX decisions_one_per_person
    ON decisions (review_id, revision_id, person_id) WHERE undone_at IS NULL;

-- Whoever is away hands their place to somebody, for a while.
CREATE TABLE delegations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    from_person text NOT NULL,
    to_person text NOT NULL,
    given_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT delegations_go_to_somebody_else CHECK (from_person <> to_person),
    CONSTRAINT delegations_end_later CHECK (until > given_at)
);

CREATE UNIQUE INDEX delegations_one_at_a_time
    ON delegations (workspace_id, from_person) WHERE ended_at IS NULL;
CREATE INDEX delegations_by_holder ON delegations (workspace_id, to_person) WHERE ended_at IS NULL;
