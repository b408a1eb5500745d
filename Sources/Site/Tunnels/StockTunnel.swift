package import Basics
package import HTTP
import Synchronization

/// The tunnel of a stock agent: requests and texts of the editor as JSON, each answer whole. Any
/// task.
package final class StockTunnel: Sendable {
    package struct Answer: Sendable {
        package let status: Int
        package let headers: [(String, String)]
        package let body: [UInt8]
    }

    private typealias Waiting = CheckedContinuation<Answer?, Never>

    private struct State {
        var next: Int64 = 1
        var waiting: [Int64: Pending] = [:]
        var sockets: [Int64: StockSocket] = [:]
        var isGone = false
    }

    private struct Pending { let resume: Waiting }

    /// 64 MiB: 17 MiB of answer in the agent's way of writing it.
    package static let maxMessage = ByteCount.mebibytes(64)
    /// Of requests and sockets each that may be open.
    private static let limit = 128

    private let socket: WebSocket
    private let reader = StockFrameReader()
    private let state = Mutex(State())

    package init(_ socket: WebSocket) { self.socket = socket }

    package var isUsed: Bool {
        state.withLock { !$0.sockets.isEmpty || !$0.waiting.isEmpty }
    }

    /// Takes what the agent sends until the tunnel ends.
    package func run() async {
        do throws(WebSocketFault) {
            while let message = try await socket.receive() {
                guard case .text(let text) = message,
                    let frame = await reader.read(Array(text.utf8))
                else {
                    socket.close(code: 1007, reason: "not a message of a tunnel")
                    break
                }
                take(frame)
            }
        } catch {}
        depart()
    }

    /// 4000: the agent tries again later.
    package func close() {
        socket.close(code: 4000, reason: "replaced, or not needed any more")
        depart()
        socket.abort(after: .seconds(2))
    }

    private func take(_ frame: StockFrame) {
        switch frame {
        case .answer(let id, let status, let headers, let body):
            let pending = state.withLock { $0.waiting.removeValue(forKey: id) }
            pending?.resume.resume(
                returning: Answer(status: status, headers: headers, body: body))
        case .socketText(let id, let text): state.withLock { $0.sockets[id] }?.deliver(text)
        case .socketClosed(let id):
            state.withLock { $0.sockets.removeValue(forKey: id) }?.end()
        }
    }

    private func depart() {
        let (waiting, sockets) = state.withLock { state -> ([Pending], [StockSocket]) in
            defer { (state.waiting, state.sockets, state.isGone) = ([:], [:], true) }
            return (Array(state.waiting.values), Array(state.sockets.values))
        }
        for each in waiting { each.resume.resume(returning: nil) }
        for each in sockets { each.end() }
    }

    // MARK: Requests

    /// - Returns: `nil` if the tunnel ended, is full, or took longer than `limit`.
    package func send(
        _ method: String, _ url: String, headers: [(String, String)], body: String?,
        limit: Duration = .seconds(120)
    ) async -> Answer? {
        guard let id = number({ $0.waiting.count }) else { return nil }
        let text = StockFrame.request(
            id: id, method: method, url: url, headers: headers, body: body)
        let timer = Task {
            try? await Task.sleep(for: limit)
            answer(id, nil)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isGone = state.withLock { state in
                    if !state.isGone { state.waiting[id] = Pending(resume: continuation) }
                    return state.isGone
                }
                if isGone { return continuation.resume(returning: nil) }
                if Task.isCancelled || !socket.trySend(text) { answer(id, nil) }
            }
        } onCancel: {
            answer(id, nil)
        }
    }

    private func answer(_ id: Int64, _ answer: Answer?) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume.resume(returning: answer)
    }

    private func number(_ count: (borrowing State) -> Int) -> Int64? {
        state.withLock { state in
            guard !state.isGone, count(state) < Self.limit else { return nil }
            state.next += 1
            return state.next
        }
    }

    // MARK: WebSockets

    /// Joins a browser's WebSocket to one on the device, until either ends. The tunnel's token
    /// stands for the editor's login: we give it, and nobody else's is passed on.
    package func join(_ browser: WebSocket, url: String) async {
        guard let id = number({ $0.sockets.count }) else {
            return browser.close(code: 1013, reason: "too many")
        }
        let inner = StockSocket { [socket] text in
            socket.trySend(StockFrame.socketSend(id: id, text))
        }
        state.withLock { $0.sockets[id] = inner }
        guard socket.trySend(StockFrame.socketOpen(id: id, url: url)) else {
            return browser.close(code: 1013, reason: "the device is too slow")
        }
        await inner.run(browser, hasLogin: url.hasSuffix("/comms"))
        if state.withLock({ $0.sockets.removeValue(forKey: id) }) != nil {
            _ = socket.trySend(StockFrame.socketClose(id: id))
        }
        browser.close()
    }
}

/// Long frames are read on a thread of their own: the event loop has others to serve.
actor StockFrameReader {
    private let executor = BlockingExecutor(label: "stock tunnel")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// 16 KiB take less to read than to hand to another thread.
    nonisolated func read(_ bytes: [UInt8]) async -> StockFrame? {
        bytes.count <= 16_384 ? StockFrame(bytes) : await readLong(bytes)
    }

    private func readLong(_ bytes: [UInt8]) -> StockFrame? { StockFrame(bytes) }
}

extension WebSocket {
    /// Says nothing more after this time.
    fileprivate func abort(after limit: Duration) {
        Task {
            try? await Task.sleep(for: limit)
            abort()
        }
    }
}
