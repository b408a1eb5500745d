import Domain
import Net
import Site
import Synchronization
import Testing

@Suite("Connection watch") struct ConnectionWatchTests {
    @Test("Connections that are turned away are told, and are over when none is for a while")
    func refused() {
        let alarms = OpenAlarms()
        let seen = Seen()
        let watch = ConnectionWatch(alarms: alarms) { seen.refusals }
        var memory = ConnectionWatch.Memory()
        let start = ContinuousClock.now
        watch.look(&memory, start)
        #expect(alarms[.siteConnections] == nil)
        seen.refuse("10.0.0.1")
        watch.look(&memory, start + .seconds(60))
        #expect(alarms[.siteConnections]?.contains("10.0.0.1") == true)
        watch.look(&memory, start + ConnectionWatch.memory)
        #expect(alarms[.siteConnections] != nil)
        watch.look(&memory, start + ConnectionWatch.memory + .seconds(61))
        #expect(alarms[.siteConnections] == nil)
    }

    @Test("An alarm of a former start ends too")
    func former() {
        let alarms = OpenAlarms()
        alarms.raise(.siteConnections, "of before")
        let watch = ConnectionWatch(alarms: alarms) { ConnectionLimits.Refusals() }
        var memory = ConnectionWatch.Memory()
        let start = ContinuousClock.now
        watch.look(&memory, start)
        watch.look(&memory, start + ConnectionWatch.memory + .seconds(1))
        #expect(alarms[.siteConnections] == nil)
    }

    private final class Seen: Sendable {
        private let state = Mutex(ConnectionLimits.Refusals())
        var refusals: ConnectionLimits.Refusals { state.withLock { $0 } }
        func refuse(_ host: String) {
            state.withLock { state in
                state.count += 1
                state.last = host
            }
        }
    }
}
