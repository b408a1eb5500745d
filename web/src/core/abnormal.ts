export type Severity = "normal" | "busy" | "off" | "warning" | "alarm";

/** How much a state of an instance needs a person, most first. Anything unknown is worth a look. */
export function severityOf(state: string): Severity {
  switch (state) {
    case "running":
      return "normal";
    case "starting":
    case "stopping":
      return "busy";
    case "stopped":
      return "off";
    case "unhealthy":
    case "backing-off":
    case "safe":
      return "warning";
    case "crashed":
      return "alarm";
    default:
      return "warning";
  }
}

export const SEVERITY_ORDER: Record<Severity, number> = {
  alarm: 0,
  warning: 1,
  busy: 2,
  normal: 3,
  off: 4,
};

export function needsAttention(state: string): boolean {
  const s = severityOf(state);
  return s === "alarm" || s === "warning";
}
