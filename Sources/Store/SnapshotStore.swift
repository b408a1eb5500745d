import Basics
package import Domain
import SQLite

/// Versions that people named and keep.
package struct SnapshotStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    package func get(_ id: Snapshot.ID) async throws(StoreError) -> Snapshot {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Snapshot in
            try SnapshotStore.get(id, in: tx)
        }
    }

    /// The newest first.
    /// - Parameters: `nil` for any instance.
    package func list(
        of application: Application.ID, instance: Instance.ID? = nil,
        _ request: PageRequest = PageRequest()
    ) async throws(StoreError) -> Page<Snapshot> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<Snapshot> in
            let found = try tx.all(
                SnapshotSQL.list, application, instance, request.number(0), request.key(1),
                request.pattern, request.limit + 1, read: Snapshot.init(row:))
            let count = try tx.count(SnapshotSQL.count, application, instance, request.pattern)
            return Page(found: found, request: request, count: count) {
                [String($0.createdAt.milliseconds), $0.id.text]
            }
        }
    }

    /// Names a version.
    /// - Throws: `.notFound` for instance or version; `.conflict` if the name is taken, or the
    ///   version has one already.
    package func insert(
        _ name: Name<Snapshot>, note: Note, of version: Version.ID, in instance: Instance.ID,
        by actor: Actor
    ) async throws(StoreError) -> Snapshot {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Snapshot in
            let instance = try InstanceStore.get(instance, in: tx)
            let version = try VersionStore.get(version, of: instance.id, in: tx)
            if let kept = version.snapshot {
                throw .conflict("This version is the snapshot “\(kept.name)” already.")
            }
            let secret = try tx.one("The instance", RuntimeSQL.secrets, instance.id) {
                (row: borrowing Row) in row.blob(0)
            }
            let snapshot = Snapshot(
                id: .random(), applicationID: instance.applicationID, instanceID: instance.id,
                versionID: version.id, name: name, note: note, author: actor.name,
                createdAt: tx.now, size: version.size, flows: version.flows,
                credentials: version.credentials,
                sealedCredentialSecret: version.credentials == nil ? nil : secret,
                modules: version.modules, environmentKeys: version.environmentKeys,
                files: version.files)
            try SnapshotStore.insert(snapshot, in: tx)
            try tx.record(.created(snapshot.reference, team: instance.teamID), by: actor)
            return snapshot
        }
    }

    /// Keeps what somebody uploaded; its files must be in the vault before.
    package func insert(
        _ snapshot: Snapshot, blobs: [StoredBlob], by actor: Actor
    ) async throws(StoreError) -> Snapshot {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Snapshot in
            let application = try ApplicationStore.get(snapshot.applicationID, in: tx)
            try BlobStore.put(blobs, in: tx)
            try SnapshotStore.insert(snapshot, in: tx)
            try tx.record(.created(snapshot.reference, team: application.teamID), by: actor)
            return snapshot
        }
    }

    /// `nil` leaves a field as it is.
    package func update(
        _ id: Snapshot.ID, name: Name<Snapshot>? = nil, note: Note? = nil, pinned: Bool? = nil,
        by actor: Actor
    ) async throws(StoreError) -> Snapshot {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Snapshot in
            var snapshot = try SnapshotStore.get(id, in: tx)
            var changes = AuditChanges()
            if let name, name != snapshot.name {
                try SnapshotStore.requireFree(name, in: snapshot.applicationID, but: id, in: tx)
                changes.compare("name", snapshot.name.text, name.text)
                snapshot.name = name
            }
            if let note {
                changes.compare("note", snapshot.note.text, note.text)
                snapshot.note = note
            }
            if let pinned {
                changes.compare("pinned", snapshot.isPinned, pinned)
                snapshot.isPinned = pinned
            }
            guard !changes.isEmpty else { return snapshot }
            try tx.run(SnapshotSQL.update, id, snapshot.name, snapshot.note, snapshot.isPinned)
            let team = try ApplicationStore.get(snapshot.applicationID, in: tx).teamID
            try tx.record(.changed(snapshot.reference, team: team, changes), by: actor)
            return snapshot
        }
    }

    /// The version that it named stays while its instance does.
    /// - Throws: `.conflict` where it is pinned, or devices are to run it.
    package func delete(_ id: Snapshot.ID, by actor: Actor) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let snapshot = try SnapshotStore.get(id, in: tx)
            guard !snapshot.isPinned else {
                throw .conflict("The snapshot “\(snapshot.name)” is pinned: unpin it first.")
            }
            guard try tx.count(SnapshotSQL.wanted, id) == 0 else {
                throw .conflict(
                    "The snapshot “\(snapshot.name)” is the target of devices or belongs to a "
                        + "deployment: give them another one first.")
            }
            let team = try ApplicationStore.get(snapshot.applicationID, in: tx).teamID
            try tx.run(SnapshotSQL.delete, id)
            try tx.record(.removed(snapshot.reference, team: team), by: actor)
        }
    }
}

