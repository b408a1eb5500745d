import Basics
import Domain
import LinesideTesting
import Store
import Testing

@Suite("Device groups") struct DeviceGroupStoreTests {
    private func group(
        _ name: String, _ filter: DeviceFilter?, in factory: Factory
    ) async throws -> DeviceGroupStore.Changed {
        try await factory.stores.deviceGroups.insert(
            .init(
                application: factory.application.id, name: Name(stored: name), filter: filter),
            by: .site)
    }

    @Test("A group with a filter gathers what matches, at once and whenever a device changes")
    func gathers() async throws {
        let factory = try await Factory()
        let stores = factory.stores
        let press = try await factory.device("Press 4")
        let oven = try await factory.device("Oven")
        let made = try await group("Presses", DeviceFilter(namePattern: "press"), in: factory)
        #expect(made.devices == [press.id])
        #expect(made.listed.group.deviceCount == 1)
        let id = made.listed.group.id
        let snapshot = try await factory.snapshot("Good", flows: 1)
        let aimed = try await stores.deviceGroups.update(id, by: .site) {
            $0.target = snapshot.id
        }
        #expect(aimed.devices == [press.id])
        let before = try await stores.devices.get(oven.id)
        let renamed = try await stores.devices.update(oven.id, by: .site) {
            $0.name = Name(stored: "Press oven")
        }
        #expect(renamed.groupID == id)
        #expect(renamed.revision == before.revision + 1)
        let left = try await stores.devices.update(press.id, by: .site) {
            $0.name = Name(stored: "Mill")
        }
        #expect(left.groupID == nil)
        #expect(try await factory.device("Press 9").groupID == id)
        let gone = try await stores.deviceGroups.delete(id, by: .site)
        #expect(gone.count == 2)
        #expect(try await stores.devices.get(oven.id).groupID == nil)
    }

    @Test("Who was put into a group stays there; nobody is put into one that gathers")
    func picked() async throws {
        let factory = try await Factory()
        let stores = factory.stores
        let press = try await factory.device("Press 4")
        let fixed = try await group("Fixed", nil, in: factory).listed.group.id
        let set = try await stores.deviceGroups.setDevices([press.id], of: fixed, by: .site)
        #expect(set.devices == [press.id])
        let filter = DeviceFilter(namePattern: "press")
        let gathering = try await group("Presses", filter, in: factory)
        #expect(gathering.devices == [])
        await #expect(throws: StoreError.self) {
            try await stores.deviceGroups.setDevices(
                [press.id], of: gathering.listed.group.id, by: .site)
        }
        await #expect(throws: StoreError.self) {
            try await stores.devices.update(press.id, by: .site) {
                $0.groupID = gathering.listed.group.id
            }
        }
        let elsewhere = try await stores.devices.insert(
            .init(
                team: factory.team.id, application: factory.application.id,
                group: gathering.listed.group.id, name: Name(stored: "Oven"),
                secrets: DeviceSecrets(credentialSecret: [1], pageSecret: [2])), by: .site)
        #expect(elsewhere.groupID == nil)
        let freed = try await stores.deviceGroups.setDevices([], of: fixed, by: .site)
        #expect(freed.devices.contains(press.id))
        #expect(try await stores.devices.get(press.id).groupID == gathering.listed.group.id)
        let far = try await factory.device(
            "Far", in: .some(try await factory.application("Other")))
        await #expect(throws: StoreError.self) {
            try await stores.deviceGroups.setDevices([far.id], of: fixed, by: .site)
        }
    }

    @Test(
        "A filter asks for all of its words",
        arguments: [
            (DeviceFilter(namePattern: "ss 4"), true), (DeviceFilter(namePattern: "SS*4"), true),
            (DeviceFilter(namePattern: "4*press"), false), (DeviceFilter(type: "press"), false),
            (DeviceFilter(tags: [DeviceTag(stored: "hall=2")], type: "controller"), true),
            (DeviceFilter(tags: [DeviceTag(stored: "hall=3")]), false),
        ])
    func matches(filter: DeviceFilter, isMatch: Bool) {
        let found = filter.matches(
            name: "Press 4", type: "controller",
            tags: [DeviceTag(stored: "hall=2"), DeviceTag(stored: "line=1")])
        #expect(found == isMatch)
    }

    @Test("A window cannot go while a deployment keeps to it")
    func usedWindow() async throws {
        let factory = try await Factory()
        let stores = factory.stores
        let rule = MaintenanceWindow.Rule(
            zone: .utc, weekly: [.init(days: [1], startMinute: 60, minutes: 60)])
        let window = try await stores.windows.insert(
            Name(stored: "Night"), rule, in: factory.application.id, by: .site)
        #expect(try await stores.windows.get(window.id) == window)
        let device = try await factory.device("Press 4")
        let snapshot = try await factory.snapshot("Good", flows: 1)
        _ = try await factory.deployment(of: snapshot, to: [device], window: window.id)
        await #expect(throws: StoreError.self) {
            try await stores.windows.delete(window.id, by: .site)
        }
    }
}
