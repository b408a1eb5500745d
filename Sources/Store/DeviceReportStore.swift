import Basics
package import Domain
import SQLite

/// What devices said last. Nobody's deed, so nothing of it is an audit event; thousands report at
/// once, so that a batch of them is one transaction.
package struct DeviceReportStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    /// Of a device that is gone meanwhile nothing is kept.
    package func put(_ reports: [Device.ID: DeviceReport]) async throws(StoreError) {
        guard !reports.isEmpty else { return }
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            for (id, report) in reports {
                try tx.run(
                    DeviceReportSQL.put, id, report.seenAt, report.address, report.state.rawValue,
                    report.snapshotID, report.revision, report.step.phase.rawValue,
                    report.problem, String(decoding: report.json, as: UTF8.self))
            }
        }
    }

    package func find(_ id: Device.ID) async throws(StoreError) -> DeviceReport? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> DeviceReport? in
            try tx.first(DeviceReportSQL.get, id) {
                (row: borrowing Row) throws(StoreError) in try DeviceReport(row: row)
            }
        }
    }

    /// Of the whole site; for the fleet at start.
    package func all() async throws(StoreError) -> [Device.ID: DeviceReport] {
        let found = try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [(Device.ID, DeviceReport)] in
            try tx.all(DeviceReportSQL.all) { (row: borrowing Row) throws(StoreError) in
                (try row.id(0), try DeviceReport(row: row))
            }
        }
        return Dictionary(found) { _, last in last }
    }
}

extension DeviceReport {
    fileprivate init(row: borrowing Row) throws(StoreError) {
        self.init(
            seenAt: row.timestamp(1), address: row.optionalText(2), state: try row.word(3),
            snapshotID: try row.optionalID(4), revision: row.optionalInt64(5),
            step: Step(phase: try row.word(6)), problem: row.optionalText(7))
        guard let object = try? JSONReader.read(Array(row.text(8).utf8)).object else {
            throw .corrupt
        }
        read(stored: object)
    }
}

enum DeviceReportSQL: String, CaseIterable {
    case put = """
        INSERT INTO device_report (device_id, seen_ms, address, state, snapshot_id, revision,
            phase, problem, report)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM device WHERE id = ?1
        ON CONFLICT (device_id) DO UPDATE SET seen_ms = excluded.seen_ms,
            address = excluded.address, state = excluded.state,
            snapshot_id = excluded.snapshot_id, revision = excluded.revision,
            phase = excluded.phase, problem = excluded.problem, report = excluded.report
        """
    case get = """
        SELECT device_id, seen_ms, address, state, snapshot_id, revision, phase, problem, report
        FROM device_report WHERE device_id = ?1
        """
    case all = """
        SELECT device_id, seen_ms, address, state, snapshot_id, revision, phase, problem, report
        FROM device_report
        """
}
