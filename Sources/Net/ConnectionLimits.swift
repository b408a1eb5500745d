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
            /// Its handshake made room for another's: it counts no more.
            case ended
        }

        /// `nil` on a Unix socket, which is not limited.
        let network: String?
        let stage = Mutex(Stage.opening)
        fileprivate let end: @Sendable () -> Void

        fileprivate init(network: String?, end: @escaping @Sendable () -> Void) {
            self.network = network
            self.end = end
        }

        var isOpening: Bool {
            stage.withLock { if case .opening = $0 { true } else { false } }
        }
    }

    /// Connections that were turned away.
    package struct Refusals: Sendable, Equatable {
        package var count = 0
        /// From where the last one came; `nil` before the first.
        package var last: String?
        package init() {}
    }

    private struct State {
        var local = 0
        var strangers = 0
        var owned = 0
        var opening: OpenHandshakes
        var byNetwork: [String: Int] = [:]
        var byOwner: [String: Int] = [:]
        var refusals = Refusals()

        mutating func refuse(_ network: String) {
            refusals.count += 1
            refusals.last = network
        }
    }

    /// Of strangers.
    package let total: Int
    /// Of all together whose handshake is over: what the limit of open descriptors allows.
    private let room: Int
    package let perAddress: Int
    /// Of all that have proven who they are.
    package let owned: Int
    /// Of those whose handshake is not over.
    package let handshakes: Int
    /// 8: a device has one for MQTT, one or two for HTTP and one for a tunnel, and its former ones
    /// while nobody has noticed their end.
    package static let perOwner = 8
    /// Handshakes at once from one address, for each connection that it may have: a cell comes back
    /// as a whole.
    private static let openingShare = 4
    private let state: Mutex<State>

    /// - Parameter total: of strangers, and of handshakes that are not over; lowered to what the
    ///   limit of open descriptors allows (raised as far as the system lets it): a connection that
    ///   is proxied takes two. An eighth of what it allows is kept for handshakes and an eighth for
    ///   strangers, or somebody who wants to sign in finds no place; strangers have a half at most.
    /// - Parameter perAddress: for one IPv4 address or one IPv6 /64; Unix sockets are exempt.
    package init(total: Int = 8_192, perAddress: Int = 2_048) {
        let allowed = max((Int(clamping: clinux_raise_descriptor_limit()) - 128) / 2, 32)
        self.total = max(min(total, allowed / 2), 16)
        self.perAddress = perAddress
        handshakes = min(self.total, max(allowed / 8, 8))
        room = allowed - handshakes
        owned = room - min(self.total, max(allowed / 8, 16))
        state = Mutex(
            State(
                opening: OpenHandshakes(
                    total: handshakes, perNetwork: perAddress * Self.openingShare)))
    }

    package var count: Int {
        state.withLock { $0.local + $0.strangers + $0.owned + $0.opening.count }
    }
    /// Handshakes under way.
    package var opening: Int { state.withLock { $0.opening.count } }
    package var refusals: Refusals { state.withLock { $0.refusals } }

    /// Nobody is turned away before it could prove who it is: where there is no room for another
    /// handshake, the oldest of the network that holds most is ended.
    /// - Parameter end: called at most once, on any thread, while the place is not settled; what is
    ///   settled meanwhile is turned away.
    func admit(_ peer: PeerAddress, end: @escaping @Sendable () -> Void) -> Place {
        let place = Place(network: Self.network(of: peer), end: end)
        let victim: Place? = state.withLock { state in
            guard let network = place.network else {
                state.local += 1
                return nil
            }
            guard let victim = state.opening.add(place, network) else { return nil }
            state.refuse(victim.network)
            return victim.place
        }
        victim?.end()
        return place
    }

    /// The handshake is over.
    /// - Parameter owner: whom the connection has proven to be.
    /// - Returns: false for one that is turned away.
    func settle(_ place: Place, owner: String?) -> Bool {
        guard let network = place.network else { return true }
        return state.withLock { state in
            guard place.isOpening else { return false }
            let hasRoom = state.strangers + state.owned < room
            if let owner, hasRoom, state.owned < owned,
                state.byOwner[owner, default: 0] < Self.perOwner
            {
                state.byOwner[owner, default: 0] += 1
                state.owned += 1
                place.stage.withLock { $0 = .owned(owner) }
                state.opening.remove(network)
                return true
            }
            let isWelcome =
                hasRoom && state.strangers < total
                && state.byNetwork[network, default: 0] < perAddress
            if isWelcome {
                state.strangers += 1
                state.byNetwork[network, default: 0] += 1
            } else {
                state.refuse(network)
            }
            place.stage.withLock { $0 = isWelcome ? .stranger : .ended }
            state.opening.remove(network)
            return isWelcome
        }
    }

    func leave(_ place: Place) {
        state.withLock { state in
            let stage = place.stage.withLock { stage in
                defer { stage = .ended }
                return stage
            }
            switch (place.network, stage) {
            case (nil, _): state.local -= 1
            case (let network?, .opening): state.opening.remove(network)
            case (let network?, .stranger):
                state.strangers -= 1
                Self.take(network, from: &state.byNetwork)
            case (_, .owned(let owner)):
                state.owned -= 1
                Self.take(owner, from: &state.byOwner)
            case (_, .ended): break
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
