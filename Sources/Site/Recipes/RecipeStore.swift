import Basics
package import Domain

/// The recipes that the executable carries. One that is not right is left out with a line in the
/// log: it must not keep the appliance from starting.
package struct RecipeStore: Sendable {
    /// By name.
    package let recipes: [Recipe]

    package init() { self.init(files: Self.embedded()) }

    /// - Parameter files: by path below the folder of recipes: `name/recipe.json`, `name/flows.json`.
    package init(files: [String: [UInt8]]) {
        let log = Log("recipes")
        var found: [Recipe] = []
        for (path, bytes) in files where path.hasSuffix("/recipe.json") {
            let name = String(path.dropLast("/recipe.json".count))
            do throws(RecipeFault) {
                found.append(
                    try RecipeReader.read(name, bytes, flows: files["\(name)/flows.json"]))
            } catch { log.error("\(name): \(error.reason)") }
        }
        recipes = found.sorted { $0.name < $1.name }
    }

    package func find(_ name: String) -> Recipe? { recipes.first { $0.name == name } }

    private static func embedded() -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for file in EmbeddedFiles.files(under: "/recipes/") where file.path.hasSuffix(".json") {
            files[String(file.path.dropFirst("/recipes/".count))] = Array(file.bytes)
        }
        return files
    }
}

/// Why the files of a recipe are none.
struct RecipeFault: Error, Sendable, Equatable {
    let reason: String
}

/// From recipe.json and flows.json to a recipe.
enum RecipeReader {
    static let format = "lineside-recipe/1"

    static func read(
        _ name: String, _ bytes: [UInt8], flows: [UInt8]?
    ) throws(RecipeFault) -> Recipe {
        guard let object = try? JSONReader.read(bytes).object else {
            throw RecipeFault(reason: "recipe.json is no JSON object")
        }
        guard let flows, let nodes = try? JSONReader.read(flows, limit: flows.count).array,
            nodes.allSatisfy({ $0["id"]?.string != nil && $0["type"]?.string != nil })
        else { throw RecipeFault(reason: "flows.json is no list of nodes") }
        do throws(JSONFieldError) {
            guard try object.string("format") == format, try object.string("name") == name else {
                throw JSONFieldError(field: "format or name", reason: "is not right")
            }
            guard let access = PageAccess(rawValue: try object.string("access")) else {
                throw JSONFieldError(field: "access", reason: "is not known")
            }
            var parameters: [RecipeParameter] = []
            for entry in try object.optionalArray("parameters") ?? [] {
                parameters.append(try parameter(entry.object ?? JSONObject()))
            }
            return Recipe(
                name: name, title: try object.string("title"),
                purpose: try object.string("purpose"),
                needs: (try object.optionalArray("needs") ?? []).compactMap(\.string),
                access: access, parameters: parameters, flows: flows,
                nodeCount: nodes.filter { !["tab", "comment"].contains($0["type"]?.string) }.count)
        } catch { throw RecipeFault(reason: "recipe.json: \(error.field) \(error.reason)") }
    }

    private static func parameter(
        _ object: JSONObject
    ) throws(JSONFieldError) -> RecipeParameter {
        let name = try object.string("name")
        guard let kind = RecipeParameter.Kind(rawValue: try object.string("type")) else {
            throw JSONFieldError(field: "\(name).type", reason: "is not known")
        }
        do throws(ValidationFault) {
            let parameter = RecipeParameter(
                name: try EnvironmentVariable.Name(validating: name),
                title: object["title"]?.string ?? name, unit: object["unit"]?.string, kind: kind,
                standard: object["default"] ?? .null, minimum: object["min"]?.double,
                maximum: object["max"]?.double)
            _ = try parameter.text(of: parameter.standard)
            return parameter
        } catch { throw JSONFieldError(field: "\(name).default", reason: error.reason) }
    }
}
