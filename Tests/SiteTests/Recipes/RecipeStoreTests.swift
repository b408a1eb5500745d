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
            for file in ["recipe.json", "flows.json"] {
                files["\(name)/\(file)"] = try? Files.read("/\(root)/recipes/\(name)/\(file)")
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
            "tab", "comment", "http in", "http response", "function", "template", "change",
            "catch", "inject", "debug", "switch", "delay", "link in", "link out",
        ]
        for recipe in store.recipes {
            let nodes = try JSONReader.read(recipe.flows).array ?? []
            let ids = nodes.compactMap { $0["id"]?.string }
            #expect(Set(ids).count == nodes.count)
            for node in nodes {
                #expect(known.contains(node["type"]?.string ?? ""))
                let wires = node["wires"]?.array?.flatMap { $0.array ?? [] } ?? []
                #expect(wires.allSatisfy { ids.contains($0.string ?? "") })
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
        #expect(RecipeStore(files: files).recipes == store.recipes)
    }
}
