import Basics
import Domain

/// Why the files of a recipe are none.
struct RecipeFault: Error, Sendable, Equatable {
    let reason: String
}

/// From the files of a recipe's folder to a recipe.
enum RecipeReader {
    static let format = "lineside-recipe/1"

    /// - Parameters:
    ///   - bytes: text of recipe.json.
    ///   - files: the other files of its folder, by path below it.
    static func read(
        _ name: String, _ bytes: [UInt8], beside files: [String: [UInt8]]
    ) throws(RecipeFault) -> Recipe {
        guard let object = try? JSONReader.read(bytes).object else {
            throw RecipeFault(reason: "recipe.json is no JSON object")
        }
        guard let flows = files["flows.json"],
            let nodes = try? JSONReader.read(flows, limit: flows.count).array,
            nodes.allSatisfy({ $0["id"]?.string != nil && $0["type"]?.string != nil })
        else { throw RecipeFault(reason: "flows.json is no list of nodes") }
        guard let readme = files["README.md"] else {
            throw RecipeFault(reason: "README.md is missing")
        }
        let tests = try tests(of: files)
        do throws(JSONFieldError) {
            guard try object.string("format") == format, try object.string("name") == name else {
                throw JSONFieldError(field: "format or name", reason: "is not right")
            }
            guard let access = PageAccess(rawValue: try object.string("access")) else {
                throw JSONFieldError(field: "access", reason: "is not known")
            }
            guard let use = Recipe.Use(rawValue: try object.string("use")) else {
                throw JSONFieldError(field: "use", reason: "is not known")
            }
            var parameters: [RecipeParameter] = []
            for entry in try object.optionalArray("parameters") ?? [] {
                parameters.append(try parameter(entry.object ?? JSONObject()))
            }
            return Recipe(
                name: name, title: try object.string("title"),
                purpose: try object.string("purpose"), use: use,
                needs: (try object.optionalArray("needs") ?? []).compactMap(\.string),
                modules: try modules(object["modules"]?.object ?? JSONObject()),
                access: access, parameters: parameters, flows: flows,
                nodeCount: nodes.filter {
                    !["tab", "group", "comment"].contains($0["type"]?.string)
                }.count,
                readme: String(decoding: readme, as: UTF8.self), tests: tests)
        } catch { throw RecipeFault(reason: "recipe.json: \(error.field) \(error.reason)") }
    }

    private static func modules(_ object: JSONObject) throws(JSONFieldError) -> [NodeModule] {
        var modules: [NodeModule] = []
        for (name, version) in object.members {
            guard let version = version.string else {
                throw JSONFieldError(field: "modules.\(name)", reason: "must be a text")
            }
            modules.append(NodeModule(name: name, version: version))
        }
        return modules
    }

    private static func tests(of files: [String: [UInt8]]) throws(RecipeFault) -> [FlowTestCase] {
        var tests: [FlowTestCase] = []
        for (path, text) in files.sorted(by: { $0.key < $1.key })
        where path.hasPrefix("fixture/") && path.hasSuffix(".json") {
            do throws(ValidationFault) { tests.append(try FlowTestCase(text: text)) } catch {
                throw RecipeFault(reason: "\(path) is no test case: \(error.reason)")
            }
        }
        return tests
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
