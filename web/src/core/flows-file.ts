export type FlowsFile =
  | { kind: "flows"; flows: unknown[]; nodes: number; tabs: number }
  | {
    kind: "snapshot";
    body: Record<string, unknown>;
    name: string;
    /** It holds credentials that only a passphrase opens. */
    sealed: boolean;
  }
  | { kind: "wrong"; reason: "not-json" | "not-flows" };

/** What a person dropped on the page: plain flows, an editor's export, a snapshot of ours or FlowFuse's. */
export function readFlowsFile(text: string): FlowsFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "wrong", reason: "not-json" };
  }
  if (isRecord(value) && ("lineside-snapshot" in value || isRecord(value.flows))) {
    const inner = isRecord(value.flows) ? value.flows : value;
    return {
      kind: "snapshot",
      body: value,
      name: typeof value.name === "string" ? value.name : "",
      sealed: Boolean(inner.credentials ?? value.credentials),
    };
  }
  const flows = Array.isArray(value) ? value : isRecord(value) ? value.flows : null;
  if (!Array.isArray(flows) || !flows.every((n) => isRecord(n) && typeof n.type === "string")) {
    return { kind: "wrong", reason: "not-flows" };
  }
  const tabs = flows.filter((n) => n.type === "tab").length;
  return { kind: "flows", flows, tabs, nodes: flows.length - tabs };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
