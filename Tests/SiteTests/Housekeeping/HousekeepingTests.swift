import Basics
import Domain
import LinesideTesting
import Store
import Synchronization
import Testing

@testable import Site

/// Alarms of the site that are open.
final class OpenAlarms: SiteAlarmBoard {
    private let texts = Mutex<[AlarmKind: String]>([:])
    func raise(_ kind: AlarmKind, _ text: String) { texts.withLock { $0[kind] = text } }
    func clear(_ kind: AlarmKind) { texts.withLock { $0[kind] = nil } }
    subscript(kind: AlarmKind) -> String? { texts.withLock { $0[kind] } }
}

@Suite("Site watch") struct SiteWatchTests {
    let now = Timestamp(milliseconds: 1_800_000_000_000)

    func findings(
        free: Int = 100 << 30, total: Int = 200 << 30, endsIn days: Int = 100,
        now: Timestamp? = nil, logsWereDamaged: Bool = false, expected: Timestamp? = nil
    ) -> [AlarmKind: String] {
        let now = now ?? self.now
        let readings = SiteWatch.Readings(
            free: ByteCount(free), total: ByteCount(total),
            certificateEnds: now + .seconds(days * 86_400), now: now,
            logsWereDamaged: logsWereDamaged, expected: expected)
        return readings.findings.reduce(into: [:]) { $0[$1.kind] = $1.text }
    }

    @Test("All is well")
    func well() { #expect(findings().isEmpty) }

    @Test("Little space is told, by what the disk holds")
    func disk() {
        #expect(findings(free: (1 << 30) - 1)[.siteDisk]?.contains("1023 MB") == true)
        #expect(findings(free: 1 << 30).isEmpty)
        #expect(findings(free: 200 << 20, total: 2 << 30).isEmpty)
        #expect(findings(free: 50 << 20, total: 2 << 30)[.siteDisk] != nil)
    }

    @Test("A certificate that was not renewed and a clock that stands wrong are told")
    func others() {
        #expect(
            findings(endsIn: 13).keys.sorted { $0.rawValue < $1.rawValue } == [.siteCertificate])
        #expect(
            findings(now: Timestamp(milliseconds: 0))[.siteClock]?.contains("1970-01-01") == true)
    }

    @Test("A clock that jumped is told, with what it keeps from being removed")
    func jumped() {
        let text = findings(expected: Timestamp(milliseconds: 1_700_000_000_000))[.siteClock]
        #expect(text?.contains("says 2027-01-15, where 2023-11-14 was expected") == true)
    }

    @Test("Logs that were damaged at the start are told, with where they lie")
    func logs() {
        #expect(findings(logsWereDamaged: true)[.siteDatabase]?.contains("logs.db.damaged") == true)
    }

    @Test("It looks at the real disk")
    func real() throws {
        let space = try #require(SiteWatch.space(of: "/"))
        #expect(space.total.bytes > 0)
        #expect(space.free <= space.total)
        #expect(SiteWatch.space(of: "/nowhere") == nil)
    }

    @Test("An alarm of the site is kept and told, and is over when it is cleared")
    func raiser() async throws {
        let stores = try await Stores.inMemory()
        let bus = EventBus()
        let messages = bus.subscribe("alarms")
        let raiser = AlarmRaiser(stores: stores, bus: bus)
        let running = Task { await raiser.run() }
        defer { running.cancel() }
        let iterator = messages.makeAsyncIterator()
        raiser.raise(.siteDisk, "Only 5 MB are free.")
        _ = await iterator.next()
        let open = AlarmStore.Filter(open: true)
        let alarm = try await stores.alarms.list(open, .first).items.first
        #expect(alarm?.object == .site)
        #expect(alarm?.text == "Only 5 MB are free.")
        raiser.clear(.siteDisk)
        _ = await iterator.next()
        #expect(try await stores.alarms.list(open, .first).items.isEmpty)
    }
}
