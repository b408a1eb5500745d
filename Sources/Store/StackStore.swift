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

    /// - Throws: `.notFound`; `.conflict` while instances run on it.
    package func delete(_ id: Stack.ID, by actor: Actor) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let stack = try StackStore.get(id, in: tx)
            guard stack.instances == 0 else {
                throw .conflict(
                    "\(stack.instances) instances use this stack: give them another one first.")
            }
            try tx.run(StackSQL.delete, id)
            try tx.record(.removed(stack.reference), by: actor)
        }
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
}
