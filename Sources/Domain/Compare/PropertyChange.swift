package import Basics

/// A difference as a person is shown it: where, what stood there, what stands there now.
package struct PropertyChange: Sendable, Equatable {
    /// `func`, `rules[2].t`; a key of other signs stands quoted: `headers["x-id"]`.
    package let path: String
    /// `nil`: was not there, is not there any more.
    package internal(set) var from: JSONValue?
    package internal(set) var to: JSONValue?
    /// Of texts of several lines.
    package internal(set) var lines: [LineDifference.Line]?
    package internal(set) var lineEndsDiffer = false

    /// Differences of one property beyond which it is shown as a whole.
    private static let most = 100

    /// In the order in which they stand.
    static func list(
        of member: ValueChange.Member, from before: JSONObject?, to after: JSONObject?
    ) -> [PropertyChange] {
        var list: [PropertyChange] = []
        let path = Self.path("", key: member.key)
        add(member.change, at: path, to: &list)
        if list.count > most, let old = before?[member.key], let new = after?[member.key] {
            return [
                PropertyChange(
                    path: path, from: NodeProperties.masked(old, of: member.key),
                    to: NodeProperties.masked(new, of: member.key))
            ]
        }
        return list
    }

    private static func add(
        _ change: ValueChange.PartChange, at path: String, to list: inout [PropertyChange]
    ) {
        guard list.count <= most else { return }
        switch change {
        case .added(let value): list.append(PropertyChange(path: path, from: nil, to: value))
        case .removed(let value): list.append(PropertyChange(path: path, from: value, to: nil))
        case .changed(.replaced(let from, let to)):
            list.append(PropertyChange(path: path, from: from, to: to))
        case .changed(.members(let members)):
            for member in members {
                add(member.change, at: Self.path(path, key: member.key), to: &list)
            }
        case .changed(.elements(let elements)):
            for (index, pair) in elements.pairs.enumerated() {
                guard let pair else { continue }
                add(.changed(pair), at: "\(path)[\(elements.start + index)]", to: &list)
            }
            let end = elements.start + elements.pairs.count
            for (index, value) in elements.removed.enumerated() {
                add(.removed(value), at: "\(path)[\(end + index)]", to: &list)
            }
            for (index, value) in elements.added.enumerated() {
                add(.added(value), at: "\(path)[\(end + index)]", to: &list)
            }
        }
    }

    private static func path(_ path: String, key: String) -> String {
        let isPlain =
            !key.isEmpty
            && key.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x24, 0x2D, 0x5F: true
                default: false
                }
            }
        if isPlain { return path.isEmpty ? key : "\(path).\(key)" }
        return "\(path)[\(String(decoding: JSONValue.string(key).json, as: UTF8.self))]"
    }

    init(path: String, from: JSONValue?, to: JSONValue?) {
        self.path = path
        self.from = from
        self.to = to
    }
}
