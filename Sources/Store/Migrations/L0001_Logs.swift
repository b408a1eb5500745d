import SQLite

/// Log records and resource samples. A file of its own: its writes are many and may be lost.
enum L0001_Logs {
    static let migration = Migration(
        1, "logs",
        """
        -- `file_inode` and `file_offset`: how far the instance's output was read, moved in the
        -- transaction that keeps the records, so that a killed appliance repeats and skips none.
        CREATE TABLE log_owner (
            number INTEGER PRIMARY KEY,
            instance_id TEXT NOT NULL UNIQUE,
            next_sequence INTEGER NOT NULL DEFAULT 1,
            records INTEGER NOT NULL DEFAULT 0,
            bytes INTEGER NOT NULL DEFAULT 0,
            file_inode INTEGER NOT NULL DEFAULT 0,
            file_offset INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        CREATE TABLE log_record (
            owner INTEGER NOT NULL REFERENCES log_owner (number) ON DELETE CASCADE,
            sequence INTEGER NOT NULL,
            at_ms INTEGER NOT NULL,
            level INTEGER NOT NULL,
            source_type TEXT,
            source_id TEXT,
            source_name TEXT,
            text TEXT NOT NULL,
            PRIMARY KEY (owner, sequence)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE resource_sample (
            owner INTEGER NOT NULL REFERENCES log_owner (number) ON DELETE CASCADE,
            at_ms INTEGER NOT NULL,
            rss INTEGER NOT NULL,
            heap_used INTEGER,
            cpu_percent REAL NOT NULL,
            lag_ms REAL,
            PRIMARY KEY (owner, at_ms)
        ) STRICT, WITHOUT ROWID;
        """)
}
