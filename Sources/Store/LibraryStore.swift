package import Domain
import SQLite

/// Flows and functions that a team shares, as Node-RED's library knows them: entries with a path,
/// of which the parts before the last are folders.
package struct LibraryStore: Sendable {
    package struct Entry: Sendable, Equatable {
        /// `flows`, `functions`, `templates` …
        package var type: String
        package var path: String
        /// JSON, an object.
        package var meta: [UInt8]
        package var body: [UInt8]
        package init(type: String, path: String, meta: [UInt8], body: [UInt8]) {
            self.type = type
            self.path = path
            self.meta = meta
            self.body = body
        }
    }

    /// 2,000 entries of a team: its whole list is read at once.
    package static let countLimit = 2_000
    /// 64 MB of bodies of a team: they lie in the database, and devices may write here.
    package static let byteLimit = 64 << 20

    let database: Database
    package init(database: Database) { self.database = database }

    package func find(
        _ path: String, type: String, of team: Team.ID
    ) async throws(StoreError) -> Entry? {
        try await database.read { (tx: borrowing ReadTransaction) throws(StoreError) -> Entry? in
            try tx.first(LibrarySQL.get, team, type, path, read: Entry.init(row:))
        }
    }

    /// Those below a folder, without their bodies; "" for all.
    package func list(
        below folder: String, type: String, of team: Team.ID
    ) async throws(StoreError) -> [Entry] {
        try await database.read { (tx: borrowing ReadTransaction) throws(StoreError) -> [Entry] in
            try tx.all(LibrarySQL.list, team, type, folder, read: Entry.init(row:))
        }
    }

    /// - Throws: `.conflict` where a folder has that path, an entry stands in its way, or the
    ///   library is full.
    package func put(
        _ entry: Entry, in team: Team.ID, by actor: Actor
    ) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let owner = try TeamStore.get(team, in: tx)
            let isKnown =
                try tx.first(LibrarySQL.get, team, entry.type, entry.path, read: Entry.init(row:))
                != nil
            if !isKnown {
                guard try tx.count(LibrarySQL.count, team) < LibraryStore.countLimit else {
                    throw .conflict("The team's library is full.")
                }
                guard try tx.count(LibrarySQL.inTheWay, team, entry.path) == 0 else {
                    throw .conflict("The library has a folder or an entry of that name.")
                }
            }
            let others = try tx.count(LibrarySQL.othersBytes, team, entry.type, entry.path)
            guard others + entry.body.count <= LibraryStore.byteLimit else {
                throw .conflict("The team's library is full: it holds 64 MB.")
            }
            try tx.run(
                LibrarySQL.put, team, entry.type, entry.path,
                String(decoding: entry.meta, as: UTF8.self), entry.body, tx.now)
            try tx.record(
                AuditEvent(
                    kind: "library.entry-kept", object: owner.reference, teamID: team,
                    text: "“\(entry.path)” (\(entry.type)) kept in the library of the team"),
                by: actor)
        }
    }
}

extension LibraryStore.Entry {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            type: row.text(0), path: row.text(1), meta: Array(row.text(2).utf8),
            body: row.blob(3))
    }
}

enum LibrarySQL: String, CaseIterable {
    case get = """
        SELECT type, path, meta, body FROM library_entry
        WHERE team_id = ?1 AND type = ?2 AND path = ?3
        """
    case list = """
        SELECT type, path, meta, x'' FROM library_entry
        WHERE team_id = ?1 AND type = ?2 AND substr(path, 1, length(?3)) = ?3 ORDER BY path
        """
    case count = "SELECT count(*) FROM library_entry WHERE team_id = ?1"
    case othersBytes = """
        SELECT coalesce(sum(length(body)), 0) FROM library_entry
        WHERE team_id = ?1 AND NOT (type = ?2 AND path = ?3)
        """
    case inTheWay = """
        SELECT count(*) FROM library_entry
        WHERE team_id = ?1 AND (substr(path, 1, length(?2) + 1) = ?2 || '/'
            OR substr(?2, 1, length(path) + 1) = path || '/')
        """
    case put = """
        INSERT INTO library_entry (team_id, type, path, meta, body, changed_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (team_id, type, path) DO UPDATE SET meta = excluded.meta,
            body = excluded.body, changed_ms = excluded.changed_ms
        """
}
