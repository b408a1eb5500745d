package import Basics
package import Domain
import SQLite

/// How long events stay in the registry.
extension AuditStore {
    private static let key = "audit.keep-days"
    /// 400 days: a year's audit finds last year's.
    package static let standardDays = 400
    /// Less than a quarter is no audit trail.
    package static let keptDaysLimits = 90...36_500

    package func keptDays() async throws(StoreError) -> Int {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> Int in
            try AuditStore.keptDays(in: tx)
        }
    }

    package func setKeptDays(_ days: Int, by actor: Actor) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            var changes = AuditChanges()
            changes.compare("keepAuditDays", try AuditStore.keptDays(in: tx), days)
            guard !changes.isEmpty else { return }
            try tx.run(SettingSQL.put, AuditStore.key, String(days))
            try tx.record(.changed(.site, changes), by: actor)
        }
    }

    /// In the order in which they were written. Those that a wrong clock dated far back stay until
    /// what was written before them goes.
    package func oldest(
        before end: Timestamp, now: Timestamp, limit: Int
    ) async throws(StoreError) -> [AuditEntry] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [AuditEntry] in
            try tx.all(AuditKeepingSQL.oldest, end, now, limit, read: AuditEntry.init(row:))
        }
    }

    /// - Parameter file: holds all of them, on the disk.
    package func remove(
        _ entries: [AuditEntry], movedTo file: String, olderThanDays days: Int
    ) async throws(StoreError) {
        guard let first = entries.first, let last = entries.last else { return }
        let sequences = "[\(entries.map { String($0.sequence) }.joined(separator: ","))]"
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            try tx.run(AuditKeepingSQL.remove, sequences)
            try tx.record(
                AuditEvent(
                    kind: "site.audit-moved", object: .site,
                    text: "\(entries.count) audit events, \(first.at.rfc3339.prefix(10)) to "
                        + "\(last.at.rfc3339.prefix(10)), moved to the file \(file): "
                        + "\(days) days are kept"), by: .site)
        }
    }

    private static func keptDays(
        in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> Int {
        let text = try tx.first(SettingSQL.get, key) { (row: borrowing Row) in row.text(0) }
        return text.flatMap { Int($0) } ?? standardDays
    }
}

enum AuditKeepingSQL: String, CaseIterable {
    /// The first that is not old, by a clock that is not ahead, ends it.
    case oldest = """
        SELECT sequence, id, at_ms, actor_type, actor_id, actor_name, address, kind, object_type,
            object_id, object_name, team_id, before, after, text
        FROM audit_event
        WHERE at_ms < ?1 AND sequence < coalesce(
            (SELECT min(sequence) FROM audit_event WHERE at_ms >= ?1 AND at_ms <= ?2),
            9223372036854775807)
        ORDER BY sequence LIMIT ?3
        """
    case remove = """
        DELETE FROM audit_event WHERE sequence IN (SELECT value FROM json_each(?1))
        """
}
