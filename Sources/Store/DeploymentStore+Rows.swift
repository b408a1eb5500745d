import Basics
import Domain
import SQLite

/// Parts of a transaction.
extension DeploymentStore {
    /// By deployment and step.
    static func counts(
        of ids: [Deployment.ID], in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> [Deployment.ID: [Int: RolloutCounts]] {
        typealias Count = (Deployment.ID, Int, DeploymentDevice.State, Int)
        let found = try tx.all(DeploymentSQL.counts, ids.map(\.text).jsonText) {
            (row: borrowing Row) throws(StoreError) -> Count in
            (try row.id(0), row.int(1), try row.word(2), row.int(3))
        }
        var counts: [Deployment.ID: [Int: RolloutCounts]] = [:]
        for (id, step, state, count) in found {
            counts[id, default: [:]][step, default: RolloutCounts()].add(state, count)
        }
        return counts
    }

    static func machine(
        _ deployment: Deployment, now: Timestamp, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> DeploymentMachine {
        DeploymentMachine(
            deployment,
            steps: try tx.all(
                DeploymentSQL.steps, deployment.id, read: DeploymentStep.init(row:)),
            devices: try tx.all(DeploymentSQL.allDevices, deployment.id) {
                (row: borrowing Row) throws(StoreError) in try DeploymentDevice(row: row)
            }, now: now)
    }
}

extension RolloutCounts {
    init(joining parts: [RolloutCounts]) {
        self.init()
        for part in parts { for (state, count) in part.byState { add(state, count) } }
    }
}

extension DeploymentStore.Listed {
    init(row: borrowing Row) throws(StoreError) {
        let plan: RolloutPlan
        do {
            guard let object = try JSONReader.read(Array(row.text(7).utf8)).object else {
                throw StoreError.corrupt
            }
            plan = try RolloutPlan(json: object)
        } catch { throw .corrupt }
        self.init(
            deployment: Deployment(
                id: try row.id(0), organizationID: try row.id(1), teamID: try row.id(2),
                applicationID: try row.id(3), snapshotID: try row.id(4),
                windowID: try row.optionalID(5), name: Name(stored: row.text(6)), plan: plan,
                state: try row.word(8), reason: row.optionalText(9),
                createdAt: row.timestamp(10), createdBy: row.text(11),
                creator: try row.optionalID(16),
                warnings: (try? JSONReader.read(Array(row.text(17).utf8)))?.array?
                    .compactMap(\.string) ?? [],
                startedAt: row.optionalTimestamp(12), finishedAt: row.optionalTimestamp(13)),
            snapshotName: row.text(14), windowName: row.optionalText(15),
            counts: RolloutCounts())
    }
}

extension DeploymentStep {
    init(row: borrowing Row) throws(StoreError) {
        let reason = row.text(3)
        let verdict: RolloutVerdict =
            switch row.text(2) {
            case "advance": .advance
            case "stop": .stop(reason)
            default: .hold(reason)
            }
        self.init(
            name: row.text(0), state: try row.word(1), verdict: verdict,
            startedAt: row.optionalTimestamp(4), settledAt: row.optionalTimestamp(5),
            finishedAt: row.optionalTimestamp(6))
    }
}

extension DeploymentDevice {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            id: try row.id(0), step: row.int(1), state: try row.word(2),
            text: row.optionalText(3), attempts: row.int(4), revision: row.optionalInt64(5),
            formerSnapshotID: try row.optionalID(6), changedAt: row.timestamp(7),
            sentAt: row.optionalTimestamp(8), fetchedAt: row.optionalTimestamp(9),
            doneAt: row.optionalTimestamp(10))
    }
}

extension DeploymentStore.ListedDevice {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            device: try DeploymentDevice(row: row), name: row.text(11),
            formerName: row.optionalText(12))
    }
}

extension DeploymentStore.Candidate {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            id: try row.id(0), name: row.text(1), agent: row.isNull(2) ? nil : try row.word(2),
            stackID: try row.optionalID(3), groupID: try row.optionalID(4),
            architecture: row.optionalText(5))
    }
}
