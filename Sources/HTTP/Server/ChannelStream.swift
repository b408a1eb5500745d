package import Basics
package import Net
import Synchronization

/// A connection as a stream of bytes, from any task: what an upgraded connection becomes, on the
/// server's side and on the client's.
package final class ChannelStream: ByteStream, ChannelHandler, Sendable {
    private typealias Reader = CheckedContinuation<Result<[UInt8]?, StreamFault>, Never>
    private typealias Waiter = CheckedContinuation<Result<Void, StreamFault>, Never>

    private struct State {
        var input: [UInt8] = []
        var isPaused = false
        var hasEnded = false
        var fault: StreamFault?
        var reader: Reader?

        var output: [Output] = []
        var outputBytes = 0
        var isPumping = false
        /// What the channel held when we last asked it.
        var channelBytes = 0
        var isFinished = false
        var isClosing = false
        var waiters: [Waiter] = []
        var onClose: [@Sendable () -> Void] = []

        var waiting: Int { outputBytes + channelBytes }
    }

    private let channel: any ByteChannel
    private let highWater: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - early: what came on the connection before it became this stream.
    ///   - highWater: how much is read ahead of whoever reads.
    package init(
        _ channel: any ByteChannel, early: [UInt8] = [],
        highWater: ByteCount = .kibibytes(256)
    ) {
        self.channel = channel
        self.highWater = highWater.bytes
        if !early.isEmpty { state.withLock { $0.input = early } }
    }

    /// Takes over the channel's input. On its loop, once.
    package func start() { channel.start(self) }

    /// Runs on the loop when the connection is gone; at once if it is.
    package func onClose(_ body: @escaping @Sendable () -> Void) {
        let now = state.withLock { state in
            guard state.fault == nil else { return true }
            state.onClose.append(body)
            return false
        }
        if now { channel.loop.execute(body) }
    }

    // MARK: Reading

    package func read() async throws(StreamFault) -> [UInt8]? {
        let result = await withCheckedContinuation { (reader: Reader) in
            let (ready, resumes) = state.withLock {
                state -> (Result<[UInt8]?, StreamFault>?, Bool) in
                let ready = Self.take(&state)
                if ready == nil {
                    precondition(state.reader == nil, "two readers of one stream")
                    state.reader = reader
                }
                defer { state.isPaused = false }
                return (ready, state.isPaused)
            }
            if resumes { onLoop { $0.resumeReading() } }
            if let ready { reader.resume(returning: ready) }
        }
        return try result.get()
    }

    private static func take(_ state: inout State) -> Result<[UInt8]?, StreamFault>? {
        if !state.input.isEmpty {
            defer { state.input = [] }
            return .success(state.input)
        }
        if state.hasEnded { return .success(nil) }
        return state.fault.map { .failure($0) }
    }

    // MARK: Writing

    @discardableResult
    package func enqueue(_ bytes: [UInt8]) -> Int? {
        enqueue([.bytes(bytes)], count: bytes.count)
    }

    private func enqueue(_ outputs: [Output], count: Int) -> Int? {
        let (waiting, mustPump) = state.withLock { state -> (Int?, Bool) in
            guard state.fault == nil, !state.isFinished else { return (nil, false) }
            state.output += outputs
            state.outputBytes += count
            defer { state.isPumping = true }
            return (state.waiting, !state.isPumping)
        }
        if mustPump { schedulePump() }
        return waiting
    }

    package var waiting: Int { state.withLock { $0.waiting } }

    package func drained() async throws(StreamFault) {
        let result = await withCheckedContinuation { (waiter: Waiter) in
            let ready = state.withLock { state -> Result<Void, StreamFault>? in
                if let fault = state.fault { return .failure(fault) }
                if state.waiting < WaterMark.high { return .success(()) }
                state.waiters.append(waiter)
                return nil
            }
            if let ready { waiter.resume(returning: ready) }
        }
        try result.get()
    }

    package func finish() {
        let mustPump = state.withLock { state in
            guard state.fault == nil, !state.isFinished else { return false }
            state.isFinished = true
            defer { state.isPumping = true }
            return !state.isPumping
        }
        if mustPump { schedulePump() }
    }

    package func close() {
        let mustPump = state.withLock { state in
            guard state.fault == nil, !state.isClosing else { return false }
            (state.isFinished, state.isClosing) = (true, true)
            defer { state.isPumping = true }
            return !state.isPumping
        }
        if mustPump { schedulePump() }
    }

    package func abort() { onLoop { $0.abort(.aborted) } }

    private func onLoop(_ body: @escaping @Sendable (any ByteChannel) -> Void) {
        if channel.loop.isCurrent { return body(channel) }
        channel.loop.execute { [channel] in body(channel) }
    }

    /// Through the queue in any case: what was given off the loop must not be overtaken.
    private func schedulePump() {
        if channel.loop.isCurrent { return pump() }
        channel.loop.execute { self.pump() }
    }

    private func pump() {
        let (outputs, finishes, closes) = state.withLock { state in
            defer {
                state.output = []
                state.outputBytes = 0
                state.isPumping = false
            }
            // Until it is asked again, so that nobody sees less than there is.
            state.channelBytes += state.outputBytes
            return (state.output, state.isFinished, state.isClosing)
        }
        for output in outputs { channel.write(output) }
        if closes { channel.close() } else if finishes { channel.shutdownWrite() }
        settle()
    }

    /// Lets writers go on if little enough waits.
    private func settle() {
        let pending = channel.pendingBytes
        let released = state.withLock { state in
            state.channelBytes = pending
            guard state.waiting < WaterMark.high else { return [Waiter]() }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in released { waiter.resume(returning: .success(())) }
    }

    // MARK: The channel's side

    package func channelRead(_ bytes: UnsafeRawBufferPointer) {
        let part = Array(bytes)
        let (reader, pauses) = state.withLock { state -> (Reader?, Bool) in
            if let reader = state.reader {
                state.reader = nil
                return (reader, false)
            }
            state.input += part
            state.isPaused = state.input.count >= highWater
            return (nil, state.isPaused)
        }
        if pauses { channel.pauseReading() }
        reader?.resume(returning: .success(part))
    }

    package func channelReadEnded() {
        let reader = state.withLock { state in
            state.hasEnded = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: .success(nil))
    }

    package func channelDrained() { settle() }

    package func channelClosed(_ error: NetError?) {
        let fault: StreamFault =
            switch error {
            case nil, .aborted, .reset, .truncated: .closed
            case .timedOut: .stalled
            case .some(let error): .failed("\(error)")
            }
        let (reader, waiters, actions) = state.withLock { state in
            defer {
                state.fault = fault
                if error == nil { state.hasEnded = true }
                state.reader = nil
                state.waiters = []
                state.output = []
                state.outputBytes = 0
                state.channelBytes = 0
                state.onClose = []
            }
            return (state.reader, state.waiters, state.onClose)
        }
        reader?.resume(returning: error == nil ? .success(nil) : .failure(fault))
        for waiter in waiters { waiter.resume(returning: .failure(fault)) }
        for action in actions { action() }
    }
}
