import Basics
package import Domain

/// The recipes that the executable carries. One that is not right is left out with a line in the
/// log: it must not keep the appliance from starting.
package struct RecipeStore: Sendable {
    /// By name.
    package let recipes: [Recipe]

    package init() { self.init(files: Self.embedded()) }

    /// - Parameter files: by path below the folder of recipes: `name/recipe.json`,
    ///   `name/flows.json`, `name/README.md`, `name/fixture/case.json`.
    package init(files: [String: [UInt8]]) {
        let log = Log("recipes")
        var found: [Recipe] = []
        for (path, bytes) in files where path.hasSuffix("/recipe.json") {
            let name = String(path.dropLast("/recipe.json".count))
            do throws(RecipeFault) {
                found.append(
                    try RecipeReader.read(name, bytes, beside: Self.files(files, of: name)))
            } catch { log.error("\(name): \(error.reason)") }
        }
        recipes = found.sorted { $0.name < $1.name }
    }

    package func find(_ name: String) -> Recipe? { recipes.first { $0.name == name } }

    /// Those of one recipe, by path below its folder.
    private static func files(_ all: [String: [UInt8]], of name: String) -> [String: [UInt8]] {
        var own: [String: [UInt8]] = [:]
        for (path, bytes) in all where path.hasPrefix("\(name)/") {
            own[String(path.dropFirst(name.count + 1))] = bytes
        }
        return own
    }

    private static func embedded() -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for file in EmbeddedFiles.files(under: "/recipes/") {
            files[String(file.path.dropFirst("/recipes/".count))] = Array(file.bytes)
        }
        return files
    }
}
