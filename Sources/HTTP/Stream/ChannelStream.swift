package import Net
import Synchronization

/// A connection as a stream: callbacks of the loop on one side, tasks that wait on the other. What
/// an upgraded connection becomes on the server's side, and every connection on the client's.
// Unchecked: the fields below `state` belong to the loop's thread.
package final class ChannelStream: ByteStream, ChannelHandler, @unchecked Sendable {
    private typealias Reader = CheckedContinuation<Result<[UInt8]?, StreamFault>, Never>

    private struct State {
        var input: [UInt8] = []
        var isPaused = false
        var readEnded = false
        var reader: Reader?
        /// Nothing more can be written.
        var isFinished = false
        var isClosed = false
        var fault = StreamFault.closed
        /// Taken from other threads and not yet given to the channel.
        var handed = 0
        var pending = 0
        var isFull = false
        var writers: [CheckedContinuation<Void, Never>] = []
        var onEnd: (@Sendable () -> Void)?
        var onClose: (@Sendable () -> Void)?

        var takesMore: Bool { !isFull && handed < WaterMark.high }
    }

    private let channel: any ByteChannel
    private let state = Mutex(State())
    private var lastMove: LoopTime
    private var idleLimit: Duration?
    private var idleFault = StreamFault.stalled
    private var timer: LoopTimer?

    /// - Parameter early: what was read already and belongs to the stream.
    package init(_ channel: any ByteChannel, early: [UInt8] = []) {
        self.channel = channel
        lastMove = channel.loop.now
        state.withLock { $0.input = early }
    }

    /// Takes over the channel's input. On its loop, once.
    package func start() { channel.start(self) }

    package var loop: EventLoop { channel.loop }

    // MARK: Reading

    package func read() async throws(StreamFault) -> [UInt8]? {
        let result = await withCheckedContinuation { (continuation: Reader) in
            let (ready, resumes) = state.withLock {
                state -> (Result<[UInt8]?, StreamFault>?, Bool) in
                if !state.input.isEmpty {
                    defer { (state.input, state.isPaused) = ([], false) }
                    return (.success(state.input), state.isPaused)
                }
                if state.readEnded { return (.success(nil), false) }
                if state.isClosed { return (.failure(state.fault), false) }
                precondition(state.reader == nil, "two readers of one stream")
                state.reader = continuation
                return (nil, false)
            }
            if resumes { onLoop { $0.channel.resumeReading() } }
            if let ready { continuation.resume(returning: ready) }
        }
        return try result.get()
    }

    /// Nothing has come that nobody asked for, and nothing has ended.
    var isReusable: Bool {
        state.withLock { !$0.isClosed && !$0.readEnded && !$0.isFinished && $0.input.isEmpty }
    }

    /// Runs once when the other side ends or breaks the connection, or sends unasked; at once if
    /// it has. `nil` takes the wish back.
    func whenEnded(_ action: (@Sendable () -> Void)?) {
        let now = state.withLock { state in
            let now = state.isClosed || state.readEnded || !state.input.isEmpty
            state.onEnd = now ? nil : action
            return now
        }
        if now { action?() }
    }

    /// Runs once, on the loop, when the connection is gone; at once if it is.
    func onClose(_ action: @escaping @Sendable () -> Void) {
        let now = state.withLock { state in
            if !state.isClosed { state.onClose = action }
            return state.isClosed
        }
        if now { channel.loop.execute(action) }
    }

    // MARK: Writing

    package var waiting: Int { state.withLock { $0.handed + $0.pending } }

    @discardableResult
    package func enqueue(_ bytes: [UInt8]) -> Int? {
        let isCurrent = channel.loop.isCurrent
        let (waiting, direct) = state.withLock { state -> (Int?, Bool) in
            guard !state.isFinished, !state.isClosed else { return (nil, false) }
            // Behind bytes that are still on their way to the loop even the loop has to queue.
            let direct = isCurrent && state.handed == 0
            if !direct { state.handed += bytes.count }
            return (state.handed + state.pending + (direct ? bytes.count : 0), direct)
        }
        guard waiting != nil else { return nil }
        if direct {
            write(bytes, handed: 0)
        } else {
            channel.loop.execute { self.write(bytes, handed: bytes.count) }
        }
        return waiting
    }

    private func write(_ bytes: [UInt8], handed: Int) {
        let isFull = channel.write(.bytes(bytes)) == .full
        lastMove = channel.loop.now
        update { state in
            state.handed -= handed
            if isFull { state.isFull = true }
        }
    }

    package func drained() async throws(StreamFault) {
        await withCheckedContinuation { continuation in
            let now = state.withLock { state in
                let now = state.isClosed || state.takesMore
                if !now { state.writers.append(continuation) }
                return now
            }
            if now { continuation.resume() }
        }
        let fault = state.withLock { $0.isClosed && !$0.isFinished ? $0.fault : nil }
        if let fault { throw fault }
    }

    private func update(_ change: (inout State) -> Void) {
        let pending = channel.pendingBytes
        let writers = state.withLock { state in
            state.pending = pending
            change(&state)
            guard !state.writers.isEmpty, state.isClosed || state.takesMore else {
                return [CheckedContinuation<Void, Never>]()
            }
            defer { state.writers = [] }
            return state.writers
        }
        for writer in writers { writer.resume() }
    }

    // MARK: Ending

    package func finish() {
        state.withLock { $0.isFinished = true }
        // Behind what is on its way to the loop.
        channel.loop.execute { self.channel.shutdownWrite() }
    }

    package func close() {
        state.withLock { $0.isFinished = true }
        channel.loop.execute { self.channel.close() }
    }

    package func abort() { abort(.closed) }

    private func abort(_ fault: StreamFault) {
        state.withLock { $0.fault = fault }
        onLoop { $0.channel.abort(.aborted) }
    }

    // MARK: Time

    /// Ends the stream when nothing has moved for so long; `nil`: never. A side that takes nothing
    /// may do so for as long, or for 60 s where there is no limit.
    /// - Parameter fault: how the end looks to whoever uses the stream then.
    package func limitIdle(to limit: Duration?, as fault: StreamFault = .stalled) {
        onLoop { stream in
            stream.idleLimit = limit
            stream.idleFault = fault
            stream.channel.writeStallLimit = limit ?? .seconds(60)
            stream.lastMove = stream.channel.loop.now
            stream.armTimer()
        }
    }

    /// Ends the stream as stalled after this time, whatever moves.
    func abort(after limit: Duration) -> StreamDeadline {
        StreamDeadline(channel.loop, after: limit) { [weak self] in self?.abort(.stalled) }
    }

    /// A timer that fires too early looks again, and one without a limit does nothing: cheaper
    /// than to set it anew for each request. It holds the stream until the channel is gone.
    private func armTimer() {
        guard let idleLimit, channel.isOpen else { return }
        let deadline = lastMove + idleLimit
        if let timer, timer.isPending {
            if timer.deadline <= deadline { return }
            channel.loop.cancel(timer)
        }
        let left = deadline - channel.loop.now
        timer = channel.loop.schedule(after: max(left, .milliseconds(1))) { [self] in checkIdle() }
    }

    private func checkIdle() {
        timer = nil
        guard let idleLimit else { return }
        if channel.loop.now - lastMove >= idleLimit { abort(idleFault) } else { armTimer() }
    }

    private func onLoop(_ body: @escaping @Sendable (ChannelStream) -> Void) {
        if channel.loop.isCurrent { body(self) } else { channel.loop.execute { body(self) } }
    }

    // MARK: The channel's calls

    package func channelRead(_ bytes: UnsafeRawBufferPointer) {
        lastMove = channel.loop.now
        let copy = [UInt8](bytes)
        let (reader, pauses, action) = state.withLock {
            state -> (Reader?, Bool, (@Sendable () -> Void)?) in
            defer { state.onEnd = nil }
            if let reader = state.reader {
                state.reader = nil
                return (reader, false, state.onEnd)
            }
            if state.input.isEmpty { state.input = copy } else { state.input += copy }
            state.isPaused = state.input.count >= WaterMark.low
            return (nil, state.isPaused, state.onEnd)
        }
        if pauses { channel.pauseReading() }
        reader?.resume(returning: .success(copy))
        action?()
    }

    package func channelReadEnded() { end { $0.readEnded = true } }

    package func channelDrained() {
        lastMove = channel.loop.now
        update { $0.isFull = false }
    }

    package func channelClosed(_ error: NetError?) {
        if let timer { channel.loop.cancel(timer) }
        timer = nil
        end { state in
            state.isClosed = true
            switch error {
            case nil, .aborted: break
            case .timedOut: state.fault = .stalled
            case let error?: state.fault = .failed("\(error)")
            }
        }
        update { $0.isFull = false }
        let action = state.withLock { state in
            defer { state.onClose = nil }
            return state.onClose
        }
        action?()
    }

    private func end(_ change: (inout State) -> Void) {
        let (reader, result, action) = state.withLock {
            state -> (Reader?, Result<[UInt8]?, StreamFault>, (@Sendable () -> Void)?) in
            change(&state)
            defer { (state.reader, state.onEnd) = (nil, nil) }
            return (
                state.reader, state.readEnded ? .success(nil) : .failure(state.fault), state.onEnd
            )
        }
        reader?.resume(returning: result)
        action?()
    }
}

/// A moment at which something happens unless it is called off; any thread.
// Unchecked: the timer belongs to the loop's thread.
final class StreamDeadline: @unchecked Sendable {
    private let loop: EventLoop
    private var timer: LoopTimer?

    init(_ loop: EventLoop, after limit: Duration, _ action: @escaping @Sendable () -> Void) {
        self.loop = loop
        onLoop { deadline in deadline.timer = deadline.loop.schedule(after: limit, action) }
    }

    func cancel() {
        onLoop { deadline in
            if let timer = deadline.timer { deadline.loop.cancel(timer) }
            deadline.timer = nil
        }
    }

    private func onLoop(_ body: @escaping @Sendable (StreamDeadline) -> Void) {
        if loop.isCurrent { body(self) } else { loop.execute { body(self) } }
    }
}
