import Basics
import Domain
import LinesideTesting
import Store
import Testing

@testable import Site

@Suite("When a device may switch") struct RolloutTermsTests {
    /// A Saturday, 16:07 UTC.
    static let now = Timestamp(milliseconds: 1_795_277_220_000)
    let factory: Factory
    let device: Device
    let group: DeviceGroup.ID
    let terms: RolloutTermsMaker
    let good: Snapshot
    let better: Snapshot

    /// One device in a group whose window opens on Sundays at 02:00 for an hour.
    init() async throws {
        factory = try await Factory()
        let stores = factory.stores
        device = try await factory.device("Press 4", agent: .lineside)
        good = try await factory.snapshot("Good", flows: 1)
        better = try await factory.snapshot("Better", flows: 2)
        let rule = MaintenanceWindow.Rule(
            zone: .utc, weekly: [.init(days: [0], startMinute: 120, minutes: 60)])
        let window = try await stores.windows.insert(
            Name(stored: "Sunday night"), rule, in: factory.application.id, by: .site)
        group = try await stores.deviceGroups.insert(
            .init(
                application: factory.application.id, name: Name(stored: "Presses"),
                window: window.id), by: .site
        ).listed.group.id
        _ = try await stores.deviceGroups.setDevices([device.id], of: group, by: .site)
        terms = RolloutTermsMaker(stores: stores, zones: ZoneBook(), clock: { Self.now })
    }

    func runs(_ snapshot: Snapshot?) async throws {
        var report = DeviceReport(seenAt: Self.now)
        report.snapshotID = snapshot?.id
        try await factory.stores.deviceReports.put([device.id: report])
    }

    var current: RolloutTerms {
        get async throws {
            try await terms.terms(of: try await factory.stores.devices.get(device.id))
        }
    }

    @Test("Whatever changes a device of a group waits for the group's window")
    func groupWindow() async throws {
        try await runs(good)
        let window = try #require(try await current.window)
        #expect(window.from.rfc3339 == "2026-11-22T02:00:00.000Z")
        #expect(window.to.rfc3339 == "2026-11-22T03:00:00.000Z")
        #expect(!window.admits(Self.now))
        #expect(try await current.deployment == nil)
    }

    @Test("A device on which nothing runs waits for nothing")
    func blank() async throws {
        #expect(try await current == RolloutTerms())
        try await runs(nil)
        #expect(try await current == RolloutTerms())
    }

    @Test(
        "A deployment without a window brings its snapshot at once; afterwards the group's counts")
    func deployment() async throws {
        try await runs(good)
        var deployment = try await factory.deployment(of: better, to: [device])
        #expect(try await current.window != nil, "it has told the device nothing yet")
        var changes = DeploymentStore.Changes(deployment: deployment)
        changes.send = [device.id]
        _ = try await factory.stores.deployments.keep(changes)
        #expect(try await current == RolloutTerms(deployment: deployment.id))
        deployment.state = .cancelled
        _ = try await factory.stores.deployments.keep(.init(deployment: deployment))
        #expect(try await current.deployment == deployment.id)
        #expect(try await current.window != nil)
    }
}