/// Parts of a transaction.
extension SnapshotStore {
    static func get(
        _ id: Snapshot.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> Snapshot {
        try tx.one("The snapshot", SnapshotSQL.get, id, read: Snapshot.init(row:))
    }

    private static func insert(
        _ snapshot: Snapshot, in tx: borrowing Transaction
    ) throws(StoreError) {
        try requireFree(snapshot.name, in: snapshot.applicationID, but: snapshot.id, in: tx)
        try tx.run(
            SnapshotSQL.insert, snapshot.id, snapshot.applicationID, snapshot.instanceID,
            snapshot.versionID, snapshot.name, snapshot.note, snapshot.author,
            snapshot.createdAt, snapshot.size, snapshot.flows, snapshot.credentials,
            snapshot.sealedCredentialSecret, snapshot.modules.jsonText,
            snapshot.environmentKeys.jsonText, snapshot.isPinned, snapshot.files,
            snapshot.sealedVariables)
    }

    private static func requireFree(
        _ name: Name<Snapshot>, in application: Application.ID, but id: Snapshot.ID,
        in tx: borrowing Transaction
    ) throws(StoreError) {
        guard try tx.count(SnapshotSQL.nameTaken, application, name, id) == 0 else {
            throw .conflict("The application has a snapshot “\(name)” already.")
        }
    }
}

extension Snapshot {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            id: try row.id(0), applicationID: try row.id(1), instanceID: try row.optionalID(2),
            versionID: try row.optionalID(3), name: Name(stored: row.text(4)),
            note: Note(stored: row.text(5)), author: row.text(6), createdAt: row.timestamp(7),
            size: ByteCount(row.int(8)), flows: try row.address(9),
            credentials: try row.optionalAddress(10),
            sealedCredentialSecret: row.optionalBlob(11), modules: try row.modules(12),
            environmentKeys: try row.texts(13), sealedVariables: row.optionalBlob(16),
            files: try row.optionalAddress(15), isPinned: row.bool(14))
    }
}

enum SnapshotSQL: String, CaseIterable {
    case wanted = """
        SELECT (SELECT count(*) FROM device WHERE target_snapshot_id = ?1)
            + (SELECT count(*) FROM device_group WHERE target_snapshot_id = ?1)
            + (SELECT count(*) FROM deployment WHERE snapshot_id = ?1)
        """
    case get = "SELECT * FROM snapshot WHERE id = ?1"
    case list = """
        SELECT * FROM snapshot
        WHERE application_id = ?1 AND (?2 IS NULL OR instance_id = ?2)
            AND (?3 IS NULL OR (created_ms, id) < (?3, ?4))
            AND (?5 IS NULL OR name LIKE ?5 ESCAPE '\\' OR note LIKE ?5 ESCAPE '\\')
        ORDER BY created_ms DESC, id DESC LIMIT ?6
        """
    case count = """
        SELECT count(*) FROM snapshot
        WHERE application_id = ?1 AND (?2 IS NULL OR instance_id = ?2)
            AND (?3 IS NULL OR name LIKE ?3 ESCAPE '\\' OR note LIKE ?3 ESCAPE '\\')
        """
    case nameTaken = """
        SELECT count(*) FROM snapshot WHERE application_id = ?1 AND name = ?2 AND id <> ?3
        """
    case insert = """
        INSERT INTO snapshot (id, application_id, instance_id, version_id, name, note, author,
            created_ms, size, flows_digest, credentials_digest, credential_secret, modules,
            environment_keys, is_pinned, files_digest, variables)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
        """
    case update = "UPDATE snapshot SET name = ?2, note = ?3, is_pinned = ?4 WHERE id = ?1"
    case delete = "DELETE FROM snapshot WHERE id = ?1"
}
