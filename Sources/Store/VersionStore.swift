package import Basics
package import Domain
import SQLite

/// What the deploys left behind.
package struct VersionStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    /// A version before it has a number.
    package struct Draft: Sendable {
        package var instance: Instance.ID
        /// The entry of the spool that it comes from: the same entry read twice, after a kill
        /// between vault and spool, is one version.
        package var spoolID: String?
        package var at: Timestamp
        package var by: String?
        package var source: Version.Source
        package var summary: String
        package var flows: StoredBlob
        package var credentials: StoredBlob?
        package var modules: [NodeModule]
        package var environmentKeys: [String]
        package var stack: Stack.ID?
        /// The list of the files that belong to it.
        package var files: StoredBlob?
        /// What that list names.
        package var fileContents: [StoredBlob] = []

        package init(
            instance: Instance.ID, spoolID: String?, at: Timestamp, by: String?,
            source: Version.Source, summary: String, flows: StoredBlob,
            credentials: StoredBlob?, modules: [NodeModule], environmentKeys: [String] = [],
            stack: Stack.ID?, files: StoredBlob? = nil
        ) {
            self.instance = instance
            self.spoolID = spoolID
            self.at = at
            self.by = by
            self.source = source
            self.summary = summary
            self.flows = flows
            self.credentials = credentials
            self.modules = modules
            self.environmentKeys = environmentKeys
            self.stack = stack
            self.files = files
        }
    }

    /// The vault's files must be on the disk before. A spool entry that was kept already gives its
    /// version again and changes nothing.
    /// - Throws: `.notFound` if the instance is gone.
    package func append(_ draft: Draft, by actor: Actor) async throws(StoreError) -> Version {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Version in
            let instance = try InstanceStore.get(draft.instance, in: tx)
            if let spoolID = draft.spoolID {
                let kept = try tx.first(
                    VersionSQL.bySpool, draft.instance, spoolID, read: Version.init(row:))
                if let kept { return kept }
            }
            try BlobStore.put(
                [draft.flows] + [draft.credentials, draft.files].compactMap { $0 }, in: tx)
            try VersionStore.keepFiles(of: draft, in: tx)
            let number = try tx.count(VersionSQL.nextNumber, draft.instance)
            let size = draft.flows.size.bytes + (draft.credentials?.size.bytes ?? 0)
            let version = Version(
                id: .random(), instanceID: draft.instance, number: number, at: draft.at,
                by: draft.by, source: draft.source, summary: draft.summary,
                size: ByteCount(size), flows: draft.flows.address,
                credentials: draft.credentials?.address, modules: draft.modules,
                environmentKeys: draft.environmentKeys, stackID: draft.stack,
                files: draft.files?.address)
            try tx.run(
                VersionSQL.insert, version.id, version.instanceID, number, draft.spoolID,
                version.at, version.by, version.source.rawValue, version.summary, version.size,
                version.flows, version.credentials, version.modules.jsonText,
                version.environmentKeys.jsonText, version.stackID, version.files)
            try tx.run(InstanceSQL.deployed, draft.instance, draft.at, version.flows)
            var changes = AuditChanges()
            changes.compare("version", nil, number)
            changes.compare("source", nil, draft.source.rawValue)
            try tx.record(
                AuditEvent(
                    kind: "instance.deployed", object: instance.reference,
                    teamID: instance.teamID, after: changes.after,
                    text: "Version \(number) of instance “\(instance.name)”: \(draft.summary)"),
                by: actor)
            return version
        }
    }

    private static func keepFiles(
        of draft: Draft, in tx: borrowing Transaction
    ) throws(StoreError) {
        guard let list = draft.files,
            // The same list names the same contents.
            try tx.count(VersionSQL.listUses, list.address) != draft.fileContents.count
        else { return }
        try BlobStore.put(draft.fileContents, in: tx)
        for content in draft.fileContents {
            try tx.run(VersionSQL.useInList, list.address, content.address)
        }
    }

    package func get(
        _ id: Version.ID, of instance: Instance.ID
    ) async throws(StoreError) -> Version {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> Version in
            try VersionStore.get(id, of: instance, in: tx)
        }
    }

    /// Of whatever instance.
    package func get(_ id: Version.ID) async throws(StoreError) -> Version {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> Version in
            try tx.one("The version", VersionSQL.byID, id, read: Version.init(row:))
        }
    }

    package func find(
        number: Int, of instance: Instance.ID
    ) async throws(StoreError) -> Version? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Version? in
            try tx.first(VersionSQL.byNumber, instance, number, read: Version.init(row:))
        }
    }

    package func latest(of instance: Instance.ID) async throws(StoreError) -> Version? {
        try await list(of: instance, PageRequest(limit: 1)).items.first
    }

    /// The newest first.
    package func list(
        of instance: Instance.ID, _ request: PageRequest = PageRequest()
    ) async throws(StoreError) -> Page<Version> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<Version> in
            let found = try tx.all(
                VersionSQL.list, instance, request.number(0), request.pattern, request.limit + 1,
                read: Version.init(row:))
            let count = try tx.count(VersionSQL.count, instance, request.pattern)
            return Page(found: found, request: request, count: count) { [String($0.number)] }
        }
    }

    static func get(
        _ id: Version.ID, of instance: Instance.ID,
        in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> Version {
        try tx.one("The version", VersionSQL.get, id, instance, read: Version.init(row:))
    }
}

