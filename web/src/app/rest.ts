export type Rest = typeof import("../areas/rest.ts");

/** What the browser gets after the first page. */
export const rest = (): Promise<Rest> => import("../areas/rest.ts");
