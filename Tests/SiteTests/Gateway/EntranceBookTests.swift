import Basics
import Crypto
import Domain
import LinesideTesting
import Store
import Testing

@testable import Site

@Suite("Entrance book") struct EntranceBookTests {
    let factory: Factory
    let runtime = FakeRuntime()
    let signal = SecuritySignal()
    let moment = FakeMoment()
    let sealer = Sealer(key: [UInt8](repeating: 5, count: 32))
    let book: EntranceBook

    init() async throws {
        factory = try await Factory()
        let moment = moment
        book = EntranceBook(
            instances: factory.stores.instances, sealer: sealer, runtime: runtime, signal: signal,
            now: { moment.now })
    }

    func instance(_ name: String, sealedBy other: Sealer? = nil) async throws -> Instance {
        let id = Instance.ID.random()
        let secret = try (other ?? sealer).seal(
            text: "secret of \(name)", context: SecretContext.pageSecret(id))
        return try await factory.stores.instances.insert(
            InstanceStore.Draft(
                id: id, application: factory.application.id,
                name: try InstanceName(validating: name), stack: nil,
                secrets: InstanceSecrets(credentialSecret: [1], pageSecret: secret)),
            by: .site)
    }

    @Test("An instance is found by the name in its address, with its secret opened")
    func finds() async throws {
        let press = try await instance("Press 4")
        let found = try #require(await book.entrance(slug: "press-4"))
        #expect(found.id == press.id && found.name == "Press 4" && found.slug == "press-4")
        #expect(found.pageSecret == "secret of Press 4")
        #expect(found.path == press.path && found.access == .login)
    }

    @Test("How it is at the moment is asked each time")
    func state() async throws {
        let press = try await instance("Press 4")
        #expect(await book.entrance(slug: "press-4")?.state == .stopped)
        runtime.set(.running, of: press.id)
        #expect(await book.entrance(slug: "press-4")?.state == .running)
    }

    @Test("What the registry says is remembered for 10 s, and not beyond a change of the site")
    func remembers() async throws {
        let press = try await instance("Press 4")
        #expect(await book.entrance(slug: "press-4")?.name == "Press 4")
        func rename(_ name: String) async throws {
            var change = InstanceStore.Change()
            change.name = try InstanceName(validating: name)
            _ = try await factory.stores.instances.update(press.id, change, by: .site)
        }
        try await rename("Press 5")
        moment.advance(by: .seconds(9))
        #expect(await book.entrance(slug: "press-4")?.name == "Press 4")
        signal.raise()
        #expect(await book.entrance(slug: "press-4")?.name == "Press 5")
        try await rename("Press 6")
        moment.advance(by: .seconds(10))
        #expect(await book.entrance(slug: "press-4")?.name == "Press 6")
    }

    @Test("One that is gone is not found any more, and another of its name is another")
    func deleted() async throws {
        let press = try await instance("Press 4")
        #expect(await book.entrance(slug: "press-4")?.id == press.id)
        try await factory.stores.instances.delete(press.id, by: .site)
        signal.raise()
        #expect(await book.entrance(slug: "press-4") == nil)
        let next = try await instance("Press 4")
        #expect(await book.entrance(slug: "press-4")?.id == next.id)
    }

    @Test(
        "What is no name of an instance finds nothing",
        arguments: ["", "press", "..", "PRESS-4", "-"]
    )
    func nothing(slug: String) async throws {
        _ = try await instance("Press 4")
        #expect(await book.entrance(slug: slug) == nil)
    }

    @Test("An instance whose secret another site sealed has no entrance")
    func foreign() async throws {
        let other = Sealer(key: [UInt8](repeating: 6, count: 32))
        _ = try await instance("Press 4", sealedBy: other)
        #expect(await book.entrance(slug: "press-4") == nil)
    }
}
