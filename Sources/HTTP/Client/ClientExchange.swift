import Synchronization

/// One request and its answer on one connection. The connection goes back to the pool when both
/// have ended, and is cut when the exchange is dropped before.
package final class ClientExchange: Sendable {
    private struct State {
        var decoder: BodyDecoder
        var input: [UInt8]
        /// Decoded, and not yet asked for.
        var early: [UInt8] = []
        var isOver = false
    }

    package let head: ResponseHead
    private let stream: ChannelStream
    private let release: @Sendable (ChannelStream) -> Void
    private let state: Mutex<State>
    private let upload: Upload?
    private let deadline: StreamDeadline?

    init(
        _ head: ResponseHead, on stream: ChannelStream, input: [UInt8],
        upload: Upload?, deadline: StreamDeadline?,
        release: @escaping @Sendable (ChannelStream) -> Void
    ) {
        self.head = head
        self.stream = stream
        self.release = release
        self.upload = upload
        self.deadline = deadline
        state = Mutex(State(decoder: BodyDecoder(head.framing), input: input))
        if head.status != 101 { settle() }
    }

    deinit {
        upload?.cancel()
        deadline?.cancel()
        if state.withLock({ !$0.isOver }) { stream.abort() }
    }

    /// All of the body, if it came with the head; else `nil`, and `next` gives it.
    func wholeBody() throws(ClientFault) -> [UInt8]? {
        let bytes = try decode() ?? []
        guard isWhole else {
            state.withLock { $0.early = bytes }
            return nil
        }
        settle()
        return bytes
    }

    /// The next bytes of the body, never empty; `nil` at its end.
    package func next() async throws(ClientFault) -> [UInt8]? {
        let early = state.withLock { state in
            defer { state.early = [] }
            return state.early
        }
        if !early.isEmpty { return early }
        while true {
            if let bytes = try decode() { return bytes }
            if isWhole {
                settle()
                return nil
            }
            let read: [UInt8]?
            do throws(StreamFault) { read = try await stream.read() } catch {
                cancel()
                throw ClientFault(error)
            }
            if let read {
                state.withLock { $0.input += read }
            } else if state.withLock({ $0.decoder.close() }) {
                settle()
                return nil
            } else {
                cancel()
                throw .incomplete
            }
        }
    }

    /// Cuts the connection.
    package func cancel() {
        let first = state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
        upload?.cancel()
        deadline?.cancel()
        if first { stream.abort() }
    }

    /// The bare connection behind a 101, with what came behind the head.
    func takeUpgraded() -> (stream: ChannelStream, early: [UInt8]) {
        deadline?.cancel()
        let early = state.withLock { state in
            state.isOver = true
            defer { state.input = [] }
            return state.input
        }
        return (stream, early)
    }

    private var isWhole: Bool { state.withLock { $0.decoder.isDone } }

    private func decode() throws(ClientFault) -> [UInt8]? {
        let result = state.withLock { state -> Result<[UInt8], HTTPFault> in
            var output: [UInt8] = []
            let input = state.input
            guard !input.isEmpty, !state.decoder.isDone else { return .success([]) }
            return input.withUnsafeBytes { bytes in
                do throws(HTTPFault) {
                    let count = try state.decoder.decode(bytes, into: &output)
                    state.input = count == input.count ? [] : Array(input[count...])
                    return .success(output)
                } catch { return .failure(error) }
            }
        }
        switch result {
        case .success(let bytes): return bytes.isEmpty ? nil : bytes
        case .failure(let fault):
            cancel()
            throw ClientFault(fault)
        }
    }

    /// Gives the connection back once nothing more goes over it for this exchange.
    private func settle() {
        let outcome = state.withLock { state -> Bool? in
            guard !state.isOver, state.decoder.isDone else { return nil }
            // With the answer whole nobody waits for the rest of a request.
            state.isOver = true
            return upload?.isWhole ?? true && head.keepAlive && state.input.isEmpty
        }
        guard let outcome else { return }
        upload?.cancel()
        deadline?.cancel()
        if outcome { release(stream) } else { stream.abort() }
    }
}
