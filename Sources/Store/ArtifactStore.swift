import Basics
package import Domain
import SQLite

/// Directories that lie in the vault for devices, and the manifests that name them. All of it can be
/// made again, and nobody's deed: nothing of it is an audit event.
package struct ArtifactStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    package func find(
        _ kind: Artifact.Kind, _ name: String
    ) async throws(StoreError) -> Artifact? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Artifact? in
            try tx.first(ArtifactSQL.find, kind.rawValue, name, read: Artifact.init(row:))
        }
    }

    package func list(_ kind: Artifact.Kind) async throws(StoreError) -> [Artifact] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [Artifact] in
            try tx.all(ArtifactSQL.list, kind.rawValue, read: Artifact.init(row:))
        }
    }

    /// In the place of one of that name; manifests that name other contents than these go with it.
    /// Its content must be in the vault before.
    package func put(_ artifact: Artifact, _ blob: StoredBlob) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            try BlobStore.put([blob], in: tx)
            let former = try tx.first(
                ArtifactSQL.find, artifact.kind.rawValue, artifact.name,
                read: Artifact.init(row:))
            if let former, former.digest != artifact.digest {
                try tx.run(ArtifactSQL.deleteManifests, artifact.name)
            }
            var facts = JSONWriter()
            facts.object { json in
                json.field("architecture", artifact.architecture)
                json.field("files", artifact.files)
            }
            try tx.run(
                ArtifactSQL.put, artifact.id, artifact.kind.rawValue, artifact.name,
                artifact.digest, artifact.size, String(decoding: facts.bytes, as: UTF8.self),
                artifact.madeAt)
        }
    }

    /// With the manifests that name it: what a device has of it stays there.
    package func delete(_ kind: Artifact.Kind, _ name: String) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            try tx.run(ArtifactSQL.delete, kind.rawValue, name)
            try tx.run(ArtifactSQL.deleteManifests, name)
        }
    }

    // MARK: Manifests

    /// - Parameter fingerprint: of all that it is made from; holds the names of its artifacts.
    package func manifest(
        of snapshot: Snapshot.ID, fingerprint: String
    ) async throws(StoreError) -> ContentAddress? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> ContentAddress? in
            try tx.first(ArtifactSQL.manifest, snapshot, fingerprint) {
                (row: borrowing Row) throws(StoreError) in try row.address(0)
            }
        }
    }

    package func putManifest(
        _ blob: StoredBlob, of snapshot: Snapshot.ID, fingerprint: String
    ) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            _ = try SnapshotStore.get(snapshot, in: tx)
            try BlobStore.put([blob], in: tx)
            try tx.run(ArtifactSQL.putManifest, snapshot, fingerprint, blob.address, tx.now)
        }
    }

    /// The stack that devices without one of their own got for the snapshot first.
    package func pinnedStack(of snapshot: Snapshot.ID) async throws(StoreError) -> Stack.ID? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Stack.ID? in
            try tx.first(ArtifactSQL.pinned, snapshot) {
                (row: borrowing Row) throws(StoreError) in try row.id(0)
            }
        }
    }

    /// The first counts. It outlives the stack: another must not take its place in silence.
    package func pin(
        _ stack: Stack.ID, for snapshot: Snapshot.ID, manifest: ContentAddress
    ) async throws(StoreError) {
        guard try await pinnedStack(of: snapshot) == nil else { return }
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(ArtifactSQL.pin, snapshot, "stack \(stack)", manifest, tx.now)
        }
    }

    /// Manifests of what a device shall run, by itself or with its group, and of what it says that
    /// it runs. What it says is believed within its own application only.
    package func manifests(
        of device: Device.ID
    ) async throws(StoreError) -> Set<ContentAddress> {
        let found = try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [ContentAddress] in
            try tx.all(ArtifactSQL.manifests, device) {
                (row: borrowing Row) throws(StoreError) in try row.address(0)
            }
        }
        return Set(found)
    }
}

extension Artifact {
    init(row: borrowing Row) throws(StoreError) {
        guard let kind = Kind(rawValue: row.text(1)),
            let facts = try? JSONReader.read(Array(row.text(5).utf8)).object
        else { throw .corrupt }
        self.init(
            id: try row.id(0), kind: kind, name: row.text(2), digest: try row.address(3),
            size: ByteCount(row.int(4)), architecture: facts["architecture"]?.string ?? "any",
            files: Int(facts["files"]?.int ?? 0), madeAt: row.timestamp(6))
    }
}

enum ArtifactSQL: String, CaseIterable {
    case find = """
        SELECT id, kind, name, digest, size, facts, made_ms FROM artifact
        WHERE kind = ?1 AND name = ?2
        """
    case list = """
        SELECT id, kind, name, digest, size, facts, made_ms FROM artifact
        WHERE kind = ?1 ORDER BY name
        """
    case put = """
        INSERT INTO artifact (id, kind, name, digest, size, facts, made_ms, used_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)
        ON CONFLICT (kind, name) DO UPDATE SET digest = excluded.digest, size = excluded.size,
            facts = excluded.facts, made_ms = excluded.made_ms, used_ms = excluded.used_ms
        """
    case delete = "DELETE FROM artifact WHERE kind = ?1 AND name = ?2"
    case deleteManifests = """
        DELETE FROM device_manifest
        WHERE instr(fingerprint, ?1) > 0 AND fingerprint NOT LIKE 'stack %'
        """
    case pinned = """
        SELECT substr(fingerprint, 7) FROM device_manifest
        WHERE snapshot_id = ?1 AND fingerprint LIKE 'stack %' ORDER BY made_ms LIMIT 1
        """
    case pin = """
        INSERT INTO device_manifest (snapshot_id, fingerprint, digest, made_ms)
        SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM device_manifest
            WHERE snapshot_id = ?1 AND fingerprint LIKE 'stack %')
        """
    case manifest = """
        SELECT digest FROM device_manifest WHERE snapshot_id = ?1 AND fingerprint = ?2
        """
    case putManifest = """
        INSERT INTO device_manifest (snapshot_id, fingerprint, digest, made_ms)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (snapshot_id, fingerprint) DO UPDATE SET digest = excluded.digest
        """
    case manifests = """
        SELECT device_manifest.digest FROM device
        LEFT JOIN device_group ON device_group.id = device.group_id
        LEFT JOIN device_report ON device_report.device_id = device.id
        JOIN snapshot ON snapshot.id IN (device.target_snapshot_id,
            device_group.target_snapshot_id, device_report.snapshot_id)
        JOIN device_manifest ON device_manifest.snapshot_id = snapshot.id
            AND fingerprint NOT LIKE 'stack %'
        WHERE device.id = ?1 AND snapshot.application_id = device.application_id
        """
}
