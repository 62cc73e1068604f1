-- The texts of brand kits are kept beside those of team manifests, each by its version.
ALTER TABLE manifests
    ADD COLUMN kind text NOT NULL DEFAULT 'team',
    ADD CONSTRAINT manifests_kind CHECK (kind IN ('team', 'brand'));
