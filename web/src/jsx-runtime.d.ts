// Debian's own file imports a directory, which Deno does not resolve.
import type { ReactElement } from "react";
export { Fragment } from "react";
export function jsx(type: unknown, props: unknown, key?: unknown): ReactElement;
export function jsxs(type: unknown, props: unknown, key?: unknown): ReactElement;
