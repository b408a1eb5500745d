/// JSON that was read.
package enum JSONValue: Sendable, Equatable, JSONWritable {
    case null
    case bool(Bool)
    /// As it stood, so that no digit is lost between reading and writing.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    package func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let flag): json.value(flag)
        case .number(let digits): json.raw(digits.utf8)
        case .string(let text): json.value(text)
        case .array(let elements): json.value(elements)
        case .object(let object): json.value(object)
        }
    }

    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    package var int: Int64? {
        if case .number(let digits) = self { Int64(digits) } else { nil }
    }

    package var double: Double? {
        if case .number(let digits) = self { Double(digits) } else { nil }
    }

    package var bool: Bool? {
        if case .bool(let flag) = self { flag } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    package var isNull: Bool { self == .null }

    package subscript(key: String) -> JSONValue? { object?[key] }
}

/// Members in the order in which they stood. Keys are unique: the reader refuses doubles.
package struct JSONObject: Sendable, Equatable, JSONWritable {
    package private(set) var members: [(key: String, value: JSONValue)]
    /// Of objects with more members than `few`.
    private var positions: [String: Int]

    /// 16: comparing so many short keys takes less than hashing one, and most objects are smaller.
    private static let few = 16

    package init(_ members: [(key: String, value: JSONValue)] = []) {
        self.members = []
        positions = [:]
        for (key, value) in members { self[key] = value }
    }

    package subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?): members[position].value = value
            case (nil, let value?):
                members.append((key, value))
                if members.count == Self.few + 1 {
                    index()
                } else if members.count > Self.few {
                    positions[key] = members.count - 1
                }
            case (let position?, nil):
                members.remove(at: position)
                index()
            case (nil, nil): break
            }
        }
    }

    private func position(of key: String) -> Int? {
        members.count > Self.few ? positions[key] : members.firstIndex { $0.key == key }
    }

    private mutating func index() {
        positions = [:]
        guard members.count > Self.few else { return }
        for (index, member) in members.enumerated() { positions[member.key] = index }
    }

    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.count == right.members.count
            && left.members.allSatisfy { right[$0.key] == $0.value }
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            for (key, value) in members {
                json.key(key)
                json.value(value)
            }
        }
    }
}
