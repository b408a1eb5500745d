import Basics
import Domain
import LinesideTesting
import Store
import Testing

@Suite("Stacks that are used") struct StackStoreTests {
    let factory: Factory
    let stores: Stores
    let stack: Stack

    init() async throws {
        factory = try await Factory()
        stores = factory.stores
        stack = try await factory.stack("Old")
        // Whatever names no stack runs on this one.
        _ = try await factory.stack("New", addedAt: .now() + .seconds(60))
    }

    /// Made on the old stack.
    func snapshot(_ name: String) async throws -> Snapshot {
        let instance = try await factory.instance(name)
        let version = try await stores.versions.append(
            VersionStore.Draft(
                instance: instance.id, spoolID: nil, at: .now(), by: nil, source: .api,
                summary: "", flows: Factory.blob(1), credentials: nil, modules: [],
                stack: stack.id), by: .site)
        return try await stores.snapshots.insert(
            Name(validating: name), note: .empty, of: version.id, in: instance.id, by: .site)
    }

    func refusal() async throws -> String {
        let error = await #expect(throws: StoreError.self) {
            try await stores.stacks.delete(stack.id, by: .site)
        }
        guard case .conflict(let sentence) = error else { return "\(String(describing: error))" }
        return sentence
    }

    @Test("The stack that a device was given stays")
    func ofDevice() async throws {
        let device = try await factory.device("Press 4")
        _ = try await stores.devices.update(device.id, by: .site) { $0.stackID = stack.id }
        #expect(
            try await refusal() == "Old is used by device “Press 4”: give them another stack first."
        )
        _ = try await stores.devices.update(device.id, by: .site) { $0.stackID = nil }
        try await stores.stacks.delete(stack.id, by: .site)
    }

    @Test("The stack of a snapshot that a device, a group or a deployment is to run stays")
    func ofSnapshot() async throws {
        let snapshot = try await snapshot("Good")
        let device = try await factory.device("Press 4")
        _ = try await stores.devices.update(device.id, by: .site) {
            $0.targetSnapshotID = snapshot.id
        }
        #expect(try await refusal().contains("device “Press 4”"))
        _ = try await stores.devices.update(device.id, by: .site) { $0.targetSnapshotID = nil }

        let group = try await stores.deviceGroups.insert(
            .init(application: factory.application.id, name: Name(stored: "Hall 2")), by: .site
        ).listed.group
        _ = try await stores.deviceGroups.update(group.id, by: .site) { $0.target = snapshot.id }
        _ = try await stores.deviceGroups.setDevices([device.id], of: group.id, by: .site)
        let both = try await refusal()
        #expect(both.contains("device group “Hall 2”") && both.contains("device “Press 4”"))
        _ = try await stores.deviceGroups.update(group.id, by: .site) { $0.target = nil }

        var deployment = try await factory.deployment(of: snapshot, to: [device])
        #expect(try await refusal().contains("deployment “Good”"))
        deployment.state = .cancelled
        _ = try await stores.deployments.keep(.init(deployment: deployment))
        try await stores.stacks.delete(stack.id, by: .site)
    }

    @Test("The newest stays while a device runs a snapshot that names none")
    func ofNobody() async throws {
        try await stores.stacks.delete(stack.id, by: .site)
        let newest = try #require(try await stores.stacks.list().items.first)
        let device = try await factory.device("Press 4")
        let snapshot = try await factory.snapshot("Plain", flows: 1)
        _ = try await stores.devices.update(device.id, by: .site) {
            $0.targetSnapshotID = snapshot.id
        }
        await #expect(throws: StoreError.self) {
            try await stores.stacks.delete(newest.id, by: .site)
        }
        _ = try await stores.devices.update(device.id, by: .site) { $0.targetSnapshotID = nil }
        try await stores.stacks.delete(newest.id, by: .site)
    }

    @Test("Of hundreds that use it the first are named and the others counted")
    func many() async throws {
        for number in 1...25 {
            let device = try await factory.device("Box \(number)")
            _ = try await stores.devices.update(device.id, by: .site) { $0.stackID = stack.id }
        }
        let sentence = try await refusal()
        #expect(sentence.contains("6 more") && sentence.split(separator: ",").count == 20)
    }
}
