package import Basics
package import Domain
import SQLite

/// Deployments, and what they write into the rows of their devices: always in one transaction.
package struct DeploymentStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    /// A deployment with what a list shows beside it.
    package struct Listed: Sendable, Equatable {
        package var deployment: Deployment
        package var snapshotName: String
        package var windowName: String?
        package var counts: RolloutCounts
    }

    package struct ListedDevice: Sendable, Equatable {
        package var device: DeploymentDevice
        package var name: String
        package var formerName: String?
    }

    /// A device that a deployment may take in.
    package struct Candidate: Sendable, Equatable {
        package var id: Device.ID
        package var name: String
        package var agent: Device.Agent?
        package var stackID: Stack.ID?
        package var groupID: DeviceGroup.ID?
        /// As it reported it, in the words of Node.js; `nil`: it never did.
        package var architecture: String?
    }

    package func get(_ id: Deployment.ID) async throws(StoreError) -> Listed {
        try await database.read { (tx: borrowing ReadTransaction) throws(StoreError) -> Listed in
            var listed = try tx.one(
                "The deployment", DeploymentSQL.get, id, read: Listed.init(row:))
            let counts = try DeploymentStore.counts(of: [id], in: tx)
            listed.counts = RolloutCounts(joining: counts[id]?.values.map { $0 } ?? [])
            return listed
        }
    }

    /// The newest first.
    /// - Parameters: `nil` for any.
    package func list(
        of application: Application.ID? = nil, device: Device.ID? = nil,
        visible: [Application.ID]? = nil, _ request: PageRequest = PageRequest()
    ) async throws(StoreError) -> Page<Listed> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<Listed> in
            let visible = visible?.map(\.text).jsonText
            var found = try tx.all(
                DeploymentSQL.list, request.number(0), request.key(1), application, device,
                visible, request.pattern, request.limit + 1, read: Listed.init(row:))
            let counts = try DeploymentStore.counts(of: found.map(\.deployment.id), in: tx)
            for index in found.indices {
                let steps = counts[found[index].deployment.id]?.values.map { $0 } ?? []
                found[index].counts = RolloutCounts(joining: steps)
            }
            let count = try tx.count(
                DeploymentSQL.count, application, device, visible, request.pattern)
            return Page(found: found, request: request, count: count) {
                [String($0.deployment.createdAt.milliseconds), $0.deployment.id.text]
            }
        }
    }

    /// How many are not over, by how they stand.
    /// - Parameter visible: `nil` for all.
    package func active(
        visible: [Application.ID]? = nil
    ) async throws(StoreError) -> [Deployment.State: Int] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [Deployment.State: Int] in
            var counts: [Deployment.State: Int] = [:]
            let rows = try tx.all(
                DeploymentSQL.active, visible?.map(\.text).jsonText
            ) { (row: borrowing Row) throws(StoreError) -> (Deployment.State, Int) in
                (try row.word(0), row.int(1))
            }
            for (state, count) in rows { counts[state] = count }
            return counts
        }
    }

    /// Its steps with their devices counted.
    package func steps(
        of id: Deployment.ID
    ) async throws(StoreError) -> [(step: DeploymentStep, counts: RolloutCounts)] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [(DeploymentStep, RolloutCounts)]
            in
            let counts = try DeploymentStore.counts(of: [id], in: tx)[id] ?? [:]
            return try tx.all(DeploymentSQL.steps, id, read: DeploymentStep.init(row:))
                .enumerated().map { ($1, counts[$0] ?? RolloutCounts()) }
        }
    }

    /// By step and name.
    package func devices(
        of id: Deployment.ID, state: DeploymentDevice.State? = nil,
        _ request: PageRequest = PageRequest()
    ) async throws(StoreError) -> Page<ListedDevice> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<ListedDevice> in
            let found = try tx.all(
                DeploymentSQL.devices, id, request.number(0), request.key(1), request.key(2),
                state?.rawValue, request.pattern, request.limit + 1, read: ListedDevice.init(row:))
            let count = try tx.count(
                DeploymentSQL.deviceCount, id, state?.rawValue, request.pattern)
            return Page(found: found, request: request, count: count) {
                [String($0.device.step), $0.name, $0.device.id.text]
            }
        }
    }

    /// The machines of deployments that are not over, or whose devices are still on their way.
    package func unfinished(
        now: Timestamp
    ) async throws(StoreError) -> [DeploymentMachine] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [DeploymentMachine] in
            try tx.all(DeploymentSQL.unfinished, read: Listed.init(row:)).map {
                (listed) throws(StoreError) in
                try DeploymentStore.machine(listed.deployment, now: now, in: tx)
            }
        }
    }

    /// The deployment that told a device last what it shall run.
    package struct Claim: Sendable, Equatable {
        package var deployment: Deployment.ID
        package var window: MaintenanceWindow.ID?
        package var isOver: Bool
        /// From 1 on.
        package var attempt: Int
    }

    /// `nil` where the device is to run something else by now.
    package func claim(on device: Device.ID) async throws(StoreError) -> Claim? {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> Claim? in
            try tx.first(DeploymentSQL.claim, device) {
                (row: borrowing Row) throws(StoreError) in
                let state: Deployment.State = try row.word(2)
                return Claim(
                    deployment: try row.id(0), window: try row.optionalID(1),
                    isOver: state.isOver, attempt: row.int(3))
            }
        }
    }

    /// Those that were deleted or moved since the deployment took them in.
    package func strangers(
        among devices: [Device.ID], to id: Deployment.ID
    ) async throws(StoreError) -> [Device.ID] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [Device.ID] in
            try tx.all(DeploymentSQL.strangers, id, devices.map(\.text).jsonText) {
                (row: borrowing Row) throws(StoreError) in try row.id(0)
            }
        }
    }

    package func machine(
        of id: Deployment.ID, now: Timestamp
    ) async throws(StoreError) -> DeploymentMachine {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> DeploymentMachine in
            let listed = try tx.one(
                "The deployment", DeploymentSQL.get, id, read: Listed.init(row:))
            return try DeploymentStore.machine(listed.deployment, now: now, in: tx)
        }
    }

    /// Devices of an application: those of the groups and those that are named.
    package func candidates(
        in application: Application.ID, groups: [DeviceGroup.ID], devices: [Device.ID]
    ) async throws(StoreError) -> [Candidate] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [Candidate] in
            try tx.all(
                DeploymentSQL.candidates, application, groups.map(\.text).jsonText,
                devices.map(\.text).jsonText, read: Candidate.init(row:))
        }
    }

    /// How long the last devices of an application took, in seconds: to fetch, and to switch and
    /// prove themselves. Nine of ten were no slower. `nil`: nothing was measured.
    package func measured(
        in application: Application.ID
    ) async throws(StoreError) -> (fetch: Int, switching: Int)? {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> (fetch: Int, switching: Int)? in
            let found = try tx.all(DeploymentSQL.measured, application) {
                (row: borrowing Row) throws(StoreError) in (row.int(0), row.int(1))
            }
            guard !found.isEmpty else { return nil }
            func slow(_ values: [Int]) -> Int {
                let sorted = values.map { max(0, $0) }.sorted()
                return (sorted[min(sorted.count - 1, sorted.count * 9 / 10)] + 999) / 1000
            }
            return (slow(found.map(\.0)), slow(found.map(\.1)))
        }
    }
}
