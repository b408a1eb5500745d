import Basics

/// A schema in the words of JSON Schema 2020-12, which OpenAPI 3.1 takes as it is.
extension Schema {
    /// Named objects become references; `components` collects them.
    func write(to json: inout JSONWriter, components: inout [String: Schema]) {
        switch self {
        case .object(let name?, _):
            components[name] = self
            json.object { $0.field("$ref", "#/components/schemas/\(name)") }
        case .optional(let inner):
            var nested = components
            json.object { json in
                json.array("anyOf") { json in
                    inner.write(to: &json, components: &nested)
                    json.object { $0.field("type", "null") }
                }
            }
            components = nested
        default: writeWhole(to: &json, components: &components)
        }
    }

    /// The body of a component: fields written out although it has a name.
    func writeWhole(to json: inout JSONWriter, components: inout [String: Schema]) {
        var nested = components
        json.object { json in
            switch self {
            case .anything: break
            case .integer: json.field("type", "integer")
            case .number: json.field("type", "number")
            case .boolean: json.field("type", "boolean")
            case .string(let format):
                json.field("type", "string")
                if format == "lineside-id" {
                    json.field("pattern", "^[a-z0-9]{16,26}$")
                } else if let format {
                    json.field("format", format)
                }
            case .words(let words):
                json.field("type", "string")
                json.field("enum", words)
            case .list(let element):
                json.field("type", "array")
                json.key("items")
                element.write(to: &json, components: &nested)
            case .map(let value):
                json.field("type", "object")
                json.key("additionalProperties")
                value.write(to: &json, components: &nested)
            case .object(_, let fields):
                json.field("type", "object")
                json.object("properties") { json in
                    for field in fields {
                        json.key(field.name)
                        field.schema.write(to: &json, components: &nested)
                    }
                }
                json.field("required", fields.filter { !$0.isOptional }.map(\.name))
            case .optional: break
            }
        }
        components = nested
    }
}
