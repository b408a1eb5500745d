import HTTP
import Synchronization

/// One end of a connection in memory.
final class MemoryStream: ByteStream {
    private struct State {
        var inbox: [UInt8] = []
        var isEnded = false
        var isAborted = false
        var reader: CheckedContinuation<Void, Never>?
        var drainWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let highWater: Int
    private let state = Mutex(State())
    // Set once by `pair`, before anybody else has the stream.
    private nonisolated(unsafe) weak var other: MemoryStream?

    private init(highWater: Int) { self.highWater = highWater }

    static func pair(highWater: Int = 65_536) -> (MemoryStream, MemoryStream) {
        let (one, two) = (MemoryStream(highWater: highWater), MemoryStream(highWater: highWater))
        one.other = two
        two.other = one
        return (one, two)
    }

    func read() async throws(StreamFault) -> [UInt8]? {
        while true {
            let (taken, outcome) = state.withLock { state -> ([UInt8], Result<Bool, StreamFault>) in
                if state.isAborted { return ([], .failure(.closed)) }
                defer { state.inbox = [] }
                return (state.inbox, .success(state.isEnded))
            }
            let ended = try outcome.get()
            if !taken.isEmpty {
                wakeWriters()
                return taken
            }
            if ended { return nil }
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state in
                    let ready = !state.inbox.isEmpty || state.isEnded || state.isAborted
                    if !ready { state.reader = continuation }
                    return ready
                }
                if ready { continuation.resume() }
            }
        }
    }

    private func wakeWriters() {
        let waiters = state.withLock { state in
            defer { state.drainWaiters = [] }
            return state.drainWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func wakeReader() {
        let reader = state.withLock { state in
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    var waiting: Int { other?.state.withLock { $0.inbox.count } ?? 0 }
    var isAborted: Bool { state.withLock { $0.isAborted } }

    func enqueue(_ bytes: [UInt8]) -> Int? {
        guard !isAborted, let other else { return nil }
        let count = other.state.withLock { state in
            state.inbox += bytes
            return state.inbox.count
        }
        other.wakeReader()
        return count
    }

    func drained() async throws(StreamFault) {
        guard !isAborted, let other else { throw .closed }
        guard waiting >= highWater else { return }
        await withCheckedContinuation { continuation in
            let now = other.state.withLock { state in
                let now = state.inbox.count < highWater || state.isAborted
                if !now { state.drainWaiters.append(continuation) }
                return now
            }
            if now { continuation.resume() }
        }
        if isAborted { throw .closed }
    }

    func finish() {
        other?.state.withLock { $0.isEnded = true }
        other?.wakeReader()
    }

    func close() { finish() }

    func abort() {
        for end in [self, other] {
            end?.state.withLock { $0.isAborted = true }
            end?.wakeReader()
            end?.wakeWriters()
        }
    }
}
