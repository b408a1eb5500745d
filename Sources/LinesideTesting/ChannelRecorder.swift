package import Net
import Synchronization

/// A handler that keeps what it is told, and lets a test wait for it.
package final class ChannelRecorder: ChannelHandler, Sendable {
    package struct Seen: Sendable {
        package var bytes: [UInt8] = []
        package var count = 0
        package var readEnded = false
        package var drained = 0
        package var closed = false
        package var error: NetError?

        package var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    private struct Waiting {
        let number: Int
        let until: @Sendable (Seen) -> Bool
        let resume: CheckedContinuation<Seen, Never>
    }

    private struct State {
        var seen = Seen()
        var next = 0
        var waiting: [Waiting] = []
    }

    private let state = Mutex(State())
    private let keepsBytes: Bool
    private let onRead: (@Sendable (UnsafeRawBufferPointer) -> Void)?

    package init(
        keepsBytes: Bool = true, onRead: (@Sendable (UnsafeRawBufferPointer) -> Void)? = nil
    ) {
        self.keepsBytes = keepsBytes
        self.onRead = onRead
    }

    package var seen: Seen { state.withLock { $0.seen } }

    /// What there is once it is as it should be, or the time of the test is over.
    package func wait(until condition: @escaping @Sendable (Seen) -> Bool) async -> Seen {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let done = state.withLock { state in
                    if Task.isCancelled || condition(state.seen) { return Seen?.some(state.seen) }
                    state.waiting.append(
                        Waiting(number: number, until: condition, resume: continuation))
                    return nil
                }
                if let done { continuation.resume(returning: done) }
            }
        } onCancel: {
            let (seen, waiting) = state.withLock { state in
                let index = state.waiting.firstIndex { $0.number == number }
                return (state.seen, index.map { state.waiting.remove(at: $0) })
            }
            waiting?.resume.resume(returning: seen)
        }
    }

    private func note(_ change: (inout Seen) -> Void) {
        let (seen, ready) = state.withLock { state in
            change(&state.seen)
            let seen = state.seen
            let ready = state.waiting.filter { $0.until(seen) }
            state.waiting.removeAll { $0.until(seen) }
            return (seen, ready)
        }
        for waiter in ready { waiter.resume.resume(returning: seen) }
    }

    package func channelRead(_ bytes: UnsafeRawBufferPointer) {
        onRead?(bytes)
        note {
            $0.count += bytes.count
            if keepsBytes { $0.bytes.append(contentsOf: bytes) }
        }
    }

    package func channelReadEnded() { note { $0.readEnded = true } }
    package func channelDrained() { note { $0.drained += 1 } }
    package func channelClosed(_ error: NetError?) {
        note {
            $0.closed = true
            $0.error = error
        }
    }
}

/// Hands values from a loop to a waiting test, in order.
package struct Mailbox<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    package init() { (stream, continuation) = AsyncStream.makeStream(of: Value.self) }

    package func put(_ value: Value) { continuation.yield(value) }

    package func take() async -> Value? {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next()
    }
}

extension EventLoop {
    /// Runs `body` on the loop and waits for it.
    package func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            execute { continuation.resume(returning: body()) }
        }
    }
}
