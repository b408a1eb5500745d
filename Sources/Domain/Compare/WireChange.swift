import Basics

/// The wires of a node that are there on one side only.
package struct WireChange: Sendable, Equatable {
    package struct End: Sendable, Equatable {
        /// 0 is the first output.
        package let port: Int
        /// Id of the node at the other end, on each side where it exists; a wire into nothing has
        /// the id that it names.
        package let fromID: String?
        package let toID: String?

        package init(port: Int, fromID: String?, toID: String?) {
            self.port = port
            self.fromID = fromID
            self.toID = toID
        }
    }

    package internal(set) var added: [End] = []
    package internal(set) var removed: [End] = []

    package var isEmpty: Bool { added.isEmpty && removed.isEmpty }

    /// Ports and the ids that they lead to; `nil` for what cannot be read as wires.
    static func read(_ value: JSONValue?) -> [[String]]? {
        guard let value, !value.isNull else { return [] }
        guard let ports = value.array else { return nil }
        var result: [[String]] = []
        result.reserveCapacity(ports.count)
        for port in ports {
            if port.isNull {
                result.append([])
                continue
            }
            guard let ends = port.array else { return nil }
            let ids = ends.compactMap(\.string)
            guard ids.count == ends.count else { return nil }
            result.append(ids)
        }
        return result
    }

    /// - Parameters:
    ///   - later: id in the later document by the earlier one's; `nil` for none.
    ///   - earlier: the other way round.
    static func between(
        _ from: [[String]], _ to: [[String]], later: (String) -> String?,
        earlier: (String) -> String?, isKnownTwice: (String) -> Bool
    ) -> WireChange {
        var change = WireChange()
        for port in 0..<max(from.count, to.count) {
            let old = port < from.count ? from[port] : []
            let new = port < to.count ? to[port] : []
            if old.isEmpty, new.isEmpty { continue }
            var left: [String: Int] = [:]
            for id in new { left[id, default: 0] += 1 }
            func take(_ id: String) -> Bool {
                guard let count = left[id], count > 0 else { return false }
                left[id] = count - 1
                return true
            }
            let open = old.filter { id in later(id).map { !take($0) } ?? true }
            // Wires into nothing, and to nodes that are there on one side only.
            for id in open where isKnownTwice(id) || !take(id) {
                change.removed.append(End(port: port, fromID: id, toID: later(id)))
            }
            for id in new where take(id) {
                change.added.append(End(port: port, fromID: earlier(id), toID: id))
            }
        }
        return change
    }
}
