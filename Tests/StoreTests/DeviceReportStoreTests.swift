import Basics
import Domain
import LinesideTesting
import Store
import Testing

@Suite("Reports of devices") struct DeviceReportStoreTests {
    @Test("What a device said last comes out as it went in, and a later report takes its place")
    func roundTrip() async throws {
        let factory = try await Factory()
        let reports = factory.stores.deviceReports
        let device = try await factory.device("Press 4")
        #expect(try await reports.find(device.id) == nil)
        var report = DeviceReport(
            seenAt: Timestamp(milliseconds: 1_000), address: "10.0.0.7", state: .running,
            mode: .developer, run: .running, snapshotID: .random(), revision: 7, settings: "abc",
            step: .init(
                phase: .probation, revision: 8, deployment: "d", done: 1, of: 2, reason: "soon",
                until: Timestamp(milliseconds: 9)),
            problem: "slow", agentVersion: "4.2.1", nodeVersion: "v20", nodeREDVersion: "4.1.3",
            uptimeSeconds: 12, clock: Timestamp(milliseconds: 5), bootID: "b", serial: "s",
            packages: [NodeModule(name: "node-red", version: "4.1.3")])
        try await reports.put([device.id: report])
        #expect(try await reports.find(device.id) == report)
        report = DeviceReport(seenAt: Timestamp(milliseconds: 2_000), state: .stopped)
        try await reports.put([device.id: report])
        #expect(try await reports.all() == [device.id: report])
    }

    @Test("A device that is gone meanwhile spoils nobody's report")
    func gone() async throws {
        let factory = try await Factory()
        let device = try await factory.device("Press 4")
        let report = DeviceReport(seenAt: Timestamp(milliseconds: 1), state: .running)
        try await factory.stores.deviceReports.put([.random(): report, device.id: report])
        #expect(try await factory.stores.deviceReports.all() == [device.id: report])
        _ = try await factory.stores.devices.delete(device.id, by: .site)
        #expect(try await factory.stores.deviceReports.all() == [:])
    }

    @Test("A bearer token finds its device until there is another one")
    func secrets() async throws {
        let factory = try await Factory()
        let made = try await factory.device("Press 4")
        let device = try await factory.stores.devices.update(made.id, by: .site) {
            $0.agent = .stock
        }
        let secrets = factory.stores.deviceSecrets
        try await factory.stores.registry.write {
            (tx: borrowing Transaction) throws(StoreError) in
            try DeviceSecretStore.put(device.id, tokenHash: [1], brokerHash: [2], in: tx)
        }
        #expect(try await secrets.device(tokenHash: [1]) == device)
        try await factory.stores.registry.write {
            (tx: borrowing Transaction) throws(StoreError) in
            try DeviceSecretStore.put(device.id, tokenHash: [3], brokerHash: [4], in: tx)
        }
        #expect(try await secrets.device(tokenHash: [1]) == nil)
        #expect(try await secrets.find(device.id)?.brokerHash == [4])
        #expect(try await secrets.all().count == 1)
    }
}
