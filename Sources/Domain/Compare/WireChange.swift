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
    ///   - earlier: id in the later document by the earlier one's, and back; `nil` for none.
    static func between(
        _ from: [[String]], _ to: [[String]], later: (String) -> String?,
        earlier: (String) -> String?
    ) -> WireChange {
        var change = WireChange()
        for port in 0..<max(from.count, to.count) {
            var left: [String: Int] = [:]
            let old = port < from.count ? from[port] : []
            let new = port < to.count ? to[port] : []
            if old.isEmpty, new.isEmpty { continue }
            for id in new { left[id, default: 0] += 1 }
            for id in old {
                let other = later(id)
                let name = other ?? id
                if let count = left[name], count > 0 {
                    left[name] = count - 1
                } else {
                    change.removed.append(End(port: port, fromID: id, toID: other))
                }
            }
            for id in new {
                guard let count = left[id], count > 0 else { continue }
                left[id] = count - 1
                change.added.append(End(port: port, fromID: earlier(id), toID: id))
            }
        }
        return change
    }
}
