import SQLite
import Testing

@Suite("Migrator") struct MigratorTests {
    private let steps = [
        Migration(1, "one", "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (7)"),
        Migration(2, "two", "ALTER TABLE a ADD COLUMN y TEXT"),
    ]

    @Test("Steps are taken once, and a later program takes up where an earlier one ended")
    func upgrade() throws {
        let connection = try Connection(path: ":memory:")
        try Migrator.migrate(connection, to: [steps[0]])
        try Migrator.migrate(connection, to: steps)
        try Migrator.migrate(connection, to: steps)
        let rows = try connection.scalar("SELECT count(*) FROM a WHERE x = 7 AND y IS NULL")
        let version = try Migrator.version(of: connection)
        #expect(rows == 1)
        #expect(version == 2)
    }

    @Test("A database of a newer program is refused and left alone")
    func newer() throws {
        let connection = try Connection(path: ":memory:")
        try Migrator.migrate(connection, to: steps)
        #expect(throws: MigrationFault.newer(found: 2, known: 1)) {
            try Migrator.migrate(connection, to: [steps[0]])
        }
    }

    @Test("A step that fails leaves the schema of the step before")
    func failed() throws {
        let connection = try Connection(path: ":memory:")
        let broken = Migration(2, "broken", "CREATE TABLE b (x INTEGER) STRICT; NONSENSE")
        #expect(throws: MigrationFault.self) {
            try Migrator.migrate(connection, to: [steps[0], broken])
        }
        let version = try Migrator.version(of: connection)
        let tables = try connection.scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'b'")
        #expect(version == 1)
        #expect(tables == 0)
    }
}
