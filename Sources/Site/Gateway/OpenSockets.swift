import Basics
package import Domain
package import HTTP
import Synchronization

/// The proxied WebSockets that live on somebody's permission. Reviewed when permissions change and
/// every second for those that expired, so that ending a session, role or user closes its editors.
package final class OpenSockets: Service {
    private struct Entry {
        let close: @Sendable () -> Void
        let ticket: GatewayTicket
        let path: ScopePath
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var next: UInt64 = 0
    }

    private let doorkeeper: Doorkeeper
    private let signal: SecuritySignal
    private let log = Log("gateway")
    private let state = Mutex(State())

    package init(doorkeeper: Doorkeeper, signal: SecuritySignal) {
        self.doorkeeper = doorkeeper
        self.signal = signal
    }

    package var count: Int { state.withLock { $0.entries.count } }

    package func watch(_ socket: ProxiedSocket, ticket: GatewayTicket, path: ScopePath) {
        let key = watch(ticket: ticket, path: path) { socket.close() }
        socket.onClose { [weak self] in self?.forget(key) }
    }

    /// - Parameter close: ends what lives on the ticket.
    /// - Returns: what `forget` takes when that has ended by itself.
    package func watch(
        ticket: GatewayTicket, path: ScopePath, close: @escaping @Sendable () -> Void
    ) -> UInt64 {
        state.withLock { state in
            state.next += 1
            state.entries[state.next] = Entry(close: close, ticket: ticket, path: path)
            return state.next
        }
    }

    package func forget(_ key: UInt64) {
        state.withLock { _ = $0.entries.removeValue(forKey: key) }
    }

    package func run() async throws {
        await withTaskGroup { group in
            group.addTask {
                for await _ in self.signal.changes() { await self.review() }
            }
            group.addTask {
                while !Task.isCancelled {
                    // Ended by cancellation only, which the loop's condition sees.
                    try? await Task.sleep(for: .seconds(1))
                    await self.review(expiredAt: .now())
                }
            }
        }
    }

    /// Closes every socket whose ticket admits nobody any more.
    package func review() async {
        for entry in state.withLock({ Array($0.entries.values) })
        where await doorkeeper.allowed(entry.ticket, at: entry.path) == nil {
            log.info("closed a socket of \(entry.ticket.instance): its session ended")
            entry.close()
        }
    }

    private func review(expiredAt now: Timestamp) async {
        let entries = state.withLock { Array($0.entries.values) }
        for entry in entries where entry.ticket.expiresAt <= now { entry.close() }
    }
}
