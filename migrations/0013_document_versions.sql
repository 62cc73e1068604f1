-- Which version of a whole table each of its rows was last met in, for taps that number their versions
-- (Singer's ACTIVATE_VERSION): what is not in the version that is activated is not there any more.
CREATE TABLE document_versions (
    workspace_id bigint NOT NULL,
    source_id bigint NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT document_versions_of_source
        FOREIGN KEY (source_id, workspace_id) REFERENCES sources (id, workspace_id) ON DELETE CASCADE,
    CONSTRAINT document_versions_once PRIMARY KEY (source_id, external_id)
);
