import Basics
import Domain
import LinesideTesting
import Site
import Store
import Synchronization
import Testing

/// A clock that somebody may set, beside a time that only runs.
final class SettableClock: Sendable {
    private let state = Mutex((now: Timestamp(milliseconds: 1_800_000_000_000), up: Duration.zero))
    var now: Timestamp { state.withLock { $0.now } }
    var up: Duration { state.withLock { $0.up } }

    func run(_ duration: Duration) {
        state.withLock { $0 = ($0.now + duration, $0.up + duration) }
    }

    func set(ahead duration: Duration) { state.withLock { $0.now = $0.now + duration } }
}

@Suite("Time that may remove something") struct SteadyTimeTests {
    let clock = SettableClock()
    let stores: Stores
    let year = Duration.seconds(365 * 86_400)
    let day = Duration.seconds(86_400)

    init() async throws { stores = try await .inMemory() }

    func time() -> SteadyTime {
        SteadyTime(
            settings: stores.settings, clock: { [clock] in clock.now },
            uptime: { [clock] in clock.up })
    }

    @Test("A clock that runs is steady, over a weekend without power and a corrected hour as well")
    func runs() async throws {
        let time = time()
        for _ in 0..<50 {
            #expect(try await time.isSteady())
            clock.run(day)
        }
        clock.set(ahead: .zero - .seconds(7200))
        #expect(try await time.isSteady())
        clock.set(ahead: .seconds(3 * 86_400))
        #expect(try await self.time().isSteady())
    }

    @Test("A clock that jumped years ahead is in doubt until it has run on for a week")
    func jumps() async throws {
        let time = time()
        #expect(try await time.isSteady())
        clock.set(ahead: year * 3)
        for _ in 0..<6 {
            #expect(try await !time.isSteady())
            clock.run(day)
        }
        // A restart forgets nothing of it.
        let again = self.time()
        #expect(try await !again.isSteady())
        clock.run(day)
        #expect(try await !again.isSteady())
        clock.run(day)
        #expect(try await again.isSteady())
    }

    @Test("Set right again it is steady at once, and a second jump counts from its own beginning")
    func corrected() async throws {
        let time = time()
        _ = try await time.look()
        clock.set(ahead: year)
        clock.run(day * 5)
        #expect(try await !time.isSteady())
        clock.set(ahead: year)
        #expect(try await !time.isSteady())
        clock.run(day * 5)
        #expect(try await !time.isSteady())
        clock.set(ahead: .zero - year * 2)
        #expect(try await time.isSteady())
    }

    @Test("A clock without a battery that starts in 1970 is in doubt, and steady when it is set")
    func battery() async throws {
        _ = try await time().look()
        let ahead = clock.now.milliseconds
        clock.set(ahead: .zero - .milliseconds(ahead))
        let time = time()
        #expect(try await !time.isSteady())
        clock.run(.seconds(60))
        clock.set(ahead: .milliseconds(ahead))
        #expect(try await time.isSteady())
    }

    @Test("An administrator's word ends the doubt, with an audit event")
    func confirmed() async throws {
        let time = time()
        _ = try await time.look()
        clock.set(ahead: year)
        #expect(try await !time.isSteady())
        try await time.confirm(by: .site)
        #expect(try await time.isSteady())
        #expect(try await self.time().isSteady())
        let event = try await stores.audit.list().items.first?.event
        #expect(event?.kind == "site.clock.confirmed")
    }
}
