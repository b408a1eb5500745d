import Basics
import Domain
import LinesideTesting
import Store
import Testing

@testable import Site

@Suite("Retention keeper") struct RetentionKeeperTests {
    let clock = SettableClock()
    let stores: Stores
    let press: Instance
    let keeper: RetentionKeeper

    init() async throws {
        let clock = clock
        stores = Stores(
            registry: try await .inMemory(clock: { clock.now }),
            history: try await .inMemory(migrations: Migrations.logs))
        press = try await Factory(stores: stores).instance("Press")
        keeper = RetentionKeeper(
            stores: stores,
            time: SteadyTime(
                settings: stores.settings, clock: { clock.now }, uptime: { clock.up }))
        for number in 1...10 { try await deploy(number) }
    }

    func deploy(_ number: Int) async throws {
        let address = ContentAddress(hex: String(repeating: String(number % 10), count: 64))
        let blob = StoredBlob(
            address: try #require(address), size: ByteCount(1), storedSize: ByteCount(1))
        _ = try await stores.versions.append(
            VersionStore.Draft(
                instance: press.id, spoolID: nil, at: clock.now, by: nil, source: .api,
                summary: "", flows: blob, credentials: nil, modules: [], stack: nil), by: .site)
        clock.run(.seconds(86_400))
    }

    func numbers() async throws -> [Int] {
        try await stores.versions.list(of: press.id).items.map(\.number).sorted()
    }

    func rule(_ count: Int, _ days: Int) async throws {
        try await stores.retention.setRule(
            RetentionRule(keepVersions: count, keepDays: days), by: .site)
    }

    @Test("Versions go a day after the first round, with an audit event, and numbers stay")
    func applies() async throws {
        try await rule(3, 6)
        #expect(try await keeper.advance(now: clock.now) == 0)
        clock.run(.seconds(3600))
        #expect(try await keeper.advance(now: clock.now) == 0)
        clock.run(.seconds(86_400))
        // The sixth is six days old by now.
        #expect(try await keeper.advance(now: clock.now) == 6)
        #expect(try await numbers() == [7, 8, 9, 10])
        let event = try await stores.audit.list(.init()).items.first { entry in
            entry.event.kind == "instance.versions-removed"
        }
        #expect(
            event?.event.text
                == "6 versions of instance “Press” removed, 1 to 6: 3 versions and 6 days are kept")
        try await deploy(11)
        #expect(try await numbers() == [7, 8, 9, 10, 11])
    }

    @Test("A changed rule is applied at once, the site's and an instance's own")
    func changes() async throws {
        _ = try await keeper.advance(now: clock.now)
        clock.run(.seconds(86_400))
        #expect(try await keeper.advance(now: clock.now) == 0)
        try await rule(8, 0)
        #expect(try await keeper.advance(now: clock.now) == 2)
        var settings = press.settings
        settings.keepVersions = 1
        _ = try await stores.instances.update(
            press.id, InstanceStore.Change(settings: settings), by: .site)
        #expect(try await keeper.advance(now: clock.now) == 7)
        #expect(try await numbers() == [10])
    }

    @Test("A pinned version and one with a snapshot stay")
    func stay() async throws {
        let versions = try await stores.versions.list(of: press.id).items
        let pinned = try #require(versions.first { $0.number == 2 })
        let named = try #require(versions.first { $0.number == 4 })
        let changed = try await stores.versions.pin(pinned.id, of: press.id, true, by: .site)
        #expect(changed.isPinned)
        let snapshot = try await stores.snapshots.insert(
            Name(validating: "Audit"), note: .empty, of: named.id, in: press.id, by: .site)
        try await rule(1, 0)
        #expect(try await stores.retention.apply(to: press.id) == 7)
        #expect(try await numbers() == [2, 4, 10])
        #expect(try await stores.snapshots.get(snapshot.id).versionID == named.id)
        _ = try await stores.versions.pin(pinned.id, of: press.id, false, by: .site)
        #expect(try await stores.retention.apply(to: press.id) == 1)
        #expect(
            try await stores.audit.list(.init()).items.contains {
                $0.event.text == "Version 2 of instance “Press” pinned"
            })
    }

    @Test("A clock that jumps years ahead removes nothing, for days on end, and set right again")
    func jumps() async throws {
        try await rule(1, 30)
        _ = try await keeper.advance(now: clock.now)
        clock.set(ahead: .seconds(2000 * 86_400))
        for _ in 0..<6 {
            #expect(try await keeper.advance(now: clock.now) == 0)
            clock.run(.seconds(86_400))
        }
        clock.set(ahead: .zero - .seconds(2000 * 86_400))
        for _ in 0..<10 {
            #expect(try await keeper.advance(now: clock.now) == 0)
            clock.run(.seconds(86_400))
        }
        #expect(try await numbers().count == 10)
    }

    @Test("A clock that was right to jump, because the appliance was off, removes after a week")
    func wasOff() async throws {
        try await rule(1, 30)
        _ = try await keeper.advance(now: clock.now)
        clock.set(ahead: .seconds(400 * 86_400))
        var removed = 0
        for day in 0..<10 {
            removed += try await keeper.advance(now: clock.now)
            if day < 7 { #expect(removed == 0) }
            clock.run(.seconds(86_400))
        }
        #expect(removed == 9)
    }

    @Test("The rule of the site is kept, and told in the audit")
    func setting() async throws {
        #expect(try await stores.retention.rule() == .standard)
        try await rule(7, 8)
        #expect(
            try await stores.retention.rule() == RetentionRule(keepVersions: 7, keepDays: 8))
        let event = try await stores.audit.list(.init()).items.first?.event
        #expect(event?.object == .site)
        let after = event?.after.map { String(decoding: $0, as: UTF8.self) }
        #expect(after == #"{"keepVersions":7,"keepDays":8}"#)
    }
}
