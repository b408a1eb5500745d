import Basics
import SQLite

extension Database {
    /// 3: the last good states before the last upgrades.
    private static let copiesKept = 3

    static func migrate(
        _ connection: borrowing Connection, path: String?, to migrations: [Migration]
    ) throws(DatabaseFault) {
        do throws(MigrationFault) {
            let found: Int
            do throws(SQLiteError) { found = try Migrator.version(of: connection) } catch {
                throw .unreadable(error)
            }
            if let path, found > 0, found < migrations.count {
                do throws(SQLiteError) {
                    try keepCopy(of: connection, path: path, number: found)
                } catch { throw .failed(number: found, error) }
            }
            try Migrator.migrate(connection, to: migrations)
        } catch {
            let name = path ?? "in memory"
            switch error {
            case .newer(let found, let known):
                throw DatabaseFault(
                    "The database \(name) was written by a newer Lineside (schema \(found), this "
                        + "one knows \(known)): install the newer one again, or restore a backup.")
            case .failed(let number, let error):
                throw DatabaseFault(
                    "The database \(name) could not be brought from schema \(number) on: \(error). "
                        + "Nothing was lost; free disk space and start again.")
            case .unreadable(let error):
                throw DatabaseFault(
                    "The database \(name) can't be read: \(error).", isDamage: error.isCorrupt)
            }
        }
    }

    private static func keepCopy(
        of connection: borrowing Connection, path: String, number: Int
    ) throws(SQLiteError) {
        let copy = "\(path).before-\(number + 1)"
        if Files.exists(copy) { try? Files.removeTree(copy) }
        try connection.backup(into: copy)
        let directory = Files.parent(of: path)
        let stem = "\(path).before-".split(separator: "/").last.map(String.init) ?? ""
        let numbers = ((try? Files.list(directory)) ?? [])
            .filter { $0.hasPrefix(stem) }.compactMap { Int($0.dropFirst(stem.count)) }.sorted()
        for old in numbers.dropLast(copiesKept) {
            try? Files.removeTree("\(directory)/\(stem)\(old)")
        }
    }
}
