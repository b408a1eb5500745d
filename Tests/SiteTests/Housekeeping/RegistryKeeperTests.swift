import Basics
import Domain
import LinesideTesting
import Store
import Testing

@testable import Site

@Suite("Registry keeper") struct RegistryKeeperTests {
    @Test("What is over is forgotten, what is open stays")
    func tidies() async throws {
        let clock = SettableClock()
        let stores = Stores(
            registry: try await .inMemory(clock: { clock.now }),
            history: try await .inMemory(migrations: Migrations.logs))
        let factory = try await Factory(stores: stores)
        let instance = try await factory.instance("OEE")
        for kind in [AlarmKind.instanceCrashed, .instanceSpool] {
            try await stores.alarms.raise(
                kind, on: instance.reference, at: instance.path, text: "wrong")
        }
        try await stores.alarms.clear(.instanceCrashed, on: instance.reference)
        _ = try await stores.sessions.create(
            for: factory.administrator, tokenHash: [1], csrfHash: [2], address: "", agent: "",
            by: .site)
        clock.run(.seconds(91 * 86_400))
        _ = try await stores.sessions.create(
            for: factory.administrator, tokenHash: [3], csrfHash: [4], address: "", agent: "",
            by: .site)
        let time = SteadyTime(
            settings: stores.settings, clock: { clock.now }, uptime: { clock.up })
        await RegistryKeeper(stores: stores, time: time).tidy(now: clock.now)
        #expect(try await stores.alarms.list(.init()).items.map(\.kind) == [.instanceSpool])
        #expect(try await stores.sessions.list(of: factory.administrator.id).count == 1)
    }
}
