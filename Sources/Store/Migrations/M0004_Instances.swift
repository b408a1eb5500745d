import SQLite

/// Stacks, and the instances that run on them.
enum M0004_Instances {
    static let migration = Migration(
        4, "instances",
        """
        CREATE TABLE stack (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL COLLATE NOCASE UNIQUE,
            version TEXT NOT NULL,
            node_red TEXT NOT NULL,
            node TEXT,
            abi INTEGER,
            architecture TEXT NOT NULL,
            size INTEGER NOT NULL,
            files INTEGER NOT NULL,
            digest TEXT NOT NULL,
            added_ms INTEGER NOT NULL,
            added_by TEXT NOT NULL
        ) STRICT;

        CREATE TABLE instance (
            id TEXT PRIMARY KEY,
            application_id TEXT NOT NULL REFERENCES application (id) ON DELETE RESTRICT,
            name TEXT NOT NULL COLLATE NOCASE,
            slug TEXT NOT NULL UNIQUE,
            desired_state TEXT NOT NULL,
            stack_id TEXT REFERENCES stack (id) ON DELETE RESTRICT,
            access TEXT NOT NULL,
            page_basic_name TEXT,
            page_basic_hash TEXT,
            memory_limit_mb INTEGER NOT NULL,
            cpu_limit_percent INTEGER,
            time_zone TEXT,
            palette_install INTEGER NOT NULL,
            palette_upload INTEGER NOT NULL,
            log_level TEXT NOT NULL,
            port INTEGER UNIQUE,
            credential_secret BLOB NOT NULL,
            page_secret BLOB NOT NULL,
            created_ms INTEGER NOT NULL,
            last_deploy_ms INTEGER,
            flows_revision TEXT,
            UNIQUE (application_id, name)
        ) STRICT;
        CREATE INDEX instance_by_name ON instance (name, id);
        CREATE INDEX instance_by_stack ON instance (stack_id);

        CREATE TABLE instance_environment (
            instance_id TEXT NOT NULL REFERENCES instance (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            sealed_value BLOB NOT NULL,
            is_secret INTEGER NOT NULL,
            PRIMARY KEY (instance_id, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE instance_process (
            instance_id TEXT PRIMARY KEY REFERENCES instance (id) ON DELETE CASCADE,
            pid INTEGER NOT NULL,
            start_ticks INTEGER NOT NULL,
            boot_id TEXT NOT NULL,
            nonce TEXT NOT NULL,
            port INTEGER NOT NULL,
            is_safe INTEGER NOT NULL,
            started_ms INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE page_token (
            id TEXT PRIMARY KEY,
            instance_id TEXT NOT NULL REFERENCES instance (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            secret_hash BLOB NOT NULL UNIQUE,
            created_ms INTEGER NOT NULL,
            last_used_ms INTEGER,
            UNIQUE (instance_id, name)
        ) STRICT;

        CREATE VIEW team_row AS
            SELECT id, organization_id, name, slug, created_ms,
                (SELECT count(*) FROM application WHERE team_id = team.id) AS applications,
                (SELECT count(*) FROM application JOIN instance ON application_id = application.id
                    WHERE team_id = team.id) AS instances
            FROM team;

        CREATE VIEW application_row AS
            SELECT id, team_id, name, description, created_ms,
                (SELECT count(*) FROM instance WHERE application_id = application.id) AS instances
            FROM application;

        CREATE VIEW stack_row AS
            SELECT id, name, version, node_red, node, abi, architecture, size, files, digest, added_ms,
                added_by, (SELECT count(*) FROM instance WHERE stack_id = stack.id) AS instances
            FROM stack;

        CREATE VIEW instance_row AS
            SELECT instance.id, team.organization_id, application.team_id, application_id,
                instance.name, instance.slug, desired_state, stack_id, access, page_basic_name,
                page_basic_hash, memory_limit_mb, cpu_limit_percent, time_zone, palette_install,
                palette_upload, log_level, port, instance.created_ms, last_deploy_ms, flows_revision
            FROM instance
            JOIN application ON application.id = application_id
            JOIN team ON team.id = application.team_id;
        """)
}
