import { useSyncExternalStore } from "react";
import type { Store } from "../core/store.ts";

/** One part of a store; `pick` must give the same value for the same state. */
export function useStore<T extends object, S>(store: Store<T>, pick: (state: T) => S): S {
  return useSyncExternalStore(store.subscribe, () => pick(store.get()));
}
