/** A value that others may watch. `set` merges and tells everybody at once. */
export interface Store<T> {
  get(): T;
  set(next: Partial<T>): void;
  subscribe(fn: () => void): () => void;
}

export function createStore<T extends object>(initial: T): Store<T> {
  let state = initial;
  const watchers = new Set<() => void>();
  return {
    get: () => state,
    set(next) {
      state = { ...state, ...next };
      for (const fn of [...watchers]) fn();
    },
    subscribe(fn) {
      watchers.add(fn);
      return () => {
        watchers.delete(fn);
      };
    },
  };
}
