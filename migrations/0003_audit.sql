-- The audit trail, and the two roles that keep the service from rewriting it: one owns the trail and
-- cannot log in, the other is what the service works as. src/audit/mod.rs says how the parts fit.

-- Roles belong to the whole cluster, so another database may be making them at this moment.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['countersign_owner', 'countersign_service'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN
                    NULL;
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION USING
                        ERRCODE = 'insufficient_privilege',
                        MESSAGE = format(
                            'the role %I is missing, and %I may not create it; let an administrator run once:'
                            ' CREATE ROLE countersign_owner NOLOGIN; CREATE ROLE countersign_service NOLOGIN;'
                            ' GRANT countersign_owner, countersign_service TO %I;',
                            wanted, current_user, current_user);
            END;
        END IF;

        -- A superuser acts for every role; anyone else has to be a member, also of what he created.
        IF NOT pg_has_role(current_user, wanted, 'USAGE') THEN
            BEGIN
                EXECUTE format('GRANT %I TO %I', wanted, current_user);
            EXCEPTION
                WHEN unique_violation THEN
                    NULL;
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION USING
                        ERRCODE = 'insufficient_privilege',
                        MESSAGE = format(
                            '%I is not a member of the role %I; let an administrator run once:'
                            ' GRANT countersign_owner, countersign_service TO %I;',
                            current_user, wanted, current_user);
            END;
        END IF;
    END LOOP;
END
$$;

-- The service reads and writes everything that this migrating role owns or will own. The trail is
-- not among it: other tables, another owner, other grants.
GRANT USAGE ON SCHEMA public TO countersign_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO countersign_service;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO countersign_service;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO countersign_service;
ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO countersign_service;
ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO countersign_service;

-- The job engine installs and upgrades its own tables when the service starts, with row security that
-- lets nobody but their owner see a job. So they are the service's own. The engine creates its schema
-- only where it finds no `migrations` table, and creating a schema is more than the service may do.
CREATE SCHEMA IF NOT EXISTS graphile_worker AUTHORIZATION countersign_service;
DO $$
BEGIN
    IF to_regclass('graphile_worker.migrations') IS NULL THEN
        SET LOCAL ROLE countersign_service;
        CREATE TABLE graphile_worker.migrations (
            id int PRIMARY KEY,
            ts timestamptz DEFAULT now() NOT NULL,
            breaking boolean NOT NULL DEFAULT false
        );
        RESET ROLE;
    END IF;
END
$$;

CREATE SCHEMA audit AUTHORIZATION countersign_owner;
SET LOCAL ROLE countersign_owner;
GRANT USAGE ON SCHEMA audit TO countersign_service;

-- What happened, one act a row, written in the transaction of the act. The payload is the record:
-- nothing in it is repeated here, because every byte and every index is paid for in that transaction.
CREATE TABLE audit.entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payload bytea NOT NULL
);

