import Basics
package import Domain
import SQLite

/// The test cases of instances.
package struct FlowTestStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    package func list(of instance: Instance.ID) async throws(StoreError) -> [FlowTest] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [FlowTest] in
            try tx.all(FlowTestSQL.list, instance, read: FlowTest.init(row:))
        }
    }

    package func get(
        _ id: FlowTest.ID, of instance: Instance.ID
    ) async throws(StoreError) -> FlowTest {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> FlowTest in
            try FlowTestStore.get(id, of: instance, in: tx)
        }
    }

    /// - Throws: `.conflict` where the name is taken, or there are 100 already.
    package func insert(
        _ test: FlowTestCase, for id: Instance.ID, by actor: Actor
    ) async throws(StoreError) -> FlowTest {
        try await insert([test], for: id, by: actor)[0]
    }

    /// All of them or none.
    package func insert(
        _ tests: [FlowTestCase], for id: Instance.ID, by actor: Actor
    ) async throws(StoreError) -> [FlowTest] {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> [FlowTest] in
            let instance = try InstanceStore.get(id, in: tx)
            var inserted: [FlowTest] = []
            for test in tests {
                try Self.requireFree(test.name, of: id, but: nil, in: tx)
                guard try tx.count(FlowTestSQL.count, id) < FlowTest.maximumCount else {
                    throw .conflict("An instance has at most \(FlowTest.maximumCount) tests.")
                }
                let kept = FlowTest(
                    id: .random(), instanceID: id, name: test.name, definition: test.definition,
                    createdAt: tx.now, updatedAt: tx.now)
                try tx.run(FlowTestSQL.insert, kept.id, id, kept.name, text(of: test), tx.now)
                try tx.record(Self.event("created", test.name, of: instance), by: actor)
                inserted.append(kept)
            }
            return inserted
        }
    }

    package func replace(
        _ id: FlowTest.ID, of instanceID: Instance.ID, with test: FlowTestCase, by actor: Actor
    ) async throws(StoreError) -> FlowTest {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> FlowTest in
            let instance = try InstanceStore.get(instanceID, in: tx)
            let former = try Self.get(id, of: instanceID, in: tx)
            guard former.definition != test.definition else { return former }
            try Self.requireFree(test.name, of: instanceID, but: id, in: tx)
            try tx.run(FlowTestSQL.update, id, test.name, text(of: test), tx.now)
            try tx.record(Self.event("changed", test.name, of: instance), by: actor)
            return FlowTest(
                id: id, instanceID: instanceID, name: test.name, definition: test.definition,
                createdAt: former.createdAt, updatedAt: tx.now)
        }
    }

    package func delete(
        _ id: FlowTest.ID, of instanceID: Instance.ID, by actor: Actor
    ) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let instance = try InstanceStore.get(instanceID, in: tx)
            let test = try Self.get(id, of: instanceID, in: tx)
            try tx.run(FlowTestSQL.delete, id)
            try tx.record(Self.event("removed", test.name, of: instance), by: actor)
        }
    }

    private func text(of test: FlowTestCase) -> String {
        String(decoding: test.definition.json, as: UTF8.self)
    }

    private static func event(
        _ what: String, _ name: Name<FlowTest>, of instance: Instance
    ) -> AuditEvent {
        AuditEvent(
            kind: "flow-test.\(what)", object: instance.reference, teamID: instance.teamID,
            text: "Test “\(name)” of instance “\(instance.name)” \(what)")
    }

    private static func get(
        _ id: FlowTest.ID, of instance: Instance.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> FlowTest {
        try tx.one("The test", FlowTestSQL.get, id, instance, read: FlowTest.init(row:))
    }

    private static func requireFree(
        _ name: Name<FlowTest>, of instance: Instance.ID, but own: FlowTest.ID?,
        in tx: borrowing Transaction
    ) throws(StoreError) {
        guard try tx.count(FlowTestSQL.nameTaken, instance, name, own?.text ?? "") == 0 else {
            throw .conflict("The instance has a test “\(name)” already.")
        }
    }
}

extension FlowTest {
    init(row: borrowing Row) throws(StoreError) {
        guard let definition = try? JSONReader.read(Array(row.text(3).utf8)).object else {
            throw .corrupt
        }
        self.init(
            id: try row.id(0), instanceID: try row.id(1), name: Name(stored: row.text(2)),
            definition: definition, createdAt: row.timestamp(4), updatedAt: row.timestamp(5))
    }
}

enum FlowTestSQL: String, CaseIterable {
    case list = """
        SELECT id, instance_id, name, definition, created_ms, updated_ms FROM flow_test
        WHERE instance_id = ?1 ORDER BY name
        """
    case get = """
        SELECT id, instance_id, name, definition, created_ms, updated_ms FROM flow_test
        WHERE id = ?1 AND instance_id = ?2
        """
    case count = "SELECT count(*) FROM flow_test WHERE instance_id = ?1"
    case nameTaken = """
        SELECT count(*) FROM flow_test WHERE instance_id = ?1 AND name = ?2 AND id <> ?3
        """
    case insert = """
        INSERT INTO flow_test (id, instance_id, name, definition, created_ms, updated_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?5)
        """
    case update = """
        UPDATE flow_test SET name = ?2, definition = ?3, updated_ms = ?4 WHERE id = ?1
        """
    case delete = "DELETE FROM flow_test WHERE id = ?1"
}
