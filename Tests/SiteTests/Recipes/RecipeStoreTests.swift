import Basics
import Domain
import Testing

@testable import Site

@Suite("Recipes") struct RecipeStoreTests {
    /// Those of the repository, whether they are embedded or not.
    static let shipped: [String: [UInt8]] = {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        var files: [String: [UInt8]] = [:]
        for name in (try? Files.list("/\(root)/recipes")) ?? [] {
            let folder = "/\(root)/recipes/\(name)"
            let cases = ((try? Files.list("\(folder)/fixture")) ?? []).map { "fixture/\($0)" }
            for file in ["recipe.json", "flows.json", "README.md"] + cases {
                files["\(name)/\(file)"] = try? Files.read("\(folder)/\(file)")
            }
        }
        return files
    }()

    let store = RecipeStore(files: shipped)

    @Test("Every recipe of the repository can be read")
    func reads() throws {
        let names = Set(Self.shipped.keys.map { $0.prefix { $0 != "/" } })
        #expect(!names.isEmpty)
        #expect(Set(store.recipes.map { $0.name[...] }) == names)
        let recipe = try #require(store.find("http-endpoint-page"))
        #expect(recipe.access == .login)
        #expect(recipe.nodeCount == 10)
        #expect(store.find("nothing") == nil)
    }

    @Test("Its nodes are of kinds that come with Node-RED, and its wires lead somewhere")
    func sound() throws {
        let known: Set<String> = [
            "tab", "group", "comment", "http in", "http response", "function", "template",
            "change", "catch", "complete", "status", "inject", "debug", "switch", "delay",
            "link in", "link out", "link call", "junction", "csv", "file", "file in", "split",
            "join", "trigger", "rbe", "tcp in", "tcp out", "tcp request", "mqtt-broker",
            "mqtt in", "mqtt out", "json", "http request",
        ]
        for recipe in store.recipes {
            let nodes = try nodes(of: recipe)
            let ids = nodes.compactMap { $0["id"]?.string }
            #expect(Set(ids).count == nodes.count)
            for node in nodes {
                #expect(known.contains(node["type"]?.string ?? ""))
                let wires = node["wires"]?.array?.flatMap { $0.array ?? [] } ?? []
                #expect(wires.allSatisfy { ids.contains($0.string ?? "") })
            }
        }
    }

    private func nodes(of recipe: Recipe) throws -> [JSONValue] {
        try JSONReader.read(recipe.flows, limit: recipe.flows.count).array ?? []
    }

