import Basics
import Crypto
import FoundationEssentials
import SQLite
import Store
import Testing

@Suite("Schema") struct SchemaTests {
    private func migrated(_ migrations: [Migration]) throws -> Connection {
        let connection = try Connection(path: ":memory:")
        try connection.execute("PRAGMA foreign_keys = ON")
        try Migrator.migrate(connection, to: migrations)
        return connection
    }

    @Test("Every statement prepares against its migrated schema")
    func statements() throws {
        for (migrations, statements) in [
            (Migrations.registry, Statements.registry), (Migrations.logs, Statements.logs),
        ] {
            let connection = try migrated(migrations)
            for statement in statements {
                #expect(throws: Never.self, "\(statement)") {
                    let prepared = try connection.prepare(statement)
                    _ = prepared.parameterCount
                }
            }
        }
    }

    @Test("A migration that was released is never changed")
    func checksums() throws {
        let list = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "migrations.sum")
        let kept = try String(contentsOf: list, encoding: .utf8)
        let now = [("registry", Migrations.registry), ("logs", Migrations.logs)].flatMap {
            (database, migrations) in
            migrations.map { migration in
                let digest = Hex.encode(Digest.sha256(Array(migration.sql.utf8)))
                return "\(digest)  \(database) \(migration.number) \(migration.name)\n"
            }
        }
        #expect(now.joined() == kept, "\(now.joined())")
    }

    @Test("Migrations are numbered from 1 without holes")
    func numbers() {
        for migrations in [Migrations.registry, Migrations.logs] {
            #expect(migrations.map(\.number) == Array(1...migrations.count))
            #expect(Set(migrations.map(\.name)).count == migrations.count)
        }
    }

    @Test("Every table is STRICT, and every foreign key says what a deletion does")
    func strict() {
        for migration in Migrations.registry + Migrations.logs {
            let tables = migration.sql.split(separator: "CREATE TABLE").dropFirst()
            for table in tables {
                let end = table.firstRange(of: ";")?.lowerBound ?? table.endIndex
                #expect(table[..<end].contains("STRICT"), "\(table.prefix(30))")
            }
            for line in migration.sql.split(separator: "\n") where line.contains("REFERENCES") {
                #expect(line.contains("ON DELETE"), "\(line)")
            }
        }
    }

    @Test("Every column that points at another table has an index")
    func foreignKeysIndexed() throws {
        for migrations in [Migrations.registry, Migrations.logs] {
            let connection = try migrated(migrations)
            var missing = try connection.prepare(
                """
                SELECT m.name || '.' || f."from" FROM sqlite_schema m
                JOIN pragma_foreign_key_list(m.name) f
                WHERE m.type = 'table' AND NOT EXISTS (
                    SELECT 1 FROM pragma_index_list(m.name) l
                    JOIN pragma_index_info(l.name) i ON i.seqno = 0 AND i.name = f."from")
                """)
            var columns: [String] = []
            while try missing.step() { columns.append(missing.row.text(0)) }
            #expect(columns == [])
        }
    }
}
