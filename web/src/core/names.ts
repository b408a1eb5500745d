/** The part of an address that a name suggests: `Füllanlage 1` becomes `fuellanlage-1`. */
export function slugOf(name: string): string {
  return name.toLowerCase()
    .replace(/ä/g, "ae").replace(/ö/g, "oe").replace(/ü/g, "ue").replace(/ß/g, "ss")
    .normalize("NFKD").replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40).replace(/-+$/, "");
}

/** Letters that an environment variable may have. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) &&
    !/^(NODE_|LINESIDE_|LD_|npm_config_)/.test(name);
}

/** A sort that puts `Line 2` before `Line 10`. */
export function natural(a: string, b: string): number {
  return a.localeCompare(b, undefined, { numeric: true, sensitivity: "base" });
}

/** What a header can carry without being changed on its way: printable ASCII, no blank at an end. */
export function isHeaderText(text: string): boolean {
  return /^([!-~]([ -~]*[!-~])?)?$/.test(text);
}
