-- Evidence: the documents a workspace owns, cut into passages, with an inverted index over them.

-- A place that documents come from, with what people must know before they trust it.
CREATE TABLE sources (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    name text NOT NULL,
    kind text NOT NULL,
    -- Who answers for it, in words or as Slack's id of a person.
    owner text,
    -- The day by which somebody looks at it again.
    review_on date,
    -- Days after which what was last imported counts as old.
    fresh_for_days integer CONSTRAINT sources_fresh_for_a_while CHECK (fresh_for_days > 0),
    visibility text NOT NULL CONSTRAINT sources_known_visibility
        CHECK (visibility IN ('everyone', 'channels', 'groups')),
    -- Slack's ids of the channels or groups that may see it; empty where everyone may.
    visible_to text[] NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT sources_one_per_name UNIQUE (workspace_id, name),
    CONSTRAINT sources_in_workspace UNIQUE (id, workspace_id)
);

-- One import. What it brings is visible from the moment it is published, all at once.
CREATE TABLE ingests (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL,
    source_id bigint NOT NULL,
    started_at timestamptz NOT NULL,
    published_at timestamptz,
    -- How many records are stored, and a digest of them in their order: the same file goes on
    -- from there, another one starts anew.
    records bigint NOT NULL DEFAULT 0,
    digest bytea NOT NULL DEFAULT '',
    summary jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT ingests_of_source
        FOREIGN KEY (source_id, workspace_id) REFERENCES sources (id, workspace_id),
    CONSTRAINT ingests_in_source UNIQUE (id, source_id, workspace_id)
);

CREATE UNIQUE INDEX ingests_one_unfinished_per_source ON ingests (source_id)
    WHERE published_at IS NULL;

-- Which ids an unfinished import has met, and where: repeats are told from this.
CREATE TABLE ingest_keys (
    workspace_id bigint NOT NULL REFERENCES workspaces,
    ingest_id bigint NOT NULL REFERENCES ingests ON DELETE CASCADE,
    key text COLLATE "C" NOT NULL,
    content_hash bytea NOT NULL,
    line bigint NOT NULL,
    times bigint NOT NULL,
    CONSTRAINT ingest_keys_once PRIMARY KEY (ingest_id, key)
);

-- One version of a text. A changed text is a new row; the old one stays for what quotes it.
CREATE TABLE documents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL,
    source_id bigint NOT NULL,
    ingest_id bigint NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    url text,
    author text,
    written_at timestamptz,
    content_hash bytea NOT NULL,
    -- The version this one takes the place of when its import is published.
    replaces bigint,
    retired_at timestamptz,
    CONSTRAINT documents_of_ingest FOREIGN KEY (ingest_id, source_id, workspace_id)
        REFERENCES ingests (id, source_id, workspace_id) ON DELETE CASCADE,
    CONSTRAINT documents_once_per_ingest UNIQUE (source_id, external_id, ingest_id)
);

CREATE INDEX documents_by_ingest ON documents (ingest_id);

-- A part of the inverted index: the passages of one portion of one import.
CREATE TABLE segments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL,
    source_id bigint NOT NULL,
    ingest_id bigint NOT NULL,
    -- Two bytes a passage, see evidence/index.rs.
    layout bytea NOT NULL DEFAULT '',
    -- Of its passages, the one of most of them first.
    languages text[] NOT NULL,
    CONSTRAINT segments_of_ingest FOREIGN KEY (ingest_id, source_id, workspace_id)
        REFERENCES ingests (id, source_id, workspace_id) ON DELETE CASCADE
);

ALTER TABLE segments ALTER COLUMN layout SET STORAGE EXTERNAL;
CREATE INDEX segments_by_workspace ON segments (workspace_id, source_id);
CREATE INDEX segments_by_ingest ON segments (ingest_id);

-- A stretch of a document, as positions in its text counted in characters.
CREATE TABLE passages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL,
    document_id bigint NOT NULL REFERENCES documents ON DELETE CASCADE,
    starts integer NOT NULL,
    ends integer NOT NULL CONSTRAINT passages_end_after_start CHECK (ends >= starts),
    language text NOT NULL,
    segment_id bigint NOT NULL,
    ordinal integer NOT NULL,
    CONSTRAINT passages_once_per_segment UNIQUE (segment_id, ordinal)
);

CREATE INDEX passages_by_document ON passages (document_id);

-- Where a term occurs in a segment. Not compressed, because a search reads whole lists.
CREATE TABLE postings (
    workspace_id bigint NOT NULL,
    term text COLLATE "C" NOT NULL,
    segment_id bigint NOT NULL REFERENCES segments ON DELETE CASCADE,
    -- Four bytes an occurrence, see evidence/index.rs.
    occurrences bytea NOT NULL,
    CONSTRAINT postings_once PRIMARY KEY (segment_id, term)
);

ALTER TABLE postings ALTER COLUMN occurrences SET STORAGE EXTERNAL;
