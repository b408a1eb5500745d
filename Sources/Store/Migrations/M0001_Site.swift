import SQLite

/// Settings of the site, and who did what.
enum M0001_Site {
    static let migration = Migration(
        1, "site",
        """
        CREATE TABLE setting (
            key TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- Actor and object are kept by their names too: both may be gone when somebody reads.
        CREATE TABLE audit_event (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            at_ms INTEGER NOT NULL,
            actor_type TEXT NOT NULL,
            actor_id TEXT,
            actor_name TEXT NOT NULL,
            address TEXT,
            kind TEXT NOT NULL,
            object_type TEXT,
            object_id TEXT,
            object_name TEXT,
            team_id TEXT,
            before TEXT,
            after TEXT,
            text TEXT NOT NULL
        ) STRICT;
        CREATE INDEX audit_event_by_team ON audit_event (team_id, sequence);
        CREATE INDEX audit_event_by_object ON audit_event (object_id, sequence);
        CREATE INDEX audit_event_by_time ON audit_event (at_ms);
        """)
}
