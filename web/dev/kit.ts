import type { Session } from "../src/api/types.ts";
import type { Params } from "../src/core/router.ts";
import type { Account, Data } from "./data.ts";
import type { Live } from "./live.ts";

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly fields?: Record<string, string>,
    readonly retryAfter?: number,
    readonly type = "/problems/mock",
  ) {
    super(detail);
  }
}

export interface Call {
  data: Data;
  live: Live;
  params: Params;
  query: URLSearchParams;
  // deno-lint-ignore no-explicit-any -- a mock reads what the page sends
  body: any;
  me: Account | null;
  session: Session | null;
  neighbour: string;
  request: Request;
}

export type Handler = (call: Call) => unknown;

export const now = () => new Date().toISOString();
export const list = <T>(items: T[], q?: URLSearchParams) => {
  const limit = Number(q?.get("limit") ?? 200), from = Number(q?.get("cursor") ?? 0);
  const page = items.slice(from, from + limit);
  const next = from + limit < items.length ? String(from + limit) : null;
  return { items: page, count: items.length, next };
};

export function find<T extends { id: string }>(items: T[], id: string): T {
  const found = items.find((x) => x.id === id);
  if (!found) throw new Refusal(404, "There is nothing of this id.");
  return found;
}
