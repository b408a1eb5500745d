package import Basics

/// The shape of a value on the wire: the source of the OpenAPI document, and what a live answer is
/// held against in tests.
package indirect enum Schema: Sendable {
    /// - Parameter format: a word of JSON Schema: `date-time`, `byte` …
    case string(format: String? = nil)
    case integer, number, boolean
    /// One of these texts.
    case words([String])
    case list(Schema)
    /// Known fields; with a name it stands once among the components of the document.
    case object(String?, [Field])
    /// Any keys, all with values of one shape.
    case map(Schema)
    case optional(Schema)
    case anything

    package struct Field: Sendable {
        package let name: String
        package let schema: Schema
        /// May be left out of a request. Answers leave nothing out.
        package let isOptional: Bool

        package static func field(
            _ name: String, _ schema: Schema, optional: Bool = false
        ) -> Field {
            Field(name: name, schema: schema, isOptional: optional)
        }
    }

    package static let text = Schema.string()
    package static let time = Schema.string(format: "date-time")
    package static let identifier = Schema.string(format: "lineside-id")

    /// Where a value is not of this shape, as a path into it and a reason; none if it is.
    package func faults(in value: JSONValue, at path: String = "$") -> [String] {
        switch (self, value) {
        case (.anything, _), (.boolean, .bool), (.number, .number), (.optional, .null): return []
        case (.optional(let inner), _): return inner.faults(in: value, at: path)
        case (.integer, .number(let digits)):
            return Int64(digits) == nil ? ["\(path) is not whole: \(digits)"] : []
        case (.string(let format), .string(let text)):
            return Self.matches(text, format) ? [] : ["\(path) is no \(format ?? "text"): \(text)"]
        case (.words(let words), .string(let text)):
            return words.contains(text) ? [] : ["\(path) may not be “\(text)”"]
        case (.list(let element), .array(let values)):
            return values.enumerated().flatMap { element.faults(in: $1, at: "\(path)[\($0)]") }
        case (.map(let inner), .object(let object)):
            return object.members.flatMap { inner.faults(in: $0.value, at: "\(path).\($0.key)") }
        case (.object(_, let fields), .object(let object)):
            return faults(of: fields, in: object, at: path)
        default: return ["\(path) is of the wrong kind"]
        }
    }

    private func faults(of fields: [Field], in object: JSONObject, at path: String) -> [String] {
        let known = Set(fields.map(\.name))
        let unknown = object.members.filter { !known.contains($0.key) }
            .map { "\(path).\($0.key) is not described" }
        return unknown
            + fields.flatMap { field -> [String] in
                guard let value = object[field.name] else {
                    return field.isOptional ? [] : ["\(path).\(field.name) is missing"]
                }
                return field.schema.faults(in: value, at: "\(path).\(field.name)")
            }
    }

    private static func matches(_ text: String, _ format: String?) -> Bool {
        switch format {
        case "date-time": Timestamp(rfc3339: text) != nil
        case "lineside-id": Identifier<Schema>(text) != nil
        default: true
        }
    }
}

/// What knows its own shape on the wire and describes it.
package protocol APIView: JSONWritable, Sendable {
    static var schema: Schema { get }
}

/// The body of a request, read and described.
package protocol APIBody: JSONReadable, Sendable {
    static var schema: Schema { get }
}
