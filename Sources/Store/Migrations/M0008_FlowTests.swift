import SQLite

/// Test cases of instances, and what came of running them.
enum M0008_FlowTests {
    static let migration = Migration(
        8, "flow tests",
        """
        CREATE TABLE flow_test (
            id TEXT PRIMARY KEY,
            instance_id TEXT NOT NULL REFERENCES instance (id) ON DELETE CASCADE,
            name TEXT NOT NULL COLLATE NOCASE,
            definition TEXT NOT NULL,
            created_ms INTEGER NOT NULL,
            updated_ms INTEGER NOT NULL,
            UNIQUE (instance_id, name)
        ) STRICT;

        CREATE TABLE flow_test_run (
            id TEXT PRIMARY KEY,
            instance_id TEXT NOT NULL REFERENCES instance (id) ON DELETE CASCADE,
            version_id TEXT REFERENCES version (id) ON DELETE SET NULL,
            version_number INTEGER NOT NULL,
            started_ms INTEGER NOT NULL,
            finished_ms INTEGER,
            by_name TEXT,
            state TEXT NOT NULL,
            passed INTEGER NOT NULL,
            failed INTEGER NOT NULL,
            result TEXT NOT NULL
        ) STRICT;
        CREATE INDEX flow_test_run_by_time ON flow_test_run (instance_id, started_ms, id);
        CREATE INDEX flow_test_run_by_version ON flow_test_run (version_id, started_ms);
        """)
}
