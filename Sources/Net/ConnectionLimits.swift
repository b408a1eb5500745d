import CLinux
import Synchronization

/// How many connections there may be, over all listeners that share one.
package final class ConnectionLimits: Sendable {
    private struct State {
        var total = 0
        var byNetwork: [String: Int] = [:]
        var refused = 0
    }

    package let total: Int
    package let perAddress: Int
    private let state = Mutex(State())

    /// - Parameter total: lowered to what the limit of open descriptors allows (raised as far as
    ///   the system lets it): a connection that is proxied takes two.
    /// - Parameter perAddress: for one IPv4 address or one IPv6 /64; Unix sockets are exempt.
    package init(total: Int = 8_192, perAddress: Int = 2_048) {
        let descriptors = Int(clamping: clinux_raise_descriptor_limit())
        self.total = max(min(total, (descriptors - 128) / 2), 16)
        self.perAddress = perAddress
    }

    package var count: Int { state.withLock { $0.total } }
    /// How many connections were turned away.
    package var refused: Int { state.withLock { $0.refused } }

    func admit(_ peer: PeerAddress) -> Bool {
        let network = Self.network(of: peer)
        return state.withLock { state in
            if let network {
                guard state.total < total, state.byNetwork[network, default: 0] < perAddress else {
                    state.refused += 1
                    return false
                }
                state.byNetwork[network, default: 0] += 1
            }
            state.total += 1
            return true
        }
    }

    func leave(_ peer: PeerAddress) {
        let network = Self.network(of: peer)
        state.withLock { state in
            state.total -= 1
            guard let network, let count = state.byNetwork[network] else { return }
            state.byNetwork[network] = count > 1 ? count - 1 : nil
        }
    }

    /// The first four groups of an IPv6 address; they may be abbreviated, but always alike.
    private static func network(of peer: PeerAddress) -> String? {
        if peer.isLocal { return nil }
        guard peer.host.contains(":") else { return peer.host }
        var groups: [Substring] = []
        for group in peer.host.split(separator: ":", omittingEmptySubsequences: false) {
            if group.isEmpty || groups.count == 4 { break }
            groups.append(group)
        }
        return groups.joined(separator: ":")
    }
}
