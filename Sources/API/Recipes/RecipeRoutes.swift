package import Basics
package import Domain
import HTTP
package import Site

/// The recipes that the executable carries.
package struct RecipeRoutes: Resource {
    private let recipes: RecipeStore

    package init(recipes: RecipeStore) { self.recipes = recipes }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/recipes", .anywhere(.stackRead), "List the recipes", list),
            Route(
                .get, "/api/v1/recipes/{recipe}", .anywhere(.stackRead), "Read a recipe", show),
        ]
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<RecipeView>> {
        Found(PageView(all: recipes.recipes.map(RecipeView.init)))
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<RecipeView> {
        guard let recipe = recipes.find(context.parameter("recipe")) else {
            throw .notFound("This recipe")
        }
        return Found(RecipeView(recipe))
    }
}

package struct RecipeView: APIView {
    let recipe: Recipe
    package init(_ recipe: Recipe) { self.recipe = recipe }

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
                .field("needs", .list(.text)),
                .field("access", .words(PageAccess.allCases.map(\.rawValue))),
                .field("parameters", .list(parameter)), .field("nodes", .integer),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("name", recipe.name)
            json.field("title", recipe.title)
            json.field("purpose", recipe.purpose)
            json.field("needs", recipe.needs)
            json.field("access", recipe.access.rawValue)
            json.array("parameters") { json in
                for parameter in recipe.parameters { write(parameter, to: &json) }
            }
            json.field("nodes", recipe.nodeCount)
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
