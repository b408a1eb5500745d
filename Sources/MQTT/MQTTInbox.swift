import Net
import Synchronization

/// Messages between the loop on which they arrive and the task that takes them. When too many wait
/// the connection is not read until half of them are taken.
final class MQTTInbox: Sendable {
    private typealias Waiting = CheckedContinuation<MQTTDelivery?, Never>

    private struct State {
        var messages = FirstInFirstOut<MQTTDelivery>()
        var bytes = 0
        var waiting: Waiting?
        var paused: MQTTConnection?
        var isFinished = false
    }

    static let limit = 1_000
    static let byteLimit = 8 << 20
    private let state = Mutex(State())

    /// On the loop of `connection`.
    func put(_ delivery: MQTTDelivery, from connection: MQTTConnection) {
        let (waiting, mustPause) = state.withLock { state -> (Waiting?, Bool) in
            if let waiting = state.waiting {
                state.waiting = nil
                return (waiting, false)
            }
            state.messages.append(delivery)
            state.bytes += delivery.message.payload.count
            guard state.messages.count >= Self.limit || state.bytes >= Self.byteLimit,
                state.paused !== connection
            else { return (nil, false) }
            state.paused = connection
            return (nil, true)
        }
        if mustPause { connection.pauseReading() }
        waiting?.resume(returning: delivery)
    }

    /// One caller at a time; `nil` once finished or cancelled.
    func next() async -> MQTTDelivery? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (ready, resumed, isEnd) = take(orWait: continuation)
                if let resumed { resumed.loop.execute { resumed.resumeReading() } }
                if ready != nil || isEnd { continuation.resume(returning: ready) }
            }
        } onCancel: {
            endWaiting()
        }
    }

    private func take(
        orWait continuation: Waiting
    ) -> (MQTTDelivery?, MQTTConnection?, isEnd: Bool) {
        let isCancelled = Task.isCancelled
        return state.withLock { state in
            guard let delivery = state.messages.removeFirst() else {
                if state.isFinished || isCancelled || state.waiting != nil {
                    return (nil, nil, true)
                }
                state.waiting = continuation
                return (nil, nil, false)
            }
            state.bytes -= delivery.message.payload.count
            guard state.paused != nil, state.messages.count <= Self.limit / 2,
                state.bytes <= Self.byteLimit / 2
            else { return (delivery, nil, false) }
            defer { state.paused = nil }
            return (delivery, state.paused, false)
        }
    }

    private func endWaiting() {
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: nil)
    }

    func finish() {
        state.withLock { $0.isFinished = true }
        endWaiting()
    }
}