    @Test("Every recipe has a tab, a title, what it needs, a readme of substance and test cases")
    func complete() throws {
        for recipe in store.recipes {
            let name = recipe.name
            let nodes = try nodes(of: recipe)
            #expect(nodes.filter { $0["type"]?.string == "tab" }.count == 1, "\(name)")
            #expect(nodes.contains { $0["type"]?.string == "comment" }, "\(name)")
            #expect(!recipe.title.isEmpty && !recipe.purpose.isEmpty, "\(name)")
            #expect(!recipe.needs.isEmpty && !recipe.parameters.isEmpty, "\(name)")
            #expect(recipe.readme.hasPrefix("# \(recipe.title)\n"), "\(name)")
            for heading in Self.headings {
                #expect(recipe.readme.contains("\n## \(heading)\n"), "\(name): \(heading)")
            }
            for parameter in recipe.parameters {
                #expect(recipe.readme.contains("`\(parameter.name.text)`"), "\(name)")
                #expect(
                    parameter.kind == .text || parameter.kind == .flag
                        || (parameter.minimum != nil && parameter.maximum != nil),
                    "\(name): \(parameter.name.text) has no range")
            }
            let cases = Self.shipped.keys.filter { $0.hasPrefix("\(name)/fixture/") }
            #expect(!cases.isEmpty && recipe.tests.count == cases.count, "\(name)")
        }
    }

    static let headings = ["Wiring", "The flow in words", "Parameters", "When it fails"]

    @Test("Every parameter is used by the flows, and every variable that they use is a parameter")
    func variables() throws {
        for recipe in store.recipes {
            let used = try Set(nodes(of: recipe).flatMap(Self.variables))
            let declared = Set(recipe.parameters.map(\.name.text))
            #expect(used.subtracting(Self.given) == declared, "\(recipe.name)")
        }
    }

    /// What the process has anyway.
    static let given: Set<String> = ["TZ"]

    /// Names that a node takes from the environment: `env.get('NAME')` in code, `${NAME}` as a
    /// field, a field of the editor's type "env", `{{env.NAME}}` in a template.
    static func variables(in node: JSONValue) -> [String] {
        switch node {
        case .string(let text):
            let code = text.matches(of: /env\.get\(\s*["'](\w+)["']/).map { String($0.1) }
            let fields = text.matches(of: /^\$\{(\w+)\}$/).map { String($0.1) }
            let templates = text.matches(of: /\{\{\{?env\.(\w+)\}\}/).map { String($0.1) }
            return code + fields + templates
        case .array(let values): return values.flatMap(variables)
        case .object(let object):
            let typed = object.members.compactMap { key, value -> String? in
                guard value.string == "env" else { return nil }
                let field = ["vt": "v", "tot": "to", "fromt": "from", "v2t": "v2"][key]
                return object[field ?? String(key.dropLast("Type".count))]?.string
            }
            return typed.map { String($0.trimmingPrefix("${").prefix { $0 != "}" }) }
                + object.members.flatMap { variables(in: $0.value) }
        default: return []
        }
    }

    @Test("Flows hold no credentials, and every node has a place of its own on the grid")
    func layout() throws {
        for recipe in store.recipes {
            var taken: Set<String> = []
            for node in try nodes(of: recipe) {
                #expect(node["credentials"] == nil, "\(recipe.name)")
                guard let x = node["x"]?.int, let y = node["y"]?.int,
                    node["type"]?.string != "group"
                else { continue }
                #expect(x % 10 == 0 && y % 10 == 0, "\(recipe.name): \(x), \(y)")
                #expect(taken.insert("\(x) \(y)").inserted, "\(recipe.name): \(x), \(y)")
            }
        }
    }

    @Test("Parameters become environment variables; what is not given has its default")
    func environment() throws {
        let recipe = try #require(store.find("http-endpoint-page"))
        let given = JSONObject([
            ("READING_TITLE", .string("Oven 2")), ("READING_KEEP", .string("5")),
            ("READING_LIMIT", .null),
        ])
        let environment = try recipe.environment(given)
        #expect(
            environment.map { "\($0.name.text)=\($0.value)" } == [
                "READING_TITLE=Oven 2", "READING_UNIT=°C", "READING_LIMIT=80", "READING_KEEP=5",
            ])
    }

    @Test(
        "A value that does not fit is refused with its field",
        arguments: [
            ("READING_KEEP", JSONValue.number("0"), "must be at least 1 and at most 100"),
            ("READING_KEEP", .number("1.5"), "must be a whole number"),
            ("READING_KEEP", .bool(true), "must be a whole number"),
            ("READING_LIMIT", .string("hot"), "must be a number"),
            ("READING_LIMIT", .string("nan"), "must be a number"),
            ("READING_TITLE", .number("5"), "must be a text"),
            ("READING_TITLE", .string("a\nb"), "must be one line of at most 1000 bytes"),
            ("PATH", .string("x"), "is no parameter of HTTP endpoint with a page"),
        ])
    func refused(name: String, value: JSONValue, reason: String) throws {
        let recipe = try #require(store.find("http-endpoint-page"))
        #expect(throws: JSONFieldError(field: "parameters.\(name)", reason: reason)) {
            try recipe.environment(JSONObject([(name, value)]))
        }
    }

    @Test("A recipe that is not right is left out and the others stay")
    func broken() {
        var files = Self.shipped
        files["other/recipe.json"] = Array("{".utf8)
        files["third/recipe.json"] = files["http-endpoint-page/recipe.json"]
        files["third/flows.json"] = Array("[]".utf8)
        files["third/README.md"] = Array("# Third\n".utf8)
        for part in ["recipe.json", "flows.json"] {
            files["fourth/\(part)"] = files["http-endpoint-page/\(part)"]
        }
        for part in ["recipe.json", "flows.json", "README.md"] {
            files["fifth/\(part)"] = files["http-endpoint-page/\(part)"]
        }
        let named = String(decoding: files["fifth/recipe.json"] ?? [], as: UTF8.self)
        files["fifth/recipe.json"] = Array(
            named.replacing("http-endpoint-page", with: "fifth").utf8)
        #expect(RecipeStore(files: files).find("fifth") != nil)
        files["fifth/fixture/none.json"] = Array(
            #"{"format": "lineside-flow-test/1", "name": "None", "steps": []}"#.utf8)
        #expect(RecipeStore(files: files).recipes == store.recipes)
    }
}
