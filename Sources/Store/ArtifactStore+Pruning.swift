package import Basics
package import Domain
import SQLite

/// What of all that was made for devices none of them needs any more. A manifest is made again when
/// somebody asks for it; node packages may exist nowhere else, so they stay as long as a snapshot
/// that has them.
extension ArtifactStore {
    /// Somebody is about to name it: for a while it stays without anything that does.
    package func touch(_ id: Artifact.ID) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(ArtifactPruningSQL.touch, id, tx.now)
        }
    }

    /// In one transaction: a deployment that is begun in the same moment is there before it, and
    /// its manifest stays, or after it, and has it made again.
    /// - Parameters:
    ///   - moment: what was made or taken later stays.
    ///   - names: of modules that snapshots have.
    package func prune(
        unusedSince moment: Timestamp, keeping names: Set<String>
    ) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            try tx.run(ArtifactPruningSQL.manifests, moment)
            try tx.run(ArtifactPruningSQL.modules, moment, names.sorted().jsonText)
        }
    }
}

extension SnapshotStore {
    /// Each set of node packages that snapshots of a team have, once.
    package func moduleSets() async throws(StoreError) -> [(team: Team.ID, modules: [NodeModule])] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [(Team.ID, [NodeModule])] in
            try tx.all(ArtifactPruningSQL.sets) { (row: borrowing Row) throws(StoreError) in
                (try row.id(0), try row.modules(1))
            }
        }
    }
}

enum ArtifactPruningSQL: String, CaseIterable {
    case touch = "UPDATE artifact SET used_ms = ?2 WHERE id = ?1"
    /// Needed: what devices and groups shall run, what devices say that they run, what deployments
    /// bring that are not over, and what devices ran before a deployment, which can return them.
    case manifests = """
        DELETE FROM device_manifest WHERE made_ms < ?1 AND snapshot_id NOT IN (
            SELECT target_snapshot_id FROM device WHERE target_snapshot_id IS NOT NULL
            UNION ALL SELECT target_snapshot_id FROM device_group
            WHERE target_snapshot_id IS NOT NULL
            UNION ALL SELECT snapshot_id FROM device_report WHERE snapshot_id IS NOT NULL
            UNION ALL SELECT snapshot_id FROM deployment
            WHERE state NOT IN ('stopped', 'finished', 'cancelled') OR finished_ms >= ?1
            UNION ALL SELECT former_snapshot_id FROM deployment_device
            WHERE former_snapshot_id IS NOT NULL)
        """
    case modules = """
        DELETE FROM artifact WHERE kind = 'modules' AND used_ms < ?1
            AND name NOT IN (SELECT value FROM json_each(?2))
            AND NOT EXISTS (SELECT 1 FROM device_manifest WHERE instr(fingerprint, name) > 0)
        """
    case sets = """
        SELECT DISTINCT team_id, modules FROM snapshot
        JOIN application ON application.id = application_id WHERE modules <> '[]'
        """
}
