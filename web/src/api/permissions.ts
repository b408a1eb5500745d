import type { Instance, Role, Scope, User } from "./types.ts";

/** Names of the server's permission table that the page asks about. */
export type Permission =
  | "instance.edit"
  | "instance.delete"
  | "instance.control"
  | "instance.environment"
  | "flows.read"
  | "flows.edit"
  | "pages.open"
  | "snapshot.edit"
  | "files.read"
  | "files.edit"
  | "tests.read"
  | "tests.edit";

export function may(instance: Instance, permission: Permission): boolean {
  return instance.permissions.includes(permission);
}

const ORDER: readonly Role[] = ["dashboard", "viewer", "member", "owner", "administrator"];

export function atLeast(role: Role, lowest: Role): boolean {
  return ORDER.indexOf(role) >= ORDER.indexOf(lowest);
}

/** Whether any grant of this user reaches `lowest` anywhere: for entries of the navigation. */
export function somewhere(user: User, lowest: Role): boolean {
  return user.administrator || user.grants.some((g) => atLeast(g.role, lowest));
}

/** What may be granted where. */
export function rolesOf(scope: Scope): readonly Role[] {
  const all: readonly Role[] = ["owner", "member", "viewer", "dashboard"];
  return scope === "site" ? ["administrator", ...all] : all;
}
