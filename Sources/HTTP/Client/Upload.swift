import Synchronization

/// A request's body on its way to an upstream. The answer may come before it ends.
final class Upload: Sendable {
    private struct State {
        var isWhole = false
        var task: Task<Void, Never>?
    }

    private let state = Mutex(State())

    /// Begins at once, on the stream's loop.
    init(of body: RequestBody, framing: BodyFraming, to stream: ChannelStream) {
        let task = Task.immediate(executorPreference: stream.loop) {
            if await Self.pump(body, framing, stream) { self.state.withLock { $0.isWhole = true } }
        }
        state.withLock { $0.task = task }
    }

    /// All of it has been given to the connection.
    var isWhole: Bool { state.withLock { $0.isWhole } }

    func cancel() { state.withLock { $0.task }?.cancel() }

    /// `false` if the upstream takes no more. A body that breaks off breaks the connection off, or
    /// the upstream could take it for whole.
    private static func pump(
        _ body: RequestBody, _ framing: BodyFraming, _ stream: ChannelStream
    ) async -> Bool {
        do throws(BodyFault) {
            while let bytes = try await body.next() {
                let sent = framing == .chunked ? ChunkedEncoder.chunk(bytes) : bytes
                do throws(StreamFault) { try await stream.write(sent) } catch { return false }
            }
        } catch {
            stream.abort()
            return false
        }
        return framing != .chunked || stream.enqueue(ChunkedEncoder.last) != nil
    }
}
