import Basics
package import HTTP
package import Net
import Synchronization

/// Many connections inside one WebSocket between a device and the appliance. The appliance opens
/// them, the device connects each to what it asks for. Confined to its loop unless it says more.
package final class Tunnel: @unchecked Sendable {
    /// Makes the connection that a stream asks for; `nil` refuses.
    package typealias Connect =
        @Sendable (
            _ to: String, _ opened: @escaping @Sendable (Result<any ByteChannel, NetError>) -> Void
        ) -> Void

    package let loop: EventLoop
    private let socket: WebSocket
    private let connect: Connect?
    private var streams: [UInt32: TunnelStream] = [:]
    private var nextID: UInt32 = 1
    private var isGone = false
    private var lastUse: LoopTime

    private var control: [TunnelFrame] = []
    private var turns: [UInt32] = []
    private var waiting: CheckedContinuation<TunnelFrame?, Never>?

    /// Control frames that a peer may make us owe it before it takes any.
    private static let controlLimit = 4_096

    /// - Parameter connect: on the device's side; without it nobody may open anything here.
    package init(_ socket: WebSocket, loop: EventLoop, connect: Connect? = nil) {
        self.socket = socket
        self.loop = loop
        self.connect = connect
        lastUse = loop.now
    }

    /// Serves until the WebSocket ends. Any task, once.
    package func run() async {
        await withTaskGroup { group in
            group.addTask(executorPreference: loop) { await self.receive() }
            group.addTask(executorPreference: loop) { await self.transmit() }
            await group.next()
            loop.execute { self.depart() }
            await group.waitForAll()
        }
    }

    /// Ends it and all that is in it. Any thread.
    package func close() { loop.execute { self.depart() } }

    /// How many connections are open in it, and since when there is none.
    package var use: (count: Int, last: LoopTime) { (streams.count, lastUse) }

    // MARK: Opening

    /// A connection through it for the proxy, with every request that needs one. Any thread.
    package func upstream(_ name: String) -> Upstream {
        .gate(
            UpstreamGate(name) { [weak self] loop, timeout, opened in
                guard let self else { return loop.execute { opened(.failure(.refused)) } }
                self.loop.execute {
                    self.open(to: TunnelFrame.nodeRED, timeout: timeout, opened)
                }
            })
    }

    /// - Parameter opened: called once, never within this call.
    package func open(
        to target: String, timeout: Duration,
        _ opened: @escaping (Result<any ByteChannel, NetError>) -> Void
    ) {
        guard !isGone, streams.count < TunnelFrame.maxStreams, nextID < .max else {
            let answer = Opening(opened)
            return loop.execute { answer.call(.failure(.refused)) }
        }
        let limit = Limit()
        let stream = TunnelStream(nextID, in: self) { [loop] result in
            if let timer = limit.timer { loop.cancel(timer) }
            limit.timer = nil
            opened(result)
        }
        nextID += 1
        streams[stream.id] = stream
        limit.timer = loop.schedule(after: timeout) {
            limit.timer = nil
            stream.abort(.timedOut(.connect))
        }
        send(TunnelFrame(stream.id, .open(to: target)))
    }

    private final class Limit { var timer: LoopTimer? }

    /// Stays on the loop.
    private struct Opening: @unchecked Sendable {
        let call: (Result<any ByteChannel, NetError>) -> Void
        init(_ call: @escaping (Result<any ByteChannel, NetError>) -> Void) { self.call = call }
    }

    // MARK: Sending

    func send(_ frame: TunnelFrame) {
        guard !isGone else { return }
        guard control.count < Self.controlLimit else { return depart() }
        control.append(frame)
        wake()
    }

    /// A stream may have something to send.
    func ready(_ stream: TunnelStream) {
        guard !isGone, !turns.contains(stream.id) else { return }
        turns.append(stream.id)
        wake()
    }

    private func wake() {
        guard let waiting, let frame = nextFrame() else { return }
        self.waiting = nil
        waiting.resume(returning: frame)
    }

    /// Control first, then the streams in turn.
    private func nextFrame() -> TunnelFrame? {
        if !control.isEmpty { return control.removeFirst() }
        while !turns.isEmpty {
            let id = turns.removeFirst()
            guard let stream = streams[id], let frame = stream.nextFrame() else { continue }
            turns.append(id)
            return frame
        }
        return nil
    }

    private func takeFrame() async -> TunnelFrame? {
        await withCheckedContinuation { continuation in
            if isGone { return continuation.resume(returning: nil) }
            if let frame = nextFrame() { return continuation.resume(returning: frame) }
            waiting = continuation
        }
    }

    private func transmit() async {
        while let frame = await takeFrame() {
            do throws(WebSocketFault) { try await socket.send(binary: frame.bytes) } catch {
                return
            }
        }
    }

    // MARK: Receiving

    private func receive() async {
        do throws(WebSocketFault) {
            while let message = try await socket.receive() {
                guard case .binary(let bytes) = message, let frame = TunnelFrame(bytes),
                    take(frame)
                else {
                    return socket.close(code: 1002, reason: "not a frame of a tunnel")
                }
            }
        } catch { return }
    }

    /// - Returns: `false` for what breaks the rules.
    private func take(_ frame: TunnelFrame) -> Bool {
        if case .open(let target) = frame.content { return accept(frame.stream, target) }
        // Of a stream that we have just given up there may be something under way.
        guard let stream = streams[frame.stream] else { return frame.stream < nextID }
        lastUse = loop.now
        switch frame.content {
        case .open: return false
        case .data(let bytes): return stream.received(bytes)
        case .window(let count): return stream.receivedWindow(count)
        case .end: stream.receivedEnd()
        case .reset(let reason): stream.receivedReset(reason)
        case .opened:
            guard connect == nil else { return false }
            stream.opened()
        }
        return true
    }

    /// On the device: numbers only rise, so that a late frame meets no stranger.
    private func accept(_ id: UInt32, _ target: String) -> Bool {
        guard let connect, id >= nextID, id < .max else { return false }
        nextID = id + 1
        guard streams.count < TunnelFrame.maxStreams else {
            send(TunnelFrame(id, .reset("too many streams")))
            return true
        }
        let stream = TunnelStream(id, in: self)
        streams[id] = stream
        connect(target) { [weak self] result in
            guard let self else { return }
            loop.execute { self.joined(stream, result) }
        }
        return true
    }

    private func joined(_ stream: TunnelStream, _ result: Result<any ByteChannel, NetError>) {
        switch result {
        case .success(let channel):
            guard stream.isOpen, !isGone else { return channel.abort(.aborted) }
            send(TunnelFrame(stream.id, .opened))
            ChannelSplice(stream, channel).start()
        case .failure(let error):
            guard stream.isOpen else { return }
            send(TunnelFrame(stream.id, .reset("\(error)")))
            stream.depart(.reset)
        }
    }

    // MARK: Ending

    func forget(_ stream: TunnelStream) {
        streams[stream.id] = nil
        lastUse = loop.now
    }

    private func depart() {
        guard !isGone else { return }
        isGone = true
        control = []
        turns = []
        let waiting = self.waiting
        self.waiting = nil
        for stream in Array(streams.values) { stream.depart(.reset) }
        socket.close(code: 1001, reason: "the tunnel ends")
        socket.abortLater(on: loop)
        waiting?.resume(returning: nil)
    }
}

extension WebSocket {
    /// Says goodbye, and does not wait long for the answer.
    fileprivate func abortLater(on loop: EventLoop) {
        _ = loop.schedule(after: .seconds(2)) { self.abort() }
    }
}
