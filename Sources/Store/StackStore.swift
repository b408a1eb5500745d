import Basics
package import Domain
import SQLite

/// The stacks that are installed. Their files are the registry's business.
package struct StackStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    package func get(_ id: Stack.ID) async throws(StoreError) -> Stack {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> Stack in
            try StackStore.get(id, in: tx)
        }
    }

    /// The newest first.
    package func list(
        _ request: PageRequest = PageRequest()
    ) async throws(StoreError) -> Page<Stack> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<Stack> in
            let found = try tx.all(
                StackSQL.list, request.number(0), request.key(1), request.pattern,
                request.limit + 1, read: Stack.init(row:))
            let count = try tx.count(StackSQL.count, request.pattern)
            return Page(found: found, request: request, count: count) {
                [String($0.addedAt.milliseconds), $0.id.text]
            }
        }
    }

    /// Called when the files are in place.
    /// - Throws: `.conflict` if the name is taken.
    package func insert(_ stack: Stack, by actor: Actor) async throws(StoreError) -> Stack {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Stack in
            guard try tx.count(StackSQL.nameTaken, stack.name) == 0 else {
                throw .conflict("There is a stack “\(stack.name)” already: choose another name.")
            }
            try tx.run(
                StackSQL.insert, stack.id, stack.name, stack.version, stack.nodeRED, stack.node,
                stack.abi, stack.architecture, stack.size, stack.files, stack.digest,
                stack.addedAt, stack.addedBy)
            var changes = AuditChanges()
            changes.compare("version", nil, stack.version)
            changes.compare("digest", nil, stack.digest.hex)
            try tx.record(.created(stack.reference, changes), by: actor)
            return stack
        }
    }

    /// Who needs it: instances that run on it, groups and open deployments whose snapshot was made
    /// on it, and devices that shall run it, be it as the newest where their snapshot names none:
    /// "device “Press 4”". At most 20, the last of which counts the others.
    package func uses(of id: Stack.ID) async throws(StoreError) -> [String] {
        try await database.read { (tx: borrowing ReadTransaction) throws(StoreError) -> [String] in
            try StackStore.uses(of: id, in: tx)
        }
    }

    /// - Throws: `.notFound`; `.conflict` while somebody needs it.
    package func delete(_ id: Stack.ID, by actor: Actor) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let stack = try StackStore.get(id, in: tx)
            let uses = try StackStore.uses(of: id, in: tx)
            guard uses.isEmpty else {
                throw .conflict(
                    "\(stack.name) is used by \(uses.joined(separator: ", ")): give them another "
                        + "stack first.")
            }
            try tx.run(StackSQL.delete, id)
            try tx.record(.removed(stack.reference), by: actor)
        }
    }

    private static func uses(
        of id: Stack.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> [String] {
        let most = 20
        var count = 0
        let found = try tx.all(StackSQL.uses, id, most) { (row: borrowing Row) in
            count = row.int(1)
            return row.text(0)
        }
        guard count > most else { return found }
        return found.dropLast() + ["\(count - most + 1) more"]
    }

    static func get(
        _ id: Stack.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> Stack {
        try tx.one("The stack", StackSQL.get, id, read: Stack.init(row:))
    }
}

extension Stack {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            id: try row.id(0), name: Name(stored: row.text(1)), version: row.text(2),
            nodeRED: row.text(3), node: row.optionalText(4), abi: row.optionalInt(5),
            architecture: row.text(6), size: ByteCount(row.int(7)), files: row.int(8),
            digest: try row.address(9), addedAt: row.timestamp(10), addedBy: row.text(11),
            instances: row.int(12))
    }
}

enum StackSQL: String, CaseIterable {
    case get = "SELECT * FROM stack_row WHERE id = ?1"
    case list = """
        SELECT * FROM stack_row
        WHERE (?1 IS NULL OR (added_ms, id) < (?1, ?2))
            AND (?3 IS NULL OR name LIKE ?3 ESCAPE '\\')
        ORDER BY added_ms DESC, id DESC LIMIT ?4
        """
    case count = "SELECT count(*) FROM stack WHERE ?1 IS NULL OR name LIKE ?1 ESCAPE '\\'"
    case nameTaken = "SELECT count(*) FROM stack WHERE name = ?1"
    case insert = """
        INSERT INTO stack (id, name, version, node_red, node, abi, architecture, size, files,
            digest, added_ms, added_by)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
        """
    case delete = "DELETE FROM stack WHERE id = ?1"
    /// A snapshot keeps the stack that devices got for it first. One that no device got yet, and
    /// that names none, may get the newest.
    case uses = """
        WITH chosen AS (
            SELECT snapshot.id, snapshot.application_id,
                coalesce(
                    (SELECT substr(fingerprint, 7) FROM device_manifest
                        WHERE snapshot_id = snapshot.id AND fingerprint LIKE 'stack %'),
                    (SELECT stack.id FROM version JOIN stack ON stack.id = version.stack_id
                        WHERE version.id = snapshot.version_id)) AS stack_id
            FROM snapshot)
        SELECT text, count(*) OVER () FROM (
            SELECT 0 AS rank, 'instance “' || name || '”' AS text
            FROM instance WHERE stack_id = ?1
            UNION ALL
            SELECT 1, 'device group “' || name || '”'
            FROM device_group JOIN chosen ON chosen.id = target_snapshot_id
            WHERE chosen.stack_id = ?1
            UNION ALL
            SELECT 2, 'deployment “' || name || '”'
            FROM deployment JOIN chosen ON chosen.id = snapshot_id
            WHERE chosen.stack_id = ?1
                AND (state NOT IN ('stopped', 'finished', 'cancelled') OR EXISTS
                    (SELECT 1 FROM deployment_device WHERE deployment_id = deployment.id
                        AND deployment_device.state IN ('returning', 'sent', 'updating', 'busy')))
            UNION ALL
            SELECT 3, 'device “' || device.name || '”'
            FROM device LEFT JOIN device_group ON device_group.id = device.group_id
            LEFT JOIN chosen ON chosen.application_id = device.application_id AND chosen.id =
                coalesce(device.target_snapshot_id, device_group.target_snapshot_id)
            WHERE ?1 = coalesce(device.stack_id, chosen.stack_id, iif(chosen.id IS NULL, NULL,
                (SELECT id FROM stack ORDER BY added_ms DESC, id DESC LIMIT 1)))
        ) ORDER BY rank, text LIMIT ?2
        """
}
