package import Basics
package import Domain

package struct RecipeView: APIView {
    let recipe: Recipe
    private let isWhole: Bool

    /// - Parameter isWhole: with its readme, which lists leave empty.
    package init(_ recipe: Recipe, isWhole: Bool = false) {
        self.recipe = recipe
        self.isWhole = isWhole
    }

    package static var schema: Schema {
        let parameter = Schema.object(
            "RecipeParameter",
            [
                .field("name", .text), .field("title", .text), .field("unit", .optional(.text)),
                .field("type", .words(["string", "number", "boolean"])),
                .field("default", .anything), .field("min", .optional(.number)),
                .field("max", .optional(.number)),
            ])
        return .object(
            "Recipe",
            [
                .field("name", .text), .field("title", .text), .field("purpose", .text),
                .field("use", .words(Recipe.Use.allCases.map(\.rawValue))),
                .field("needs", .list(.text)), .field("modules", .map(.text)),
                .field("access", .words(PageAccess.allCases.map(\.rawValue))),
                .field("parameters", .list(parameter)), .field("nodes", .integer),
                .field("flowsUrl", .text), .field("readme", .optional(.text)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("name", recipe.name)
            json.field("title", recipe.title)
            json.field("purpose", recipe.purpose)
            json.field("use", recipe.use.rawValue)
            json.field("needs", recipe.needs)
            json.object("modules") { json in
                for module in recipe.modules { json.field(module.name, module.version) }
            }
            json.field("access", recipe.access.rawValue)
            json.array("parameters") { json in
                for parameter in recipe.parameters { write(parameter, to: &json) }
            }
            json.field("nodes", recipe.nodeCount)
            json.field("flowsUrl", "/api/v1/recipes/\(recipe.name)/flows")
            json.field("readme", isWhole ? recipe.readme : nil)
        }
    }

    /// As JSON calls them: what a field of the page has to send.
    private static func word(_ kind: RecipeParameter.Kind) -> String {
        switch kind {
        case .text: "string"
        case .number, .integer: "number"
        case .flag: "boolean"
        }
    }

    private func write(_ parameter: RecipeParameter, to json: inout JSONWriter) {
        json.object { json in
            json.field("name", parameter.name.text)
            json.field("title", parameter.title)
            json.field("unit", parameter.unit)
            json.field("type", Self.word(parameter.kind))
            json.field("default", parameter.standard)
            json.field("min", parameter.minimum)
            json.field("max", parameter.maximum)
        }
    }
}
