import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Site
import Testing

@Suite("Recipe routes", .timeLimit(.minutes(10))) struct RecipeRoutesTests {
    private static let recipe = #"""
        {"format": "lineside-recipe/1", "name": "pump", "title": "Pump", "purpose": "Watches it.",
         "use": "automation", "needs": ["A pump."], "modules": {"node-red-contrib-x": "^1.2.0"},
         "access": "token", "parameters": [{"name": "PUMP_LIMIT", "title": "Limit", "unit": "bar",
         "type": "number", "default": 5, "min": 0, "max": 10}]}
        """#
    private static let flows = #"[ {"id":"t1","type":"tab","label":"Pump"} ]"#
    private static let test = #"""
        {"format": "lineside-flow-test/1", "name": "Runs", "steps": [{"restart": true}]}
        """#

    static let store = RecipeStore(files: [
        "pump/recipe.json": Array(recipe.utf8), "pump/flows.json": Array(flows.utf8),
        "pump/README.md": Array("# Pump\n".utf8), "pump/fixture/runs.json": Array(test.utf8),
        "pump/fixture/also.json": Array(test.replacing("Runs", with: "Also").utf8),
    ])

    private static func house() async throws -> (HouseFixture, HouseFixture.Client) {
        let house = try await HouseFixture { _, _ in [RecipeRoutes(recipes: store)] }
        return (house, try await house.token(of: try await house.factory().administrator))
    }

    @Test("A list says what recipes are for; one recipe also gives its readme")
    func readme() async throws {
        let (house, admin) = try await Self.house()
        let list = try await house.call(.get, "recipes", as: admin)
        let item = try #require(list.json["items"]?.array?.first)
        #expect(item["use"]?.string == "automation")
        #expect(item["modules"]?["node-red-contrib-x"]?.string == "^1.2.0")
        #expect(item["flowsUrl"]?.string == "/api/v1/recipes/pump/flows")
        #expect(item["readme"]?.isNull == true)
        #expect(item["parameters"]?.array?.first?["unit"]?.string == "bar")
        let one = try await house.call(.get, "recipes/pump", as: admin)
        #expect(one.json["readme"]?.string == "# Pump\n")
        #expect(house.faults.all == [])
    }

    @Test("Its flows come as they stand, and what is no recipe is not found")
    func flows() async throws {
        let (house, admin) = try await Self.house()
        let flows = try await house.call(.get, "recipes/pump/flows", as: admin)
        #expect(flows.text == Self.flows)
        #expect(try await house.call(.get, "recipes/none/flows", as: admin).status == 404)
        #expect(try await house.call(.get, "recipes/none", as: admin).status == 404)
        #expect(try await house.call(.get, "recipes/pump/flows", as: .nobody).status == 401)
    }

    @Test("Its test cases are there in the order of their files' names")
    func tests() throws {
        let recipe = try #require(Self.store.find("pump"))
        #expect(recipe.tests.map(\.name.text) == ["Also", "Runs"])
    }
}