-- The entries that committed and have no place in the tree yet. It is read whole and stays short, so
-- it has no index, and it is swept early because every one of its rows dies.
CREATE TABLE audit.pending (
    entry_id bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Which entry is which leaf of the tree, and the three things that people look entries up by, copied
-- from the payload when the leaf is made. No foreign key: it would write a lock into every entry.
CREATE TABLE audit.leaves (
    index bigint PRIMARY KEY CONSTRAINT leaves_count_from_zero CHECK (index >= 0),
    entry_id bigint NOT NULL CONSTRAINT leaves_hold_an_entry_once UNIQUE,
    workspace_id bigint,
    at timestamptz,
    subject text
);
CREATE INDEX leaves_by_subject ON audit.leaves (workspace_id, subject, index);
CREATE INDEX leaves_by_time ON audit.leaves USING brin (at);

-- What one pass of the sequencer added: leaves `start` up to, not including, `size`; the hashes they
-- complete, 32 bytes each, in the order of `tlog.StoredHashIndex`; the signed checkpoint of the result.
CREATE TABLE audit.checkpoints (
    size bigint PRIMARY KEY,
    start bigint NOT NULL CONSTRAINT checkpoints_start_where_one_ended UNIQUE,
    note text NOT NULL,
    hashes bytea NOT NULL,
    CONSTRAINT checkpoints_grow CHECK (start >= 0 AND start < size),
    -- n leaves have 2n − (ones in n) complete subtrees.
    CONSTRAINT checkpoints_hold_their_hashes CHECK (
        octet_length(hashes) = 32 * (
            2 * (size - start) - bit_count(size::bit(64)) + bit_count(start::bit(64))
        )
    )
);
-- Hashes do not compress.
ALTER TABLE audit.checkpoints ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- Texts that the trail commits to without containing them. These rows can be erased.
CREATE TABLE audit.texts (
    commitment bytea PRIMARY KEY,
    workspace_id bigint NOT NULL,
    -- Slack's id of the person whom the text is about or from, if it is one.
    person_id text,
    salt bytea NOT NULL,
    text text NOT NULL
);
CREATE INDEX texts_by_person ON audit.texts (workspace_id, person_id) WHERE person_id IS NOT NULL;

GRANT SELECT, INSERT ON audit.entries, audit.leaves, audit.checkpoints TO countersign_service;
GRANT SELECT, INSERT, DELETE ON audit.pending, audit.texts TO countersign_service;

CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on audit.% is refused: the audit trail is only ever added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege',
            HINT = 'A person''s data is erased in audit.texts; the trail then still verifies.';
END
$$;

CREATE TRIGGER entries_are_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER leaves_are_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.leaves
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER checkpoints_are_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER pending_is_not_rewritten BEFORE UPDATE OR TRUNCATE ON audit.pending
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();

-- Leaves continue where the last one stands, without a gap.
CREATE FUNCTION audit.leaves_continue() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added record;
    expected bigint;
BEGIN
    SELECT min(index) AS first, max(index) AS last, count(*) AS leaves INTO added FROM new_leaves;
    IF added.leaves = 0 THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(max(index) + 1, 0) INTO expected FROM audit.leaves WHERE index < added.first;
    IF added.first <> expected OR added.leaves <> added.last - added.first + 1
        OR EXISTS (SELECT FROM audit.leaves WHERE index > added.last) THEN
        RAISE EXCEPTION 'The next leaf of the audit trail is %, not % to %', expected, added.first, added.last
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER leaves_continue AFTER INSERT ON audit.leaves
    REFERENCING NEW TABLE AS new_leaves FOR EACH STATEMENT EXECUTE FUNCTION audit.leaves_continue();

-- A checkpoint starts where the last one ended and covers exactly the leaves there are.
CREATE FUNCTION audit.checkpoint_continues() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ended bigint := coalesce((SELECT max(size) FROM audit.checkpoints), 0);
    leaves bigint := coalesce((SELECT max(index) + 1 FROM audit.leaves), 0);
BEGIN
    IF NEW.start <> ended OR NEW.size <> leaves THEN
        RAISE EXCEPTION 'The next checkpoint of the audit trail covers leaves % to %, not % to %',
            ended, leaves, NEW.start, NEW.size
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER checkpoint_continues BEFORE INSERT ON audit.checkpoints
    FOR EACH ROW EXECUTE FUNCTION audit.checkpoint_continues();

-- Also where a session asks for triggers to be skipped, as replication does.
ALTER TABLE audit.entries ENABLE ALWAYS TRIGGER entries_are_only_added;
ALTER TABLE audit.leaves ENABLE ALWAYS TRIGGER leaves_are_only_added;
ALTER TABLE audit.leaves ENABLE ALWAYS TRIGGER leaves_continue;
ALTER TABLE audit.checkpoints ENABLE ALWAYS TRIGGER checkpoints_are_only_added;
ALTER TABLE audit.checkpoints ENABLE ALWAYS TRIGGER checkpoint_continues;
ALTER TABLE audit.pending ENABLE ALWAYS TRIGGER pending_is_not_rewritten;

RESET ROLE;
