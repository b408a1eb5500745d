import Basics
import Domain
import LinesideTesting
import Store
import Testing

@Suite("Devices") struct DeviceStoreTests {
    @Test("What was put in comes out, and each change raises the revision")
    func roundTrip() async throws {
        let factory = try await Factory()
        let device = try await factory.device("Press 4")
        #expect(try await factory.stores.devices.get(device.id) == device)
        #expect(device.revision == 1)
        let settings = DeviceSettings(
            heapMB: 256, port: 1881, paletteInstall: true,
            localLogin: .init(name: "line", passwordHash: "h"), httpAuth: nil,
            timeZone: try TimeZoneName(validating: "Europe/Berlin"), logLevel: .warn,
            nodeREDVersion: "4.1.3", probationSeconds: 30)
        let tag = try DeviceTag(validating: "line=3")
        let changed = try await factory.stores.devices.update(device.id, by: .site) {
            $0.settings = settings
            $0.tags = [tag]
            $0.agent = .lineside
        }
        #expect(changed.revision == 2)
        let read = try await factory.stores.devices.get(device.id)
        #expect(read == changed)
        #expect(read.settings == settings)
        let same = try await factory.stores.devices.update(device.id, by: .site) { $0.tags = [tag] }
        #expect(same.revision == 2)
        let found = try await factory.stores.devices.list(.init(tag: tag))
        #expect(found.items == [read])
        let secrets = try await factory.stores.devices.secrets(of: device.id)
        #expect(secrets == DeviceSecrets(credentialSecret: [1], pageSecret: [2]))
    }

    @Test("A name is alone in its team, and an application is one of the device's team")
    func refusals() async throws {
        let factory = try await Factory()
        let device = try await factory.device("Press 4")
        await #expect(throws: StoreError.self) { try await factory.device("press 4") }
        let other = try await factory.application(
            "Far", in: try await factory.team("Far away"))
        await #expect(throws: StoreError.self) {
            try await factory.stores.devices.update(device.id, by: .site) {
                $0.applicationID = other.id
            }
        }
        #expect(try await factory.stores.devices.get(device.id) == device)
    }

    @Test("A list shows whole teams, or the devices of some applications")
    func visible() async throws {
        let factory = try await Factory()
        let device = try await factory.device("Press 4")
        let unassigned = try await factory.device("Press 5", in: .some(nil))
        let everything = DeviceStore.Filter.Visible(teams: [factory.team.id], applications: [])
        #expect(
            try await factory.stores.devices.list(.init(visible: everything)).items
                == [device, unassigned])
        let some = DeviceStore.Filter.Visible(teams: [], applications: [factory.application.id])
        #expect(try await factory.stores.devices.list(.init(visible: some)).items == [device])
        let none = DeviceStore.Filter.Visible(teams: [], applications: [])
        #expect(try await factory.stores.devices.list(.init(visible: none)).count == 0)
    }

    @Test("What devices are to run and where they belong cannot be deleted under them")
    func holds() async throws {
        let factory = try await Factory()
        let instance = try await factory.instance("OEE")
        let version = try await factory.version(of: instance, flows: 1)
        let snapshot = try await factory.stores.snapshots.insert(
            Name(stored: "First"), note: .empty, of: version.id, in: instance.id, by: .site)
        let device = try await factory.device("Press 4")
        let target = snapshot.id
        _ = try await factory.stores.devices.update(device.id, by: .site) {
            $0.targetSnapshotID = target
        }
        await #expect(throws: StoreError.self) {
            try await factory.stores.snapshots.delete(snapshot.id, by: .site)
        }
        try await factory.stores.instances.delete(instance.id, by: .site)
        await #expect(throws: StoreError.self) {
            try await factory.stores.applications.delete(factory.application.id, by: .site)
        }
        await #expect(throws: StoreError.self) {
            try await factory.stores.teams.delete(factory.team.id, by: .site)
        }
        _ = try await factory.stores.devices.delete(device.id, by: .site)
        try await factory.stores.applications.delete(factory.application.id, by: .site)
    }
}
