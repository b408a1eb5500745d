import Synchronization

/// Lets so many through at a time, first come, first served. For loops and tasks alike.
final class Gate: Sendable {
    private struct State {
        var free: Int
        var waiting: [Turn] = []
        var head = 0
    }

    private struct Turn: Sendable { let begin: @Sendable () -> Void }

    private let state: Mutex<State>

    init(_ places: Int) { state = Mutex(State(free: max(1, places))) }

    /// `begin` is called once there is room: now, or from within somebody's `leave`.
    func enter(_ begin: @escaping @Sendable () -> Void) {
        let isFree = state.withLock { state in
            guard state.free > 0 else {
                state.waiting.append(Turn(begin: begin))
                return false
            }
            state.free -= 1
            return true
        }
        if isFree { begin() }
    }

    func enter() async {
        await withCheckedContinuation { continuation in enter { continuation.resume() } }
    }

    func leave() {
        let next = state.withLock { state -> Turn? in
            guard state.head < state.waiting.count else {
                state.waiting = []
                state.head = 0
                state.free += 1
                return nil
            }
            state.head += 1
            return state.waiting[state.head - 1]
        }
        next?.begin()
    }
}
