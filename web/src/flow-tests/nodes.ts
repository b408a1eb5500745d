/** A node as it stands in flows.json. */
export interface FlowNode {
  id: string;
  type: string;
  z?: string;
  name?: string;
  label?: string;
}

export interface NodeChoice {
  id: string;
  label: string;
  place: string;
}

/** What a test can send to or expect at, by tab and name. */
export function nodeChoices(nodes: readonly FlowNode[]): NodeChoice[] {
  const names = new Map(nodes.map((n) => [n.id, n.label || n.name || n.type]));
  return nodes
    .filter((n) => n.z && n.type !== "group" && n.type !== "comment" && n.type !== "tab")
    .map((n) => ({
      id: n.id,
      label: n.name ? `${n.name} (${n.type})` : n.type,
      place: names.get(n.z!) ?? "",
    }))
    .sort((a, b) => a.place.localeCompare(b.place) || a.label.localeCompare(b.label));
}
