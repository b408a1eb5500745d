import SQLite
import Synchronization

/// Connections for look-ups by index on the thread that asks: as many as ask at one moment, up to
/// a bound. An event loop asks one at a time, so that it works with one of its own.
final class LookUps: Sendable {
    // @unchecked: whoever takes one out of the list below has it alone until it is given back.
    struct Free: @unchecked Sendable {
        let link: DatabaseLink
    }

    private let free: Mutex<[Free]>

    init(_ free: [Free]) { self.free = Mutex(free) }

    /// `nil` when all are in use.
    func take() -> Free? { free.withLock { $0.popLast() } }
    func give(_ link: Free) { free.withLock { $0.append(link) } }
    /// Closes those that nobody uses; what is given back later goes with the last reference.
    func end() { free.withLock { $0 = [] } }
}