extension Version {
    init(row: borrowing Row) throws(StoreError) {
        var snapshot: SnapshotReference?
        if let id: Snapshot.ID = try row.optionalID(13) {
            snapshot = SnapshotReference(id: id, name: row.text(14))
        }
        self.init(
            id: try row.id(0), instanceID: try row.id(1), number: row.int(2),
            at: row.timestamp(3), by: row.optionalText(4), source: try row.word(5),
            summary: row.text(6), size: ByteCount(row.int(7)), flows: try row.address(8),
            credentials: try row.optionalAddress(9), modules: try row.modules(10),
            environmentKeys: try row.texts(11), stackID: try row.optionalID(12),
            files: try row.optionalAddress(16), isPinned: row.bool(15), snapshot: snapshot)
    }
}

enum VersionSQL: String, CaseIterable {
    case listUses = "SELECT count(*) FROM file_list_use WHERE list_digest = ?1"
    case useInList = """
        INSERT INTO file_list_use (list_digest, digest) VALUES (?1, ?2) ON CONFLICT DO NOTHING
        """
    case get = "SELECT * FROM version_row WHERE id = ?1 AND instance_id = ?2"
    case byID = "SELECT * FROM version_row WHERE id = ?1"
    case byNumber = "SELECT * FROM version_row WHERE instance_id = ?1 AND number = ?2"
    case bySpool = """
        SELECT * FROM version_row WHERE id =
            (SELECT id FROM version WHERE instance_id = ?1 AND spool_id = ?2)
        """
    case list = """
        SELECT * FROM version_row
        WHERE instance_id = ?1 AND (?2 IS NULL OR number < ?2)
            AND (?3 IS NULL OR summary LIKE ?3 ESCAPE '\\' OR by_name LIKE ?3 ESCAPE '\\'
                OR snapshot_name LIKE ?3 ESCAPE '\\')
        ORDER BY number DESC LIMIT ?4
        """
    case count = """
        SELECT count(*) FROM version_row
        WHERE instance_id = ?1
            AND (?2 IS NULL OR summary LIKE ?2 ESCAPE '\\' OR by_name LIKE ?2 ESCAPE '\\'
                OR snapshot_name LIKE ?2 ESCAPE '\\')
        """
    case nextNumber = "SELECT coalesce(max(number), 0) + 1 FROM version WHERE instance_id = ?1"
    case insert = """
        INSERT INTO version (id, instance_id, number, spool_id, at_ms, by_name, source, summary,
            size, flows_digest, credentials_digest, modules, environment_keys, stack_id,
            files_digest)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
        """
}
