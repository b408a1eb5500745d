import Basics
import Domain
import LinesideTesting
import Store
import Testing

@Suite("Versions, snapshots, blobs") struct VersionStoreTests {
    @Test("Versions are numbered without holes, and a spool entry read twice is one version")
    func numbers() async throws {
        let factory = try await Factory()
        let instance = try await factory.instance("OEE")
        let first = try await factory.version(of: instance, flows: 1, spoolID: "a")
        let again = try await factory.version(of: instance, flows: 1, spoolID: "a")
        let second = try await factory.version(of: instance, flows: 2, spoolID: "b")
        let third = try await factory.version(of: instance, flows: 2)
        #expect(first == again)
        #expect([first.number, second.number, third.number] == [1, 2, 3])
        #expect(try await factory.stores.versions.latest(of: instance.id) == third)
        #expect(try await factory.stores.versions.find(number: 2, of: instance.id) == second)
        let updated = try await factory.stores.instances.get(instance.id)
        #expect(updated.flowsRevision == third.flows)
        #expect(try await factory.stores.audit.list(.init(kind: "instance.deployed")).count == 3)
    }

    @Test("A snapshot outlives its instance and keeps its blobs in use")
    func outlives() async throws {
        let factory = try await Factory()
        let stores = factory.stores
        let instance = try await factory.instance("OEE")
        let version = try await factory.version(of: instance, flows: 1, credentials: 2)
        _ = try await factory.version(of: instance, flows: 3)
        let snapshot = try await stores.snapshots.insert(
            try Name(validating: "Good"), note: try Note(validating: "before the audit"),
            of: version.id, in: instance.id, by: .site)
        #expect(snapshot.sealedCredentialSecret == [1])
        let listed = try await stores.versions.get(version.id, of: instance.id)
        #expect(listed.snapshot?.id == snapshot.id)
        await #expect(throws: StoreError.self) {
            try await stores.snapshots.insert(
                try Name(validating: "Better"), note: .empty, of: version.id, in: instance.id,
                by: .site)
        }
        #expect(try await stores.blobs.unused().isEmpty)
        try await stores.instances.delete(instance.id, by: .site)
        let kept = try await stores.snapshots.get(snapshot.id)
        #expect(kept.instanceID == nil && kept.versionID == nil)
        #expect(kept.flows == version.flows && kept.modules == version.modules)
        #expect(try await stores.blobs.unused() == [Factory.address(3)])
        #expect(try await !stores.blobs.forget(Factory.address(1)))
        #expect(try await stores.blobs.forget(Factory.address(3)))
        #expect(try await stores.blobs.total().count == 2)
        #expect(
            try await stores.snapshots.list(of: factory.application.id).items.map(\.id) == [
                snapshot.id
            ])
        try await stores.snapshots.delete(snapshot.id, by: .site)
        #expect(try await stores.blobs.unused().count == 2)
    }

    @Test("A version of one instance is not found under another")
    func foreign() async throws {
        let factory = try await Factory()
        let one = try await factory.instance("One")
        let two = try await factory.instance("Two")
        let version = try await factory.version(of: one)
        await #expect(throws: StoreError.notFound("The version")) {
            try await factory.stores.versions.get(version.id, of: two.id)
        }
        await #expect(throws: StoreError.notFound("The version")) {
            try await factory.stores.snapshots.insert(
                try Name(validating: "x"), note: .empty, of: version.id, in: two.id, by: .site)
        }
    }
}
