import Basics
package import Domain
import SQLite

/// What came of running the tests of instances.
package struct FlowTestRunStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    package func get(
        _ id: FlowTestRun.ID, of instance: Instance.ID
    ) async throws(StoreError) -> FlowTestRun {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> FlowTestRun in
            try tx.one(
                "The test run", FlowTestRunSQL.get, id, instance, read: FlowTestRun.init(row:))
        }
    }

    /// The newest first.
    package func list(
        of instance: Instance.ID, _ request: PageRequest = PageRequest()
    ) async throws(StoreError) -> Page<FlowTestRun> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<FlowTestRun> in
            let found = try tx.all(
                FlowTestRunSQL.list, instance, request.number(0), request.key(1),
                request.limit + 1, read: FlowTestRun.init(row:))
            let count = try tx.count(FlowTestRunSQL.count, instance)
            return Page(found: found, request: request, count: count) {
                [String($0.startedAt.milliseconds), $0.id.text]
            }
        }
    }

    /// The newest run over each of these versions that has one.
    package func newest(
        over versions: [Version.ID]
    ) async throws(StoreError) -> [Version.ID: FlowTestRun] {
        guard !versions.isEmpty else { return [:] }
        let runs = try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [FlowTestRun] in
            try tx.all(
                FlowTestRunSQL.newest, versions.map(\.text).jsonText, read: FlowTestRun.init(row:))
        }
        var found: [Version.ID: FlowTestRun] = [:]
        for run in runs { if let version = run.versionID { found[version] = run } }
        return found
    }

    /// A run that begins; old ones of the instance are forgotten.
    package func insert(_ run: FlowTestRun, by actor: Actor) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let instance = try InstanceStore.get(run.instanceID, in: tx)
            try tx.run(
                FlowTestRunSQL.insert, run.id, run.instanceID, run.versionID, run.versionNumber,
                run.startedAt, run.by, run.state.rawValue, run.result.storedText)
            try tx.run(FlowTestRunSQL.forget, run.instanceID, FlowTestRun.kept)
            try tx.record(
                AuditEvent(
                    kind: "flow-test.started", object: instance.reference,
                    teamID: instance.teamID,
                    text: "Tests of instance “\(instance.name)” started over version "
                        + "\(run.versionNumber): \(run.result.cases.count)"), by: actor)
        }
    }

    /// That somebody broke a run off.
    package func recordStop(
        of instance: Instance.ID, by actor: Actor
    ) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let instance = try InstanceStore.get(instance, in: tx)
            try tx.record(
                AuditEvent(
                    kind: "flow-test.stopped", object: instance.reference,
                    teamID: instance.teamID,
                    text: "A run of the tests of instance “\(instance.name)” was stopped"),
                by: actor)
        }
    }

    /// How far it is. A run of an instance that is gone is nobody's.
    package func update(_ run: FlowTestRun) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(
                FlowTestRunSQL.update, run.id, run.finishedAt, run.state.rawValue, run.passed,
                run.failed, run.result.storedText)
        }
    }

    /// Runs that nobody runs any more: the appliance was ended in the middle of them.
    package func unfinished() async throws(StoreError) -> [FlowTestRun] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [FlowTestRun] in
            try tx.all(FlowTestRunSQL.unfinished, read: FlowTestRun.init(row:))
        }
    }
}

extension FlowTestResult {
    fileprivate var storedText: String { String(decoding: json, as: UTF8.self) }
}

extension FlowTestRun {
    init(row: borrowing Row) throws(StoreError) {
        let text = Array(row.text(8).utf8)
        guard let result = try? JSONReader.read(text, limit: text.count).object else {
            throw .corrupt
        }
        self.init(
            id: try row.id(0), instanceID: try row.id(1), versionID: try row.optionalID(2),
            versionNumber: row.int(3), startedAt: row.timestamp(4),
            finishedAt: row.optionalTimestamp(5), by: row.optionalText(6),
            state: try row.word(7), result: FlowTestResult(result))
    }
}

enum FlowTestRunSQL: String, CaseIterable {
    case get = """
        SELECT id, instance_id, version_id, version_number, started_ms, finished_ms, by_name,
            state, result
        FROM flow_test_run WHERE id = ?1 AND instance_id = ?2
        """
    case list = """
        SELECT id, instance_id, version_id, version_number, started_ms, finished_ms, by_name,
            state, result
        FROM flow_test_run
        WHERE instance_id = ?1 AND (?2 IS NULL OR (started_ms, id) < (?2, ?3))
        ORDER BY started_ms DESC, id DESC LIMIT ?4
        """
    case count = "SELECT count(*) FROM flow_test_run WHERE instance_id = ?1"
    /// The newest last, so that it wins.
    case newest = """
        SELECT id, instance_id, version_id, version_number, started_ms, finished_ms, by_name,
            state, result
        FROM flow_test_run AS run
        WHERE version_id IN (SELECT value FROM json_each(?1)) AND NOT EXISTS
            (SELECT 1 FROM flow_test_run AS later
             WHERE later.version_id = run.version_id AND later.started_ms > run.started_ms)
        ORDER BY started_ms, id
        """
    case insert = """
        INSERT INTO flow_test_run (id, instance_id, version_id, version_number, started_ms,
            by_name, state, passed, failed, result)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, ?8)
        """
    case forget = """
        DELETE FROM flow_test_run WHERE instance_id = ?1 AND finished_ms IS NOT NULL AND id NOT IN
            (SELECT id FROM flow_test_run WHERE instance_id = ?1
             ORDER BY started_ms DESC, id DESC LIMIT ?2)
        """
    case update = """
        UPDATE flow_test_run
        SET finished_ms = ?2, state = ?3, passed = ?4, failed = ?5, result = ?6
        WHERE id = ?1
        """
    case unfinished = """
        SELECT id, instance_id, version_id, version_number, started_ms, finished_ms, by_name,
            state, result
        FROM flow_test_run WHERE finished_ms IS NULL
        """
}
