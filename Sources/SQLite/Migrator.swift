/// One step of the schema. Never changed once released: a test keeps its checksum.
package struct Migration: Sendable {
    package let number: Int
    package let name: String
    package let sql: String

    package init(_ number: Int, _ name: String, _ sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }
}

package enum MigrationFault: Error, Sendable, Equatable {
    /// The file was written by a newer program.
    case newer(found: Int, known: Int)
    case failed(number: Int, SQLiteError)
    case unreadable(SQLiteError)
}

/// Brings a database to the newest schema, each step in a transaction of its own, so that a
/// killed start goes on where it stopped.
package enum Migrator {
    /// The number of the last step that was taken; 0 for an empty file.
    package static func version(of connection: borrowing Connection) throws(SQLiteError) -> Int {
        Int(try connection.scalar("PRAGMA user_version"))
    }

    package static func migrate(
        _ connection: borrowing Connection, to migrations: [Migration]
    ) throws(MigrationFault) {
        let found: Int
        do throws(SQLiteError) { found = try version(of: connection) } catch {
            throw .unreadable(error)
        }
        guard found <= migrations.count else {
            throw .newer(found: found, known: migrations.count)
        }
        for migration in migrations.dropFirst(found) {
            do throws(SQLiteError) {
                try connection.execute("BEGIN IMMEDIATE")
                try connection.execute(migration.sql)
                try connection.execute("PRAGMA user_version = \(migration.number)")
                try connection.execute("COMMIT")
            } catch {
                if connection.isInTransaction { try? connection.execute("ROLLBACK") }
                throw .failed(number: migration.number, error)
            }
        }
    }
}
