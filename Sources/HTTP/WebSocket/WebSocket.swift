package import Basics
import Synchronization

/// One WebSocket after its handshake, from either side. One reader, any number of senders.
package final class WebSocket: Sendable {
    private struct State {
        var decoder: WebSocketFrameDecoder
        var input: [UInt8] = []
        var offset = 0
        var closeSent = false
        var pongs = 0
        var closeReceived: (code: UInt16, reason: String)?
    }

    private let stream: any ByteStream
    private let masks: Bool
    private let maxQueued: Int
    private let state: Mutex<State>

    /// - Parameters:
    ///   - early: what came behind the handshake in the same read.
    ///   - maxMessage: longer messages end the connection with code 1009.
    ///   - maxQueued: how much may wait to be sent before `trySend` says no.
    package init(
        _ stream: any ByteStream, role: WebSocketFrameDecoder.Role, early: [UInt8] = [],
        maxMessage: ByteCount = .mebibytes(16), maxQueued: ByteCount = .mebibytes(1)
    ) {
        self.stream = stream
        masks = role == .client
        self.maxQueued = maxQueued.bytes
        let decoder = WebSocketFrameDecoder(role: role, maxMessage: maxMessage.bytes)
        state = Mutex(State(decoder: decoder, input: early))
    }

    /// The next message; `nil` after a close, ours or theirs. Pings are answered in here, so
    /// somebody has to be receiving.
    package func receive() async throws(WebSocketFault) -> WebSocketMessage? {
        while true {
            switch try nextEvent() {
            case .message(let message): return message
            case .ping(let payload): enqueue(.pong, payload)
            case .pong: state.withLock { $0.pongs += 1 }
            case .close(let code, let reason):
                state.withLock { $0.closeReceived = (code, reason) }
                sendClose(code: code == 1005 ? 1000 : code, reason: "")
                stream.close()
                return nil
            case nil: guard try await fill() else { return nil }
            }
        }
    }

    /// Suspends above the high-water mark of the connection.
    package func send(_ text: String) async throws(WebSocketFault) {
        try await send(.text, Array(text.utf8))
    }

    package func send(binary bytes: [UInt8]) async throws(WebSocketFault) {
        try await send(.binary, bytes)
    }

    /// Never suspends. `false`, and nothing is sent, if the queue is full or the socket closed.
    package func trySend(_ text: String) -> Bool { trySend(.text, Array(text.utf8)) }

    package func trySend(text bytes: [UInt8]) -> Bool { trySend(.text, bytes) }

    package func trySend(binary bytes: [UInt8]) -> Bool { trySend(.binary, bytes) }

    /// Whoever does not answer with a pong until the next but one is gone; see `pongCount`.
    package func ping() { enqueue(.ping, []) }

    package var pongCount: Int { state.withLock { $0.pongs } }

    /// What the other side's close frame said.
    package var closeReceived: (code: UInt16, reason: String)? {
        state.withLock { $0.closeReceived }
    }

    /// Says goodbye; `receive` ends when the other side has answered.
    package func close(code: UInt16 = 1000, reason: String = "") {
        sendClose(code: code, reason: reason)
    }

    /// Cuts the connection without a word.
    package func abort() { stream.abort() }

    private func nextEvent() throws(WebSocketFault) -> WebSocketFrameDecoder.Event? {
        let result = state.withLock {
            state -> Result<WebSocketFrameDecoder.Event?, WebSocketFault> in
            guard state.offset < state.input.count else { return .success(nil) }
            let (input, start) = (state.input, state.offset)
            return input.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
                do throws(WebSocketFault) {
                    let (consumed, event) = try state.decoder.decode(rest)
                    state.offset += consumed
                    return .success(event)
                } catch { return .failure(error) }
            }
        }
        do throws(WebSocketFault) { return try result.get() } catch {
            if case .violation(let code, let reason) = error {
                sendClose(code: code, reason: reason)
            }
            stream.close()
            throw error
        }
    }

    /// `false` at the end of the connection.
    private func fill() async throws(WebSocketFault) -> Bool {
        do throws(StreamFault) {
            guard let bytes = try await stream.read() else {
                let closed = state.withLock { $0.closeSent }
                stream.abort()
                if closed { return false }
                throw StreamFault.closed
            }
            state.withLock { state in
                if state.offset == state.input.count {
                    state.input = bytes
                } else {
                    state.input.removeFirst(state.offset)
                    state.input += bytes
                }
                state.offset = 0
            }
            return true
        } catch {
            if state.withLock({ $0.closeSent }) { return false }
            throw .connection(error)
        }
    }

    private func send(
        _ opcode: WebSocketFrameEncoder.Opcode, _ payload: [UInt8]
    ) async throws(WebSocketFault) {
        guard !state.withLock({ $0.closeSent }), enqueue(opcode, payload) != nil else {
            throw .connection(.closed)
        }
        do throws(StreamFault) { try await stream.drained() } catch { throw .connection(error) }
    }

    private func trySend(_ opcode: WebSocketFrameEncoder.Opcode, _ payload: [UInt8]) -> Bool {
        guard !state.withLock({ $0.closeSent }),
            stream.waiting + payload.count <= maxQueued
        else { return false }
        return enqueue(opcode, payload) != nil
    }

    @discardableResult
    private func enqueue(
        _ opcode: WebSocketFrameEncoder.Opcode, _ payload: [UInt8]
    ) -> Int? {
        // A flood of pings from somebody who reads nothing must not pile up pongs.
        if opcode == .pong, stream.waiting > maxQueued { return nil }
        return stream.enqueue(WebSocketFrameEncoder.frame(opcode, payload, mask: mask))
    }

    private func sendClose(code: UInt16, reason: String) {
        let first = state.withLock { state in
            defer { state.closeSent = true }
            return !state.closeSent
        }
        guard first else { return }
        stream.enqueue(WebSocketFrameEncoder.close(code: code, reason: reason, mask: mask))
    }

    private var mask: UInt32? { WebSocketMask.random(masks) }
}
