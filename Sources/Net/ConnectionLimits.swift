import CLinux
import Synchronization

/// How many connections there may be, over all listeners that share one. Whoever proves who it is
/// gets a place of its own kind: a cell of hundreds of devices behind one address takes none from
/// strangers, and strangers none from it.
package final class ConnectionLimits: Sendable {
    /// Of one connection, from its acceptance to its end.
    final class Place: Sendable {
        enum Stage: Sendable {
            /// Before the handshake is over.
            case opening
            case stranger
            case owned(String)
        }

        /// `nil` on a Unix socket, which is not limited.
        let network: String?
        fileprivate let stage = Mutex(Stage.opening)
        fileprivate init(network: String?) { self.network = network }
    }

    /// Connections that were turned away.
    package struct Refusals: Sendable, Equatable {
        package var count = 0
        /// From where the last one came; `nil` before the first.
        package var last: String?
        package init() {}
    }

    private struct State {
        var total = 0
        var opening: [String: Int] = [:]
        var byNetwork: [String: Int] = [:]
        var byOwner: [String: Int] = [:]
        var owned = 0
        var refusals = Refusals()

        mutating func refuse(_ network: String) {
            refusals.count += 1
            refusals.last = network
        }
    }

    /// Of strangers, and of those whose handshake is not over.
    package let total: Int
    /// Of all together: what the limit of open descriptors allows.
    private let room: Int
    package let perAddress: Int
    /// Of all that have proven who they are.
    package let owned: Int
    /// 8: a device has one for MQTT, one or two for HTTP and one for a tunnel, and its former ones
    /// while nobody has noticed their end.
    package static let perOwner = 8
    /// Handshakes at once from one address, for each connection that it may have: a cell comes back
    /// as a whole.
    private static let openingShare = 4
    private let state = Mutex(State())

    /// - Parameter total: lowered to what the limit of open descriptors allows (raised as far as
    ///   the system lets it): a connection that is proxied takes two. An eighth of what it allows is
    ///   kept for strangers, or somebody who wants to sign in finds no place.
    /// - Parameter perAddress: for one IPv4 address or one IPv6 /64; Unix sockets are exempt.
    package init(total: Int = 8_192, perAddress: Int = 2_048) {
        room = max((Int(clamping: clinux_raise_descriptor_limit()) - 128) / 2, 32)
        self.total = max(min(total, room), 16)
        self.perAddress = perAddress
        owned = room - min(self.total, max(room / 8, 16))
    }

    package var count: Int { state.withLock { $0.total + $0.owned } }
    /// Handshakes under way.
    package var opening: Int { state.withLock { $0.opening.values.reduce(0, +) } }
    package var refusals: Refusals { state.withLock { $0.refusals } }

    /// - Returns: `nil` for one that is turned away.
    func admit(_ peer: PeerAddress) -> Place? {
        let place = Place(network: Self.network(of: peer))
        return state.withLock { state in
            if let network = place.network {
                guard state.total < total, state.total + state.owned < room,
                    state.opening[network, default: 0] < perAddress * Self.openingShare
                else {
                    state.refuse(network)
                    return nil
                }
                state.opening[network, default: 0] += 1
            }
            state.total += 1
            return place
        }
    }

    /// The handshake is over.
    /// - Parameter owner: whom the connection has proven to be.
    /// - Returns: false for one that is turned away.
    func settle(_ place: Place, owner: String?) -> Bool {
        guard let network = place.network else { return true }
        return state.withLock { state in
            Self.take(network, from: &state.opening)
            if let owner, state.owned < owned,
                state.byOwner[owner, default: 0] < Self.perOwner
            {
                state.byOwner[owner, default: 0] += 1
                state.owned += 1
                state.total -= 1
                place.stage.withLock { $0 = .owned(owner) }
                return true
            }
            state.byNetwork[network, default: 0] += 1
            place.stage.withLock { $0 = .stranger }
            guard state.byNetwork[network, default: 0] <= perAddress else {
                state.refuse(network)
                return false
            }
            return true
        }
    }

    func leave(_ place: Place) {
        state.withLock { state in
            switch (place.network, place.stage.withLock { $0 }) {
            case (nil, _): state.total -= 1
            case (let network?, .opening):
                state.total -= 1
                Self.take(network, from: &state.opening)
            case (let network?, .stranger):
                state.total -= 1
                Self.take(network, from: &state.byNetwork)
            case (_, .owned(let owner)):
                state.owned -= 1
                Self.take(owner, from: &state.byOwner)
            }
        }
    }

    private static func take(_ name: String, from counts: inout [String: Int]) {
        let count = counts[name, default: 1]
        counts[name] = count > 1 ? count - 1 : nil
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
