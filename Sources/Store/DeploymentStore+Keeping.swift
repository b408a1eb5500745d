import Basics
package import Domain
import SQLite

extension DeploymentStore {
    /// What a machine has changed and wants.
    package struct Changes: Sendable {
        package var deployment: Deployment
        /// `nil`: as they were.
        package var steps: [DeploymentStep]?
        package var devices: [DeploymentDevice]
        package var send: [Device.ID]
        package var recall: [Device.ID]
        package var events: [AuditEvent]

        package init(
            deployment: Deployment, steps: [DeploymentStep]? = nil,
            devices: [DeploymentDevice] = [], send: [Device.ID] = [], recall: [Device.ID] = [],
            events: [AuditEvent] = []
        ) {
            self.deployment = deployment
            self.steps = steps
            self.devices = devices
            self.send = send
            self.recall = recall
            self.events = events
        }
    }

    package struct Kept: Sendable, Equatable {
        package var written: [DeploymentMachine.Written] = []
        /// Deleted, or moved to another application.
        package var gone: [Device.ID] = []
        /// What somebody else has given another target since.
        package var overtaken: [Device.ID] = []
        /// Of groups that have the snapshot as their target now, without being in the deployment.
        package var others: [Device.ID] = []
    }

    /// A new one, with its devices.
    package func insert(
        _ machine: DeploymentMachine, by actor: Actor
    ) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            let deployment = machine.deployment
            let application = try ApplicationStore.get(deployment.applicationID, in: tx)
            let snapshot = try SnapshotStore.get(deployment.snapshotID, in: tx)
            guard snapshot.applicationID == application.id else {
                throw .conflict("A deployment takes snapshots of its own application only.")
            }
            if let window = deployment.windowID,
                try MaintenanceWindowStore.get(window, in: tx).applicationID != application.id
            {
                throw .conflict("A deployment keeps to windows of its own application only.")
            }
            try tx.run(
                DeploymentSQL.insert, deployment.id, deployment.applicationID,
                deployment.snapshotID, deployment.windowID, deployment.name,
                String(decoding: deployment.plan.json, as: UTF8.self), deployment.state.rawValue,
                deployment.reason, deployment.createdAt, deployment.createdBy,
                deployment.startedAt, deployment.creator, deployment.warnings.jsonText)
            try DeploymentStore.write(machine.steps, of: deployment.id, in: tx)
            for device in machine.devices {
                try tx.run(
                    DeploymentSQL.insertDevice, deployment.id, device.id, device.step,
                    device.state.rawValue, device.changedAt)
            }
            var changes = AuditChanges()
            changes.compare("snapshot", nil, snapshot.name.text)
            changes.compare("devices", nil, machine.devices.count)
            try tx.record(
                .created(deployment.reference, team: application.teamID, changes), by: actor)
        }
    }

    /// Keeps what changed and sets the targets of devices: all of it or nothing.
    package func keep(
        _ changes: Changes, by actor: Actor = .site
    ) async throws(StoreError) -> Kept {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Kept in
            let deployment = changes.deployment
            try tx.run(
                DeploymentSQL.update, deployment.id, deployment.state.rawValue, deployment.reason,
                deployment.startedAt, deployment.finishedAt)
            if let steps = changes.steps {
                try DeploymentStore.write(steps, of: deployment.id, in: tx)
            }
            for device in changes.devices {
                try tx.run(
                    DeploymentSQL.updateDevice, deployment.id, device.id, device.step,
                    device.state.rawValue, device.text, device.attempts, device.revision,
                    device.formerSnapshotID, device.changedAt, device.sentAt, device.fetchedAt,
                    device.doneAt)
            }
            var kept = Kept()
            for id in changes.send { try DeploymentStore.send(id, deployment, &kept, in: tx) }
            for id in changes.recall { try DeploymentStore.recall(id, deployment, &kept, in: tx) }
            if deployment.state == .finished {
                try DeploymentStore.adopt(deployment, &kept, in: tx)
            }
            for event in changes.events { try tx.record(event, by: actor) }
            return kept
        }
    }

    private struct Standing {
        let application: Application.ID?
        let revision: Int64
        /// Its own, else its group's.
        let target: Snapshot.ID?
        let group: Snapshot.ID?
        let former: Snapshot.ID?
    }

    private static func standing(
        _ id: Device.ID, _ deployment: Deployment.ID, in tx: borrowing Transaction
    ) throws(StoreError) -> Standing? {
        try tx.first(DeploymentSQL.standing, deployment, id) {
            (row: borrowing Row) throws(StoreError) in
            Standing(
                application: try row.optionalID(0), revision: row.int64(1),
                target: try row.optionalID(2), group: try row.optionalID(3),
                former: try row.optionalID(4))
        }
    }

    private static func send(
        _ id: Device.ID, _ deployment: Deployment, _ kept: inout Kept,
        in tx: borrowing Transaction
    ) throws(StoreError) {
        guard let standing = try standing(id, deployment.id, in: tx),
            standing.application == deployment.applicationID
        else { return kept.gone.append(id) }
        let revision = standing.revision + 1
        // Tried again, it has the snapshot as its target already.
        let former = standing.target == deployment.snapshotID ? standing.former : standing.target
        try tx.run(DeploymentSQL.aim, id, deployment.snapshotID, revision)
        try tx.run(DeploymentSQL.sent, deployment.id, id, revision, former)
        kept.written.append(.init(id: id, revision: revision, formerSnapshotID: former))
    }

    private static func recall(
        _ id: Device.ID, _ deployment: Deployment, _ kept: inout Kept,
        in tx: borrowing Transaction
    ) throws(StoreError) {
        guard let standing = try standing(id, deployment.id, in: tx),
            standing.application == deployment.applicationID
        else { return kept.gone.append(id) }
        guard standing.target == deployment.snapshotID else { return kept.overtaken.append(id) }
        let revision = standing.revision + 1
        let target = standing.former == standing.group ? nil : standing.former
        try tx.run(DeploymentSQL.aim, id, target, revision)
        try tx.run(DeploymentSQL.recalled, deployment.id, id, revision)
        kept.written.append(
            .init(id: id, revision: revision, formerSnapshotID: standing.former))
    }

    /// Groups that have the snapshot now keep it, for whoever joins them later.
    private static func adopt(
        _ deployment: Deployment, _ kept: inout Kept, in tx: borrowing Transaction
    ) throws(StoreError) {
        for group in deployment.plan.groupIDs {
            let isNew =
                try tx.run(
                    DeploymentSQL.adoptGroup, group, deployment.snapshotID,
                    deployment.applicationID) > 0
            if isNew {
                kept.others += try tx.all(DeviceGroupSQL.raise, group) {
                    (row: borrowing Row) throws(StoreError) -> Device.ID in try row.id(0)
                }
            }
            try tx.run(DeploymentSQL.adoptDevices, group, deployment.snapshotID)
        }
    }

    private static func write(
        _ steps: [DeploymentStep], of id: Deployment.ID, in tx: borrowing Transaction
    ) throws(StoreError) {
        for (number, step) in steps.enumerated() {
            try tx.run(
                DeploymentSQL.putStep, id, number, step.name, step.state.rawValue,
                step.verdict.word, step.verdict.reason, step.startedAt, step.settledAt,
                step.finishedAt)
        }
    }
}
