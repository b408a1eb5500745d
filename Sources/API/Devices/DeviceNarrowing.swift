import Basics
import Domain
import HTTP
import Site
import Store

/// What a list of devices is cut down to and sorted by beyond what the database knows.
struct DeviceNarrowing: Sendable {
    enum Order: String, CaseIterable { case name, state, lastSeen = "last-seen" }

    private let state: String?
    private let isConnected: Bool?
    private let order: Order

    init(_ context: RequestContext) throws(Problem) {
        state = context.query("state")
        switch context.query("connected") {
        case nil: isConnected = nil
        case "true": isConnected = true
        case "false": isConnected = false
        default: throw .invalid("connected", "must be true or false")
        }
        guard let text = context.query("sort") else {
            order = .name
            return
        }
        guard let order = Order(rawValue: text) else {
            let words = Order.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid("sort", "must be one of \(words)")
        }
        self.order = order
    }

    var isNone: Bool { state == nil && isConnected == nil && order == .name }

    /// - Parameter heads: by name.
    /// - Returns: those that fit; by `last-seen` the longest silent come first.
    func order(
        _ heads: [DeviceHead], _ facts: [Device.ID: DeviceFacts], now: Timestamp
    ) -> [Device.ID] {
        let silent = DeviceFacts()
        let taken = heads.filter { head in
            let facts = facts[head.id] ?? silent
            if let isConnected, facts.isConnected != isConnected { return false }
            guard let state else { return true }
            return DeviceCondition(head, facts, now: now).is(state)
        }
        func by(_ precedes: (DeviceFacts, DeviceFacts) -> Bool?) -> [Device.ID] {
            let sorted = taken.enumerated().sorted { first, second in
                let one = facts[first.element.id] ?? silent
                let other = facts[second.element.id] ?? silent
                return precedes(one, other) ?? (first.offset < second.offset)
            }
            return sorted.map { $0.element.id }
        }
        return switch order {
        case .name: taken.map(\.id)
        case .state: by { $0.state == $1.state ? nil : $0.state < $1.state }
        case .lastSeen:
            by { one, other in
                let (one, other) = (
                    one.lastSeenAt?.milliseconds ?? 0, other.lastSeenAt?.milliseconds ?? 0
                )
                return one == other ? nil : one < other
            }
        }
    }
}
