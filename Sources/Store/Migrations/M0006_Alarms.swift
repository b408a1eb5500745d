import SQLite

/// What is or was wrong. The object is named, not referenced: any kind of thing can have an alarm.
enum M0006_Alarms {
    static let migration = Migration(
        6, "alarms",
        """
        CREATE TABLE alarm (
            id TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            object_type TEXT NOT NULL,
            object_id TEXT NOT NULL,
            object_name TEXT NOT NULL,
            organization_id TEXT REFERENCES organization (id) ON DELETE CASCADE,
            team_id TEXT REFERENCES team (id) ON DELETE CASCADE,
            application_id TEXT REFERENCES application (id) ON DELETE CASCADE,
            severity TEXT NOT NULL,
            text TEXT NOT NULL,
            since_ms INTEGER NOT NULL,
            acknowledged_by TEXT,
            acknowledged_ms INTEGER,
            cleared_ms INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX alarm_once ON alarm (kind, object_type, object_id)
            WHERE cleared_ms IS NULL;
        CREATE INDEX alarm_by_object ON alarm (object_type, object_id);
        CREATE INDEX alarm_by_time ON alarm (since_ms, id);
        CREATE INDEX alarm_by_organization ON alarm (organization_id);
        CREATE INDEX alarm_by_team ON alarm (team_id);
        CREATE INDEX alarm_by_application ON alarm (application_id);
        """)
}
