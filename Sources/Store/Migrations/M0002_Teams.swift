import SQLite

/// The tree that owns everything.
enum M0002_Teams {
    static let migration = Migration(
        2, "teams",
        """
        CREATE TABLE organization (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            created_ms INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE team (
            id TEXT PRIMARY KEY,
            organization_id TEXT NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
            name TEXT NOT NULL COLLATE NOCASE UNIQUE,
            slug TEXT NOT NULL UNIQUE,
            created_ms INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX team_by_organization ON team (organization_id);

        CREATE TABLE application (
            id TEXT PRIMARY KEY,
            team_id TEXT NOT NULL REFERENCES team (id) ON DELETE CASCADE,
            name TEXT NOT NULL COLLATE NOCASE,
            description TEXT NOT NULL,
            created_ms INTEGER NOT NULL,
            UNIQUE (team_id, name)
        ) STRICT;
        """)
}
