export interface Change {
  key: string;
  before: string | null;
  after: string | null;
}

/** Which keys of two small objects differ, nested ones with a dotted name. Lists count as one value. */
export function changesOf(
  before: Record<string, unknown> | null,
  after: Record<string, unknown> | null,
): Change[] {
  const a = flat(before), b = flat(after);
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return keys.filter((k) => a[k] !== b[k]).map((key) => ({
    key,
    before: a[key] ?? null,
    after: b[key] ?? null,
  }));
}

function flat(value: Record<string, unknown> | null, prefix = ""): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [key, v] of Object.entries(value ?? {})) {
    if (v !== null && typeof v === "object" && !Array.isArray(v)) {
      Object.assign(out, flat(v as Record<string, unknown>, `${prefix}${key}.`));
    } else out[prefix + key] = typeof v === "string" ? v : JSON.stringify(v);
  }
  return out;
}
