/** What keeps flows: snapshots, comparisons, recipes, stacks. */
export { ComparePage } from "../compare/compare.tsx";
export { SnapshotFlows, VersionFlows } from "../compare/flows.tsx";
export { CreateInstance } from "../instances/create.tsx";
export { RecipePage } from "../recipes/recipe.tsx";
export { RecipesPage } from "../recipes/recipes.tsx";
export { ApplicationPage } from "../snapshots/application.tsx";
export { ApplicationsPage } from "../snapshots/applications.tsx";
export { SnapshotPage } from "../snapshots/snapshot.tsx";
export { StacksPage } from "../stacks/stacks.tsx";
