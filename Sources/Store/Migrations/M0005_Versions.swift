import SQLite

/// What lies in the vault, and what points at it.
enum M0005_Versions {
    static let migration = Migration(
        5, "versions",
        """
        CREATE TABLE blob (
            digest TEXT PRIMARY KEY,
            size INTEGER NOT NULL,
            stored_size INTEGER NOT NULL,
            added_ms INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE version (
            id TEXT PRIMARY KEY,
            instance_id TEXT NOT NULL REFERENCES instance (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            spool_id TEXT,
            at_ms INTEGER NOT NULL,
            by_name TEXT,
            source TEXT NOT NULL,
            summary TEXT NOT NULL,
            size INTEGER NOT NULL,
            flows_digest TEXT NOT NULL REFERENCES blob (digest) ON DELETE RESTRICT,
            credentials_digest TEXT REFERENCES blob (digest) ON DELETE RESTRICT,
            modules TEXT NOT NULL,
            environment_keys TEXT NOT NULL,
            stack_id TEXT,
            UNIQUE (instance_id, number),
            UNIQUE (instance_id, spool_id)
        ) STRICT;
        CREATE INDEX version_by_flows ON version (flows_digest);
        CREATE INDEX version_by_credentials ON version (credentials_digest);

        -- A snapshot outlives instance and version.
        CREATE TABLE snapshot (
            id TEXT PRIMARY KEY,
            application_id TEXT NOT NULL REFERENCES application (id) ON DELETE CASCADE,
            instance_id TEXT REFERENCES instance (id) ON DELETE SET NULL,
            version_id TEXT UNIQUE REFERENCES version (id) ON DELETE SET NULL,
            name TEXT NOT NULL COLLATE NOCASE,
            note TEXT NOT NULL,
            author TEXT NOT NULL,
            created_ms INTEGER NOT NULL,
            size INTEGER NOT NULL,
            flows_digest TEXT NOT NULL REFERENCES blob (digest) ON DELETE RESTRICT,
            credentials_digest TEXT REFERENCES blob (digest) ON DELETE RESTRICT,
            credential_secret BLOB,
            modules TEXT NOT NULL,
            environment_keys TEXT NOT NULL,
            UNIQUE (application_id, name)
        ) STRICT;
        CREATE INDEX snapshot_by_instance ON snapshot (instance_id, created_ms);
        CREATE INDEX snapshot_by_application ON snapshot (application_id, created_ms);
        CREATE INDEX snapshot_by_flows ON snapshot (flows_digest);
        CREATE INDEX snapshot_by_credentials ON snapshot (credentials_digest);

        CREATE VIEW version_row AS
            SELECT version.id, version.instance_id, number, at_ms, by_name, source, summary,
                version.size, version.flows_digest, version.credentials_digest, version.modules,
                version.environment_keys, stack_id, snapshot.id AS snapshot_id,
                snapshot.name AS snapshot_name
            FROM version LEFT JOIN snapshot ON snapshot.version_id = version.id;

        CREATE VIEW blob_use AS
            SELECT flows_digest AS digest FROM version
            UNION ALL SELECT credentials_digest FROM version WHERE credentials_digest IS NOT NULL
            UNION ALL SELECT flows_digest FROM snapshot
            UNION ALL SELECT credentials_digest FROM snapshot WHERE credentials_digest IS NOT NULL;
        """)
}
