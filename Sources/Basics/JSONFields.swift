/// A field of a request that is missing or of the wrong kind.
package struct JSONFieldError: Error, Sendable, Equatable {
    package let field: String
    /// Follows the field's name in a sentence: "must be a text".
    package let reason: String
    package init(field: String, reason: String) {
        self.field = field
        self.reason = reason
    }
}

/// What is made from the body of a request.
package protocol JSONReadable {
    init(json: JSONObject) throws(JSONFieldError)
}

/// Reading one field of a request by its name and kind. `null` counts as absent.
extension JSONObject {
    package func string(_ name: String) throws(JSONFieldError) -> String {
        guard let text = try optionalString(name) else {
            throw JSONFieldError(field: name, reason: "is missing")
        }
        return text
    }

    package func optionalString(_ name: String) throws(JSONFieldError) -> String? {
        try optional(name, "must be a text") { $0.string }
    }

    package func int(_ name: String) throws(JSONFieldError) -> Int64 {
        guard let number = try optionalInt(name) else {
            throw JSONFieldError(field: name, reason: "is missing")
        }
        return number
    }

    package func optionalInt(_ name: String) throws(JSONFieldError) -> Int64? {
        try optional(name, "must be a whole number") { $0.int }
    }

    package func optionalBool(_ name: String) throws(JSONFieldError) -> Bool? {
        try optional(name, "must be true or false") { $0.bool }
    }

    package func optionalArray(_ name: String) throws(JSONFieldError) -> [JSONValue]? {
        try optional(name, "must be a list") { $0.array }
    }

    package func optionalObject(_ name: String) throws(JSONFieldError) -> JSONObject? {
        try optional(name, "must be an object") { $0.object }
    }

    package func optionalTimestamp(_ name: String) throws(JSONFieldError) -> Timestamp? {
        try optional(name, "must be a time in RFC 3339") {
            $0.string.flatMap(Timestamp.init(rfc3339:))
        }
    }

    package func id<Entity>(_ name: String) throws(JSONFieldError) -> Identifier<Entity> {
        guard let id: Identifier<Entity> = try optionalID(name) else {
            throw JSONFieldError(field: name, reason: "is missing")
        }
        return id
    }

    package func optionalID<Entity>(_ name: String) throws(JSONFieldError) -> Identifier<Entity>? {
        try optional(name, "must be an id") { $0.string.flatMap(Identifier<Entity>.init) }
    }

    /// Whether the key is there with `null` as its value: "take it away" in a PATCH.
    package func isNull(_ name: String) -> Bool { self[name]?.isNull ?? false }

    private func optional<Value>(
        _ name: String, _ reason: String, _ read: (JSONValue) -> Value?
    ) throws(JSONFieldError) -> Value? {
        guard let value = self[name], !value.isNull else { return nil }
        guard let read = read(value) else { throw JSONFieldError(field: name, reason: reason) }
        return read
    }
}
