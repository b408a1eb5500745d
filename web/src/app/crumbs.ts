import { useEffect } from "react";
import { createStore } from "../core/store.ts";

/** Names of objects by id, as pages come to know them; `parent:<id>` names the level above. */
export const crumbs = createStore<{ names: Record<string, string> }>({ names: {} });

export function useCrumb(
  id: string,
  name: string | undefined,
  parent?: { id: string; name: string },
): void {
  const above = parent ? `${parent.id} ${parent.name}` : undefined;
  useEffect(() => {
    if (!name) return;
    const names = { ...crumbs.get().names, [id]: name };
    if (above) names[`parent:${id}`] = above;
    crumbs.set({ names });
  }, [id, name, above]);
}
