import Synchronization

/// The names and addresses under which this site may be called. A `Host` that is none of them is
/// answered 421: a page of a stranger's name must not reach us by pointing DNS here. A machine gets
/// other addresses while it runs, so they are asked for again: every minute, and for a stranger's
/// name at most every other second.
package final class HostNames: Sendable {
    private struct State {
        var names: Set<String>
        var asked: ContinuousClock.Instant
    }

    private static let longest = Duration.seconds(60)
    private static let shortest = Duration.seconds(2)

    private let current: (@Sendable () -> [String])?
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>

    /// Names that never change.
    /// - Parameter names: host names and IP addresses (v6 without brackets), in any case.
    package init(_ names: some Sequence<String>) {
        current = nil
        now = { ContinuousClock.now }
        state = Mutex(State(names: Self.canonical(names), asked: .now))
    }

    /// - Parameter current: must be quick.
    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
        _ current: @escaping @Sendable () -> [String]
    ) {
        self.current = current
        self.now = now
        state = Mutex(State(names: Self.canonical(current()), asked: now()))
    }

    /// Lower case, in no order.
    var all: Set<String> { state.withLock { $0.names } }

    package func contains(_ host: String) -> Bool {
        let name = Self.canonical(host)
        return state.withLock { state in
            if let current {
                let age = now() - state.asked
                let isKnown = state.names.contains(name)
                if age >= (isKnown ? Self.longest : Self.shortest) {
                    state = State(names: Self.canonical(current()), asked: now())
                }
            }
            return state.names.contains(name)
        }
    }

    private static func canonical(_ names: some Sequence<String>) -> Set<String> {
        Set(names.map { canonical($0) })
    }

    /// Lower case, and without the dot at the end that a full name may have.
    private static func canonical(_ name: String) -> String {
        let lower = name.lowercased()
        return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }
}

/// What stands in a `Host` header: a name or address, and a port where it is not the scheme's own.
package struct Authority: Sendable, Equatable {
    /// Without brackets.
    package let host: String
    package let port: Int?

    /// `nil` for anything that is not `name`, `name:port`, `v4:port` or `[v6]:port`.
    package init?(_ text: String) {
        let letters = Array(text.utf8)
        guard !letters.isEmpty, letters.count <= 260,
            letters.allSatisfy({ Self.allowed.contains($0) })
        else { return nil }
        var rest = text[...]
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            guard host.contains(":") else { return nil }
            rest = rest[rest.index(after: end)...]
        } else {
            let end = rest.firstIndex(of: ":") ?? rest.endIndex
            host = String(rest[..<end])
            rest = rest[end...]
        }
        guard !host.isEmpty, !host.contains("["), !host.contains("]") else { return nil }
        guard let colon = rest.first else {
            port = nil
            return
        }
        guard colon == ":", let number = UInt16(rest.dropFirst()), number > 0,
            rest.dropFirst().allSatisfy(\.isNumber)
        else { return nil }
        port = Int(number)
    }

    package init(host: String, port: Int?) {
        self.host = host
        self.port = port
    }

    /// As it stands in a URL: brackets around a v6 address, no `:443`.
    package var text: String {
        let name = host.contains(":") ? "[\(host)]" : host
        guard let port, port != 443 else { return name }
        return "\(name):\(port)"
    }

    package var httpsOrigin: String { "https://\(text)" }

    private static let allowed = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]".utf8)
}
