package import Domain
import SQLite

/// Snapshots that nobody asked for.
extension SnapshotStore {
    package func isTaken(
        _ name: Name<Snapshot>, in application: Application.ID
    ) async throws(StoreError) -> Bool {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> Bool in
            try tx.count(SnapshotSQL.nameTaken, application, name, "") > 0
        }
    }

    /// Of those with exactly this note only the newest stay, and those that are pinned or wanted.
    package func thin(
        _ application: Application.ID, note: Note, toNewest count: Int
    ) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let old = try tx.all(AutomaticSnapshotSQL.surplus, application, note, count) {
                (row: borrowing Row) throws(StoreError) -> Snapshot.ID in try row.id(0)
            }
            let team = try ApplicationStore.get(application, in: tx).teamID
            for id in old where try tx.count(SnapshotSQL.wanted, id) == 0 {
                let snapshot = try SnapshotStore.get(id, in: tx)
                try tx.run(SnapshotSQL.delete, id)
                try tx.record(.removed(snapshot.reference, team: team), by: .site)
            }
        }
    }
}

enum AutomaticSnapshotSQL: String, CaseIterable {
    case surplus = """
        SELECT id FROM snapshot WHERE application_id = ?1 AND note = ?2 AND is_pinned = 0
        ORDER BY created_ms DESC, id DESC LIMIT -1 OFFSET ?3
        """
}
