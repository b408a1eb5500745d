import Basics
import Synchronization

/// What all devices of a simulation have done, counted.
package final class SimulationTally: Sendable {
    package struct Counts: Sendable, Equatable {
        package var connected = 0
        /// Connections since the start, and how many went on from an earlier TLS session.
        package var connections = 0
        package var resumed = 0
        package var refused = 0
        package var lost = 0
        package var commands = 0
        package var applied = 0
        package var failed = 0
        package var fetchFaults = 0
        package var fetchedBytes = 0
        package init() {}
    }

    private let counts = Mutex(Counts())
    /// What went wrong last, to see it.
    private let trouble = Mutex("")

    package init() {}

    package var now: Counts { counts.withLock { $0 } }
    package var lastTrouble: String { trouble.withLock { $0 } }

    func note(_ change: (inout Counts) -> Void) { counts.withLock { change(&$0) } }
    func note(trouble text: String) { trouble.withLock { $0 = text } }

    /// One line of JSON.
    package func line(at elapsed: Duration) -> String {
        let now = now
        var json = JSONWriter()
        json.object { json in
            json.field("ms", elapsed.milliseconds)
            json.field("connected", now.connected)
            json.field("connections", now.connections)
            json.field("resumed", now.resumed)
            json.field("refused", now.refused)
            json.field("lost", now.lost)
            json.field("commands", now.commands)
            json.field("applied", now.applied)
            json.field("failed", now.failed)
            json.field("fetchFaults", now.fetchFaults)
            json.field("fetchedBytes", now.fetchedBytes)
            if !lastTrouble.isEmpty { json.field("trouble", lastTrouble) }
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
