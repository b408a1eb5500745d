package import Basics
import Domain
import HTTP

/// The description of the API (OpenAPI 3.1), made from the route table when it is asked for.
package struct OpenAPI: Sendable, JSONWritable {
    private let routes: [Route]
    private let version: String

    package init(routes: [Route], version: String) {
        self.routes = routes
        self.version = version
    }

    package func write(to json: inout JSONWriter) {
        var components: [String: Schema] = [:]
        json.object { json in
            json.field("openapi", "3.1.0")
            json.object("info") { json in
                json.field("title", "Lineside")
                json.field("version", version)
            }
            json.object("paths") { json in
                let patterns = Dictionary(grouping: routes, by: \.pattern)
                for (pattern, routes) in patterns.sorted(by: { $0.key < $1.key }) {
                    json.object(pattern.replacing("...}", with: "}")) { json in
                        for route in routes {
                            write(route, to: &json, components: &components)
                        }
                    }
                }
            }
            json.object("components") { json in
                write(&components, to: &json)
                json.object("securitySchemes") { json in
                    json.object("bearer") { json in
                        json.field("type", "http")
                        json.field("scheme", "bearer")
                    }
                }
            }
        }
    }

    private func write(
        _ route: Route, to json: inout JSONWriter, components: inout [String: Schema]
    ) {
        var found = components
        json.object(route.method.text.lowercased()) { json in
            json.field("summary", route.summary)
            json.field("operationId", Self.operationID(route))
            if case .permission(let permission, _) = route.admission {
                json.field("x-permission", permission.rawValue)
                json.array("security") { json in
                    json.object { json in json.array("bearer") { _ in } }
                }
            }
            json.array("parameters") { json in
                for name in Self.parameters(of: route.pattern) {
                    Self.write(parameter: name, in: "path", to: &json)
                }
                for name in route.queryNames {
                    Self.write(parameter: name, in: "query", to: &json)
                }
            }
            if let schema = route.requestSchema {
                json.object("requestBody") { json in
                    Self.write(content: schema, to: &json, components: &found)
                }
            }
            json.object("responses") { json in
                json.object("\(route.status)") { json in
                    json.field("description", route.summary)
                    guard let schema = route.responseSchema else { return }
                    Self.write(content: schema, to: &json, components: &found)
                }
                json.object("default") { json in
                    json.field("description", "What is wrong, as application/problem+json")
                }
            }
        }
        components = found
    }

    /// Writing a component may bring others: until none is left.
    private func write(_ components: inout [String: Schema], to json: inout JSONWriter) {
        var all = components
        json.object("schemas") { json in
            var written: Set<String> = []
            while let (name, schema) = all.filter({ !written.contains($0.key) })
                .min(by: { $0.key < $1.key })
            {
                written.insert(name)
                json.key(name)
                schema.writeWhole(to: &json, components: &all)
            }
        }
        components = all
    }

    private static func write(
        content schema: Schema, to json: inout JSONWriter, components: inout [String: Schema]
    ) {
        var found = components
        json.object("content") { json in
            json.object("application/json") { json in
                json.key("schema")
                schema.write(to: &json, components: &found)
            }
        }
        components = found
    }

    private static func write(parameter name: String, in place: String, to json: inout JSONWriter) {
        json.object { json in
            json.field("name", name)
            json.field("in", place)
            json.field("required", place == "path")
            json.object("schema") { $0.field("type", "string") }
        }
    }

    private static func parameters(of pattern: String) -> [String] {
        pattern.split(separator: "/").filter { $0.hasPrefix("{") }
            .map { String($0.dropFirst().dropLast()).replacing("...", with: "") }
    }

    /// `get-teams-team-applications`
    private static func operationID(_ route: Route) -> String {
        let parts = route.pattern.replacing("/api/v1/", with: "").split { !$0.isLetter }
        return ([route.method.text.lowercased()] + parts.map(String.init)).joined(separator: "-")
    }
}
