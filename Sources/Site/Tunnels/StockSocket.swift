import Basics
import HTTP
import Synchronization

/// One WebSocket of the editor inside a stock agent's tunnel. It logs in before anything else goes:
/// what is sent right behind a login gets it refused.
final class StockSocket: Sendable {
    private enum Event: Sendable {
        case fromDevice(String)
        case fromBrowser(String)
        case ended
    }

    private let events: AsyncStream<Event>
    private let put: AsyncStream<Event>.Continuation
    private let send: @Sendable (String) -> Bool

    /// 1 MiB may wait for a side, and one message of any size; a side that takes none is let go.
    private static let limit = 1 << 20
    private let waiting = Mutex(0)

    init(send: @escaping @Sendable (String) -> Bool) {
        self.send = send
        (events, put) = AsyncStream.makeStream(of: Event.self)
    }

    /// - Returns: whether there was room; else this ends.
    @discardableResult
    func deliver(_ text: String) -> Bool {
        guard take(text) else {
            end()
            return false
        }
        put.yield(.fromDevice(text))
        return true
    }

    private func take(_ text: String) -> Bool {
        // A message has a price of its own, or empty ones would be free.
        let size = text.utf8.count + 64
        return waiting.withLock { waiting in
            guard waiting == 0 || waiting + size <= Self.limit else { return false }
            waiting += size
            return true
        }
    }

    private func give(back text: String) { waiting.withLock { $0 -= text.utf8.count + 64 } }

    func end() {
        put.yield(.ended)
        put.finish()
    }

    /// Returns when either side has ended.
    func run(_ browser: WebSocket, hasLogin: Bool) async {
        let reading = Task {
            while let message = try? await browser.receive() {
                guard case .text(let text) = message else { break }
                guard take(text) else { break }
                put.yield(.fromBrowser(text))
            }
            end()
        }
        defer { reading.cancel() }
        var isIn = !hasLogin
        var early: [String] = []
        var earlySize = 0
        if hasLogin, !send(#"{"auth":"tunnel"}"#) { return browser.abort() }
        for await event in events {
            switch event {
            case .ended: return
            case .fromDevice(let text):
                defer { give(back: text) }
                if !isIn, let verdict = Self.login(text) {
                    guard verdict == "ok" else { return }
                    isIn = true
                    for text in early where !send(text) { return browser.abort() }
                    early = []
                } else if (try? await browser.send(text)) == nil {
                    return
                }
            case .fromBrowser(let text):
                defer { give(back: text) }
                if Self.login(text) != nil {
                    // The browser's own login is ours to answer.
                    if (try? await browser.send(#"{"auth":"ok"}"#)) == nil { return }
                } else if isIn {
                    guard send(text) else { return browser.abort() }
                } else {
                    earlySize += text.utf8.count + 64
                    guard earlySize <= Self.limit else { return }
                    early.append(text)
                }
            }
        }
    }

    /// The word in `{"auth":"…"}`; `nil` for any other message.
    private static func login(_ text: String) -> String? {
        guard text.hasPrefix("{\"auth\"") else { return nil }
        return (try? JSONReader.read(Array(text.utf8)))?["auth"]?.string
    }
}
