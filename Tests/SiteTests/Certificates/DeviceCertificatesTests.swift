import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import Store
import Synchronization
import Testing

@testable import Site

@Suite("Device certificates", .timeLimit(.minutes(10))) struct DeviceCertificatesTests {
    let directory: TemporaryDirectory
    let stores: Stores
    let signal = SecuritySignal()
    let signer: Signer
    let certificates: DeviceCertificates

    init() async throws {
        directory = try TemporaryDirectory()
        stores = try await Stores.inMemory()
        let paths = StatePaths(directory.path)
        signer = Signer(
            try SignerDesk(
                AuthorityFiles(paths), names: { LocalNames(names: [], addresses: []) }))
        certificates = DeviceCertificates(
            stores: stores, signer: signer, signal: signal, file: paths.revocations)
        try await certificates.load()
    }

    func device(_ name: String) async throws -> Device {
        _ = try? await stores.newInstance("flow", id: .random())
        let team = try #require(try await stores.teams.list().items.first)
        return try await stores.devices.insert(
            DeviceStore.Draft(
                team: team.id, name: Name(stored: name),
                secrets: DeviceSecrets(credentialSecret: [1], pageSecret: [2])), by: .site)
    }

    func issued(to device: Device) async throws -> DeviceCertificate {
        let request = try CertificateRequest(subject: "x", key: .generate())
        let made = try await certificates.sign(request.der, for: device.id, days: 365)
        try await stores.registry.write { (tx: borrowing Transaction) throws(StoreError) in
            try CertificateStore.insert(made, by: .site, in: tx)
        }
        #expect(certificates.device(certificate: made.serial) == nil, "before it is admitted")
        certificates.admit(made, team: device.teamID)
        return made
    }

    var list: RevocationList {
        get throws {
            let pem = try Files.read("\(directory.path)/certificates/revoked.pem")
            return try RevocationList(pem: String(decoding: pem, as: UTF8.self))
        }
    }

    @Test("What is issued opens the door, and after a new start too")
    func issue() async throws {
        let press = try await device("press")
        let made = try await issued(to: press)
        let found = try #require(certificates.device(certificate: made.serial))
        #expect(found.device == press.id && found.team == press.teamID)
        #expect(certificates.device(certificate: "40") == nil)
        let again = DeviceCertificates(
            stores: stores, signer: signer, signal: signal, file: "/none/revoked.pem")
        try await again.load()
        #expect(again.device(certificate: made.serial)?.device == press.id)
        let audit = try await stores.audit.list().items.map(\.event.kind)
        #expect(audit.contains("certificate.issued"))
    }

    @Test("What is revoked is out of the index before the signal, and stands in the list")
    func revoke() async throws {
        let press = try await device("press")
        let made = try await issued(to: press)
        let epoch = signal.epoch
        try await certificates.revoke(press.id, reason: .stolen, by: .site)
        #expect(certificates.device(certificate: made.serial) == nil)
        #expect(signal.epoch > epoch)
        #expect(await certificates.writeList())
        let first = try list
        #expect(first.contains(made.serial) && first.count == 1)
        let row = try #require(try await stores.certificates.find(serial: made.serial))
        #expect(row.reason == .stolen && row.revokedAt != nil)
        // Again, with another one: the number grows.
        let other = try await issued(to: press)
        try await certificates.revoke(press.id, by: .site)
        #expect(await certificates.writeList())
        let second = try list
        #expect(second.number == first.number + 1 && second.count == 2)
        #expect(second.contains(made.serial) && second.contains(other.serial))
        #expect(certificates.listPEM == (try second.pem()))
        #expect(certificates.list?.number == second.number)
        #expect(await certificates.writeList(), "nothing to do")
        #expect(try list == second)
    }

    @Test("Both certificates are good until the newer one was used; then only that")
    func supersede() async throws {
        let press = try await device("press")
        let old = try await issued(to: press)
        #expect(certificates.device(certificate: old.serial) != nil)
        let new = try await issued(to: press)
        #expect(certificates.device(certificate: old.serial) != nil)
        let changes = signal.changes()
        #expect(certificates.device(certificate: new.serial) != nil)
        for await _ in changes where certificates.device(certificate: old.serial) == nil { break }
        #expect(certificates.device(certificate: old.serial) == nil)
        #expect(certificates.device(certificate: new.serial) != nil)
        let row = try await stores.certificates.find(serial: old.serial)
        #expect(row?.reason == .superseded)
    }

    @Test("A device that is removed takes its certificates with it")
    func removed() async throws {
        let press = try await device("press")
        let made = try await issued(to: press)
        let running = Task { try await certificates.run() }
        _ = try await stores.devices.delete(press.id, by: .site)
        let changes = signal.changes()
        signal.raise()
        for await _ in changes where certificates.device(certificate: made.serial) == nil { break }
        let file = "\(directory.path)/certificates/revoked.pem"
        _ = try await eventually("the list") {
            let list = try? RevocationList(
                pem: String(decoding: Files.read(file), as: UTF8.self))
            return list?.contains(made.serial) == true ? true : nil
        }
        running.cancel()
        _ = await running.result
        let row = try #require(try await stores.certificates.find(serial: made.serial))
        #expect(row.deviceID == nil && row.reason == .removed)
    }

    @Test("A certificate for a device that is not there is not written")
    func stranger() async throws {
        let request = try CertificateRequest(subject: "x", key: .generate())
        let made = try await certificates.sign(request.der, for: .random(), days: 1)
        await #expect(throws: StoreError.notFound("The device")) {
            try await stores.registry.write { (tx: borrowing Transaction) throws(StoreError) in
                try CertificateStore.insert(made, by: .site, in: tx)
            }
        }
    }
}
