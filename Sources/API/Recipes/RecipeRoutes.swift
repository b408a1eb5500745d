import Basics
import Domain
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
            .raw(
                .get, "/api/v1/recipes/{recipe}/flows", .anywhere(.stackRead),
                "Read the flows of a recipe", flows),
        ]
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<RecipeView>> {
        Found(PageView(all: recipes.recipes.map { RecipeView($0) }))
    }

    private func recipe(_ context: RequestContext) throws(Problem) -> Recipe {
        guard let recipe = recipes.find(context.parameter("recipe")) else {
            throw .notFound("This recipe")
        }
        return recipe
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<RecipeView> {
        Found(RecipeView(try recipe(context), isWhole: true))
    }

    private func flows(_ context: RequestContext) async throws(Problem) -> Response {
        .bytes(try recipe(context).flows, type: "application/json")
    }
}
