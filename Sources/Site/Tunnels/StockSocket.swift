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

    /// 4,096 messages may wait for a browser; one that takes none is let go.
    private static let limit = 4_096

    init(send: @escaping @Sendable (String) -> Bool) {
        self.send = send
        (events, put) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingOldest(Self.limit))
    }

    func deliver(_ text: String) {
        if case .dropped = put.yield(.fromDevice(text)) { end() }
    }

    func end() {
        put.yield(.ended)
        put.finish()
    }

    /// Returns when either side has ended.
    func run(_ browser: WebSocket, hasLogin: Bool) async {
        let reading = Task {
            while let message = try? await browser.receive() {
                guard case .text(let text) = message else { break }
                if case .dropped = put.yield(.fromBrowser(text)) { break }
            }
            end()
        }
        defer { reading.cancel() }
        var isIn = !hasLogin
        var early: [String] = []
        if hasLogin, !send(#"{"auth":"tunnel"}"#) { return browser.abort() }
        for await event in events {
            switch event {
            case .ended: return
            case .fromDevice(let text):
                if !isIn, let verdict = Self.login(text) {
                    guard verdict == "ok" else { return }
                    isIn = true
                    for text in early where !send(text) { return browser.abort() }
                    early = []
                } else if (try? await browser.send(text)) == nil {
                    return
                }
            case .fromBrowser(let text):
                if Self.login(text) != nil {
                    // The browser's own login is ours to answer.
                    if (try? await browser.send(#"{"auth":"ok"}"#)) == nil { return }
                } else if isIn {
                    guard send(text) else { return browser.abort() }
                } else {
                    guard early.count < 64 else { return }
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
