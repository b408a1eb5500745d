import Basics
import Crypto
import Domain
import LinesideTesting
import Site
import Store
import Testing

@Suite("Revocation on a full disk", .timeLimit(.minutes(10))) struct RevocationTests {
    /// A device of ours and a stock agent, on a disk that is full.
    struct Plant {
        let disk: FullDisk
        let house: EnrolmentHouse
        let bundle: EnrolmentBundle
        let machine: EnrolmentHouse.Machine
        let device: Device.ID
        let serial: String
        let stock: StockEnrolment.Credentials

        init() async throws {
            disk = try await FullDisk()
            house = try await EnrolmentHouse(registry: disk.registry)
            bundle = try await house.bundle()
            machine = try .init()
            let answer = try await house.answer(bundle, machine)
            device = answer.device.id
            serial = try Certificate(pem: answer.certificate).serial
            let made = try await house.desk.make(
                .init(
                    kind: .provisioning, name: Name(stored: "Hall"),
                    team: house.factory.team.id), by: .site)
            stock = try await StockEnrolment(
                stores: house.stores, sealer: house.sealer, observer: DeviceObservers(),
                strangers: house.strangers
            ).provision(
                token: try #require(made.code), name: "oven", type: nil, team: nil,
                address: "10.0.0.9")
            try await disk.fill()
        }

        func revoke(_ id: Device.ID, at desk: EnrolmentDesk? = nil) async -> EnrolmentDesk.Fault? {
            do throws(EnrolmentDesk.Fault) {
                _ = try await (desk ?? house.desk).revoke(id, by: .site)
                return nil
            } catch { return error }
        }
    }

    @Test("Who is revoked is out at once, whatever the registry says, and nothing lets him in")
    func full() async throws {
        let plant = try await Plant()
        let (house, stores) = (plant.house, plant.house.stores)
        guard case .unwritten(let failure) = await plant.revoke(plant.device) else {
            Issue.record("the disk is not full")
            return
        }
        #expect(failure.isKept && failure.reason == .full)
        #expect(failure.description.contains("locked out"))
        #expect(failure.description.contains("disk is full"))
        #expect(house.ended.all == [plant.device])
        #expect(house.signer.device(certificate: plant.serial) == nil)
        #expect(try await stores.certificates.live().isEmpty)
        #expect(try await stores.certificates.find(serial: plant.serial)?.revokedAt != nil)
        // Not even an answer that got lost is given again.
        let again = await #expect(throws: EnrolmentDesk.Fault.self) {
            _ = try await house.enrol(plant.bundle, plant.machine)
        }
        #expect(again == .refusal(.used))
        _ = await plant.revoke(plant.stock.device.id)
        let hash = MachineSecret.hash(of: plant.stock.token)
        #expect(try await stores.deviceSecrets.device(tokenHash: hash) == nil)
        #expect(try await stores.deviceSecrets.all().isEmpty)
        let users = BrokerUsers(
            stores: stores,
            access: BrokerAccess(
                files: BrokerFiles(house.directory.path), link: BrokerLink()))
        #expect(try await users.load().isEmpty)
    }

    @Test("When there is room again it is written by itself, once, with its author and an end")
    func room() async throws {
        let plant = try await Plant()
        let stores = plant.house.stores
        _ = await plant.revoke(plant.device)
        _ = await plant.revoke(plant.device)
        await plant.house.revocations.settle()
        #expect(await plant.house.revocations.unwritten == [plant.device])
        try await plant.disk.free()
        await plant.house.revocations.settle()
        #expect(await plant.house.revocations.unwritten == [])
        #expect(!stores.lockout.contains(plant.device))
        #expect(try await stores.certificates.find(serial: plant.serial)?.revokedAt != nil)
        let kinds = try await plant.house.audit()
        #expect(kinds.count { $0 == "device.revoked" } == 1)
        #expect(try await stores.devices.get(plant.device).id == plant.device)
        // It may be let in again like any other.
        let bundle = try await plant.house.bundle { $0.device = plant.device }
        #expect(try await plant.house.answer(bundle, .init()).device.id == plant.device)
    }

    @Test("Saying it again is enough, too")
    func again() async throws {
        let plant = try await Plant()
        #expect(await plant.revoke(plant.device) != nil)
        try await plant.disk.free()
        #expect(await plant.revoke(plant.device) == nil)
        #expect(await plant.house.revocations.unwritten == [])
        let stores = plant.house.stores
        #expect(try await stores.certificates.find(serial: plant.serial)?.reason == .revoked)
    }

    @Test("A restart while the disk is still full lets nobody in, and is not silent")
    func restart() async throws {
        let plant = try await Plant()
        let person = Actor.user(
            plant.house.factory.administrator.id, name: "anna", address: "10.0.0.1")
        _ = try? await plant.house.desk.revoke(plant.device, by: person)
        let stores = Stores(
            registry: plant.disk.registry,
            history: try await .inMemory(migrations: Migrations.logs))
        #expect(try await stores.certificates.live().count == 1, "what the disk says")
        RevocationKeeper.lockOut(stores, file: plant.house.reserve)
        #expect(try await stores.certificates.live().isEmpty)
        let alarms = AlarmRaiser(stores: stores, bus: EventBus())
        let later = RevocationKeeper(
            stores: stores, signer: plant.house.signer, observer: DeviceObservers(),
            alarms: alarms, file: plant.house.reserve)
        #expect(await later.unwritten == [plant.device])
        await later.settle()
        #expect(await later.unwritten == [plant.device])
        try await plant.disk.free()
        let running = Task {
            async let kept: Void = alarms.run()
            try await later.run()
            await kept
        }
        _ = try await eventually("the registry to know") {
            await later.unwritten.isEmpty ? true : nil
        }
        let alarm = try await eventually("the alarm to be over") {
            try await stores.alarms.list(.init()).items.first { $0.clearedAt != nil }
        }
        #expect(alarm.kind == .deviceRevocation && alarm.text.contains("room"))
        running.cancel()
        _ = await running.result
        let event = try await stores.audit.list(.init(kind: "device.revoked")).items.first
        #expect(event?.actorName == "anna" && event?.address == "10.0.0.1")
        // And the next start has nothing left to do.
        let next = Stores(
            registry: plant.disk.registry,
            history: try await .inMemory(migrations: Migrations.logs))
        RevocationKeeper.lockOut(next, file: plant.house.reserve)
        #expect(!next.lockout.contains(plant.device))
    }

    @Test("Without a reserve it says that a restart would let the device in again")
    func noReserve() async throws {
        let plant = try await Plant()
        let keeper = RevocationKeeper(
            stores: plant.house.stores, signer: plant.house.signer,
            observer: DeviceObservers(), alarms: plant.house.alarms,
            file: "/proc/none/revocations.reserve")
        let fault = await #expect(throws: RevocationKeeper.Fault.self) {
            _ = try await keeper.revoke(plant.device, by: .site)
        }
        guard case .unwritten(let failure) = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
        #expect(!failure.isKept && failure.description.contains("restart"))
        #expect(failure.description.contains("revoke it once more"))
        #expect(plant.house.signer.device(certificate: plant.serial) == nil)
    }

    @Test("A torn write of the reserve leaves what was there, and any bytes end nothing")
    func torn() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/reserve"
        var reserve = RevocationReserve(path)
        var found = reserve.load()
        #expect(found == [])
        let entries = (0..<3).map { _ in
            RevocationReserve.Entry(device: .random(), actor: .site)
        }
        var isKept = reserve.keep([entries[0]])
        #expect(isKept)
        isKept = reserve.keep(entries)
        #expect(isKept)
        var bytes = try Files.read(path, limit: .mebibytes(1))
        let size = bytes.count
        func reload() -> [RevocationReserve.Entry] {
            reserve = RevocationReserve(path)
            return reserve.load()
        }
        found = reload()
        #expect(found == entries)
        // The later of the two is in the second half.
        bytes[size / 2 + 100] ^= 1
        try Files.replace(path, with: bytes)
        found = reload()
        #expect(found == [entries[0]])
        isKept = reserve.keep([])
        found = reload()
        #expect(isKept && found == [])
        #expect(try Files.read(path, limit: .mebibytes(1)).count == size)
        for byte in [UInt8(0), 0x20, 0x39, 0xFF] {
            try Files.replace(path, with: [UInt8](repeating: byte, count: size))
            found = reload()
            #expect(found == [])
        }
        let many = (0..<2_000).map { _ in
            RevocationReserve.Entry(device: .random(), actor: .site)
        }
        isKept = reserve.keep(many)
        #expect(!isKept)
        isKept = reserve.keep(Array(many.prefix(300)))
        #expect(isKept)
    }

    @Test("On a file system without a free byte the reserve takes what it is given")
    func fileSystem() async throws {
        let directory = try TemporaryDirectory()
        guard let small = try SmallFileSystem(directory.path) else {
            print("skipped: a file system of 1 MB needs root")
            return
        }
        defer { small.end() }
        let path = "\(small.path)/reserve"
        var reserve = RevocationReserve(path)
        let before = reserve.load()
        #expect(before == [])
        small.fill()
        #expect(throws: SystemError.self) {
            try Files.replace("\(small.path)/other", with: [1])
        }
        let entry = RevocationReserve.Entry(device: .random(), actor: .site)
        var isKept = reserve.keep([entry])
        #expect(isKept)
        var next = RevocationReserve(path)
        let found = next.load()
        #expect(found == [entry])
        var late = RevocationReserve("\(small.path)/late")
        let nothing = late.load()
        isKept = late.keep([entry])
        #expect(nothing == [] && !isKept)
    }
}
