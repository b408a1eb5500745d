package import Basics

/// What makes one JSON value of another, in the smallest parts that have a place in both.
package indirect enum ValueChange: Sendable, Equatable {
    case replaced(from: JSONValue, to: JSONValue)
    /// Of an object, by key.
    case members([Member])
    case elements(Elements)

    package struct Member: Sendable, Equatable {
        package let key: String
        package let change: PartChange
    }

    package enum PartChange: Sendable, Equatable {
        case added(JSONValue)
        case removed(JSONValue)
        case changed(ValueChange)

        fileprivate var isRemoval: Bool { if case .removed = self { true } else { false } }
    }

    /// Of a list: between what is the same at both ends, elements against elements, and what one
    /// side has more of.
    package struct Elements: Sendable, Equatable {
        package let start: Int
        /// Elements against elements, from `start` on; `nil` where they are the same.
        package let pairs: [ValueChange?]
        package let removed: [JSONValue]
        package let added: [JSONValue]
    }

    /// `nil` for values that are the same.
    /// - Parameter references: how ids of the earlier side read on the later one; `nil`: as they are.
    static func between(
        _ from: JSONValue, _ to: JSONValue, _ references: ReferenceMap? = nil
    ) -> ValueChange? {
        switch (from, to) {
        case (.object(let old), .object(let new)):
            let members = members(from: old, to: new, references)
            return members.isEmpty ? nil : .members(members)
        case (.array(let old), .array(let new)):
            return elements(from: old, to: new, references).map { .elements($0) }
        case (.string(let old), .string(let new)):
            guard let references else {
                return isSame(old, new) ? nil : .replaced(from: from, to: to)
            }
            return references.likeness(old, new) == .same ? nil : .replaced(from: from, to: to)
        default: return isSame(from, to) ? nil : .replaced(from: from, to: to)
        }
    }

    static func members(
        from: JSONObject, to: JSONObject, _ references: ReferenceMap? = nil
    ) -> [Member] {
        var members: [Member] = []
        for (key, value) in from.members {
            guard let other = to[key] else {
                members.append(Member(key: key, change: .removed(value)))
                continue
            }
            guard let change = between(value, other, references) else { continue }
            members.append(Member(key: key, change: .changed(change)))
        }
        for (key, value) in to.members where from[key] == nil {
            members.append(Member(key: key, change: .added(value)))
        }
        return members
    }

    private static func elements(
        from: [JSONValue], to: [JSONValue], _ references: ReferenceMap?
    ) -> Elements? {
        let shorter = min(from.count, to.count)
        // Each pair is compared once: lists in lists would take three times as long a level.
        var known: [Int: ValueChange] = [:]
        func change(_ old: Int, _ new: Int) -> ValueChange? {
            if old == new, let change = known[old] { return change }
            let change = between(from[old], to[new], references)
            if old == new { known[old] = change }
            return change
        }
        var start = 0
        while start < shorter, change(start, start) == nil { start += 1 }
        if start == shorter, from.count == to.count { return nil }
        var end = 0
        while end < shorter - start, change(from.count - 1 - end, to.count - 1 - end) == nil {
            end += 1
        }
        let (old, new) = (from[start..<from.count - end], to[start..<to.count - end])
        return Elements(
            start: start, pairs: zip(old.indices, new.indices).map(change),
            removed: Array(old.dropFirst(new.count)), added: Array(new.dropFirst(old.count)))
    }

    /// Without texts that stayed what they were; `nil` where nothing else is in it.
    func shown(_ references: ReferenceMap) -> ValueChange? {
        switch self {
        case .replaced(.string(let old), .string(let new)):
            return references.likeness(old, new) == .kept ? nil : self
        case .replaced: return self
        case .members(let members):
            let left = members.compactMap { member -> Member? in
                guard case .changed(let change) = member.change else { return member }
                return change.shown(references).map {
                    Member(key: member.key, change: .changed($0))
                }
            }
            return left.isEmpty ? nil : .members(left)
        case .elements(let elements):
            let pairs = elements.pairs.map { $0?.shown(references) }
            let isEmpty =
                elements.removed.isEmpty && elements.added.isEmpty
                && pairs.allSatisfy { $0 == nil }
            return isEmpty
                ? nil
                : .elements(
                    Elements(
                        start: elements.start, pairs: pairs, removed: elements.removed,
                        added: elements.added))
        }
    }
}

extension ValueChange {
    /// - Parameter value: what the change was made from.
    func applied(to value: JSONValue) -> JSONValue {
        switch (self, value) {
        case (.replaced(_, let to), _): to
        case (.members(let members), .object(let object)):
            .object(Self.applied(members, to: object))
        case (.elements(let elements), .array(let values)): .array(elements.applied(to: values))
        default: value
        }
    }

    static func applied(_ members: [Member], to object: JSONObject) -> JSONObject {
        var object = object
        let removed = Set(members.filter { $0.change.isRemoval }.map(\.key))
        // At once: removing one moves all that follow it.
        if !removed.isEmpty {
            object = JSONObject(object.members.filter { !removed.contains($0.key) })
        }
        for member in members {
            switch member.change {
            case .added(let value): object[member.key] = value
            case .removed: break
            case .changed(let change):
                object[member.key] = object[member.key].map(change.applied)
            }
        }
        return object
    }
}

extension ValueChange.Elements {
    fileprivate func applied(to values: [JSONValue]) -> [JSONValue] {
        guard start + pairs.count + removed.count <= values.count else { return values }
        var result = Array(values[..<start])
        for (value, change) in zip(values[start...], pairs) {
            result.append(change?.applied(to: value) ?? value)
        }
        result += added
        result += values[(start + pairs.count + removed.count)...]
        return result
    }
}
