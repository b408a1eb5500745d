import SQLite

/// How long versions are kept, what may not go, and the files that belong to one.
enum M0007_Keeping {
    static let migration = Migration(
        7, "keeping",
        """
        ALTER TABLE version ADD COLUMN is_pinned INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE version ADD COLUMN files_digest TEXT
            REFERENCES blob (digest) ON DELETE RESTRICT;
        CREATE INDEX version_by_files ON version (files_digest);
        CREATE INDEX version_by_time ON version (instance_id, at_ms);

        ALTER TABLE snapshot ADD COLUMN is_pinned INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE snapshot ADD COLUMN files_digest TEXT
            REFERENCES blob (digest) ON DELETE RESTRICT;
        -- Names and values, sealed.
        ALTER TABLE snapshot ADD COLUMN variables BLOB;
        CREATE INDEX snapshot_by_files ON snapshot (files_digest);

        -- NULL: as the site says.
        ALTER TABLE instance ADD COLUMN keep_versions INTEGER;
        ALTER TABLE instance ADD COLUMN keep_days INTEGER;
        ALTER TABLE instance ADD COLUMN files_quota_mb INTEGER NOT NULL DEFAULT 1024;
        ALTER TABLE instance ADD COLUMN files_in_versions INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE instance ADD COLUMN files_served INTEGER NOT NULL DEFAULT 0;

        -- What a list of files in the vault names.
        CREATE TABLE file_list_use (
            list_digest TEXT NOT NULL REFERENCES blob (digest) ON DELETE CASCADE,
            digest TEXT NOT NULL REFERENCES blob (digest) ON DELETE RESTRICT,
            PRIMARY KEY (list_digest, digest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX file_list_use_by_digest ON file_list_use (digest);

        DROP VIEW version_row;
        CREATE VIEW version_row AS
            SELECT version.id, version.instance_id, number, at_ms, by_name, source, summary,
                version.size, version.flows_digest, version.credentials_digest, version.modules,
                version.environment_keys, stack_id, snapshot.id AS snapshot_id,
                snapshot.name AS snapshot_name, version.is_pinned, version.files_digest
            FROM version LEFT JOIN snapshot ON snapshot.version_id = version.id;

        DROP VIEW blob_use;
        CREATE VIEW blob_use AS
            SELECT flows_digest AS digest FROM version
            UNION ALL SELECT credentials_digest FROM version WHERE credentials_digest IS NOT NULL
            UNION ALL SELECT files_digest FROM version WHERE files_digest IS NOT NULL
            UNION ALL SELECT flows_digest FROM snapshot
            UNION ALL SELECT credentials_digest FROM snapshot WHERE credentials_digest IS NOT NULL
            UNION ALL SELECT files_digest FROM snapshot WHERE files_digest IS NOT NULL
            UNION ALL SELECT digest FROM file_list_use;

        DROP VIEW instance_row;
        CREATE VIEW instance_row AS
            SELECT instance.id, team.organization_id, application.team_id, application_id,
                instance.name, instance.slug, desired_state, stack_id, access, page_basic_name,
                page_basic_hash, memory_limit_mb, cpu_limit_percent, time_zone, palette_install,
                palette_upload, log_level, port, instance.created_ms, last_deploy_ms,
                flows_revision, keep_versions, keep_days, files_quota_mb, files_in_versions,
                files_served
            FROM instance
            JOIN application ON application.id = application_id
            JOIN team ON team.id = application.team_id;
        """)
}
