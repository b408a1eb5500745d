package import Basics
import Synchronization

/// What time it is, on a machine whose own clock may be fifty years off: the appliance's, as far as
/// it is known, and never before what the appliance said last.
package final class AgentClock: Sendable {
    private struct State {
        var floor: Timestamp
        /// The appliance's time and ours when it was heard.
        var heard: (at: ContinuousClock.Instant, time: Timestamp)?
        var savedFloor: Timestamp
    }

    /// The floor is written anew when it has risen by so much: a flash disk bears no more.
    private static let step = Duration.seconds(3600)

    private let file: SealedFile
    private let system: @Sendable () -> Timestamp
    private let state: Mutex<State>

    package init(
        _ paths: AgentPaths, system: @escaping @Sendable () -> Timestamp = { .now() }
    ) {
        file = SealedFile(path: paths.clock)
        self.system = system
        let floor = file.read().flatMap { Int64(String(decoding: $0, as: UTF8.self)) } ?? 0
        let stamp = Timestamp(milliseconds: floor)
        state = Mutex(State(floor: stamp, savedFloor: stamp))
    }

    /// The appliance's time, from a message of its own: it may have been long on its way, and so
    /// only moves this clock forward.
    package func heard(_ time: Timestamp) {
        guard state.withLock({ $0.heard == nil }) || time > now() else { return }
        learned(time)
    }

    /// The appliance's time, from its answer to what was asked just now.
    package func learned(_ time: Timestamp) {
        let toSave: Timestamp? = state.withLock { state in
            if time > state.floor { state.floor = time }
            state.heard = (.now, time)
            guard state.floor > state.savedFloor + Self.step else { return nil }
            state.savedFloor = state.floor
            return state.floor
        }
        // A failure costs nothing but a lower floor after the next start.
        if let toSave { try? file.write(Array("\(toSave.milliseconds)".utf8)) }
    }

    /// By the appliance's clock.
    package func now() -> Timestamp {
        state.withLock { state in
            if let heard = state.heard { return heard.time + (.now - heard.at) }
            return max(state.floor, system())
        }
    }
}
