-- Readings: what platforms report of campaigns, hour by hour or day by day, each with the line of the
-- file that it was read from.

-- What several readings have in common.
CREATE TABLE series (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    -- Where the numbers come from: google-ads, meta-ads, ga4, or a name that the team gave.
    source text NOT NULL,
    campaign text NOT NULL,
    ad_set text NOT NULL,
    -- What the export was broken down by beyond that, by the columns' names: {"age": "45-49"}.
    segment jsonb NOT NULL,
    metric text NOT NULL,
    -- ISO 4217, where the metric is money.
    currency text NOT NULL,
    grain text NOT NULL CONSTRAINT series_known_grain CHECK (grain IN ('hour', 'day')),
    -- The account's IANA zone, in which its hours and days are counted.
    zone text NOT NULL,
    CONSTRAINT series_one_of_a_kind UNIQUE
        (workspace_id, source, metric, grain, currency, campaign, ad_set, segment),
    CONSTRAINT series_in_workspace UNIQUE (id, workspace_id),
    CONSTRAINT series_money_has_three_letters CHECK (currency ~ '^([A-Z]{3})?$')
);

-- A file or delivery that readings were taken from. It is there once it was taken as a whole.
CREATE TABLE reading_files (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    source text NOT NULL,
    name text NOT NULL,
    sha256 bytea NOT NULL CONSTRAINT reading_files_hash_is_whole CHECK (length(sha256) = 32),
    taken_at timestamptz NOT NULL,
    -- What came of it: counts, refused lines with their reasons.
    summary jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT reading_files_in_workspace UNIQUE (id, workspace_id)
);

CREATE INDEX reading_files_by_hash ON reading_files (workspace_id, sha256);

-- The reading as it is known now. The key is the order in which windows are read. There is no other
-- index and no foreign key, because ten million of these are written and two foreign keys took two
-- thirds of the time; series and files are written by the transaction that writes their readings, and
-- nothing deletes them.
CREATE TABLE readings (
    series_id bigint NOT NULL,
    -- The local time in which the hour or day begins.
    starts timestamp NOT NULL,
    workspace_id bigint NOT NULL,
    value numeric NOT NULL CONSTRAINT readings_are_numbers
        CHECK (value NOT IN ('NaN', 'Infinity', '-Infinity')),
    file_id bigint NOT NULL,
    line bigint NOT NULL,
    CONSTRAINT readings_once PRIMARY KEY (series_id, starts) INCLUDE (value)
);

-- What a reading was before a later file said otherwise. Platforms restate conversions for days.
CREATE TABLE reading_revisions (
    series_id bigint NOT NULL,
    starts timestamp NOT NULL,
    workspace_id bigint NOT NULL,
    value numeric NOT NULL,
    file_id bigint NOT NULL,
    line bigint NOT NULL,
    -- The file that corrected it.
    replaced_by bigint NOT NULL,
    CONSTRAINT reading_revisions_once PRIMARY KEY (series_id, starts, replaced_by),
    CONSTRAINT reading_revisions_of_series
        FOREIGN KEY (series_id, workspace_id) REFERENCES series (id, workspace_id),
    CONSTRAINT reading_revisions_from_file
        FOREIGN KEY (file_id, workspace_id) REFERENCES reading_files (id, workspace_id),
    CONSTRAINT reading_revisions_by_file
        FOREIGN KEY (replaced_by, workspace_id) REFERENCES reading_files (id, workspace_id)
);
