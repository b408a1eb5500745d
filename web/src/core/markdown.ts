/** The part of Markdown that our own readme files use. Anything else stays text; no HTML comes through. */
export type Span =
  | { kind: "text" | "code" | "strong" | "emphasis"; text: string }
  | { kind: "link"; text: string; href: string };

export type Block =
  | { kind: "heading"; level: number; spans: Span[] }
  | { kind: "paragraph"; spans: Span[] }
  | { kind: "list"; ordered: boolean; items: Span[][] }
  | { kind: "table"; head: Span[][]; rows: Span[][][] }
  | { kind: "code"; text: string };

export function markdown(text: string): Block[] {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    const fence = /^\s*```/.test(line);
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    if (line.trim() === "") {
      at++;
    } else if (fence) {
      const end = lines.findIndex((l, i) => i > at && /^\s*```/.test(l));
      const stop = end < 0 ? lines.length : end;
      blocks.push({ kind: "code", text: lines.slice(at + 1, stop).join("\n") });
      at = stop + 1;
    } else if (/^ {4}\S/.test(line)) {
      const from = at;
      while (at < lines.length && (/^ {4}/.test(lines[at]) || lines[at].trim() === "")) at++;
      const code = lines.slice(from, at).map((l) => l.slice(4)).join("\n").trimEnd();
      blocks.push({ kind: "code", text: code });
    } else if (heading) {
      blocks.push({ kind: "heading", level: heading[1].length, spans: spans(heading[2]) });
      at++;
    } else if (isTable(lines, at)) {
      const head = cells(line);
      at += 2;
      const rows: Span[][][] = [];
      while (at < lines.length && lines[at].trim().startsWith("|")) rows.push(cells(lines[at++]));
      blocks.push({ kind: "table", head, rows });
    } else if (ITEM.test(line)) {
      const ordered = /^\s*\d/.test(line);
      const items: string[] = [];
      while (at < lines.length && lines[at].trim() !== "") {
        const item = ITEM.exec(lines[at]);
        if (item) items.push(item[1]);
        else items[items.length - 1] += " " + lines[at].trim();
        at++;
      }
      blocks.push({ kind: "list", ordered, items: items.map(spans) });
    } else {
      const from = at;
      while (at < lines.length && lines[at].trim() !== "" && !/^(#|\s*```)/.test(lines[at])) {
        if (at > from && (ITEM.test(lines[at]) || isTable(lines, at))) break;
        at++;
      }
      blocks.push({ kind: "paragraph", spans: spans(lines.slice(from, at).join(" ")) });
    }
  }
  return blocks;
}

const ITEM = /^\s*(?:[-*]|\d+[.)])\s+(.*)$/;

function isTable(lines: readonly string[], at: number): boolean {
  return lines[at].trim().startsWith("|") && /^\s*\|?[\s:|-]*-[\s:|-]*$/.test(lines[at + 1] ?? "");
}

function cells(line: string): Span[][] {
  return line.trim().replace(/^\||\|$/g, "").split("|").map((c) => spans(c.trim()));
}

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)\s]+)\)|\*([^*\s][^*]*)\*/g;

export function spans(text: string): Span[] {
  const found: Span[] = [];
  let from = 0;
  for (const m of text.matchAll(INLINE)) {
    if (m.index! > from) found.push({ kind: "text", text: text.slice(from, m.index) });
    if (m[1] !== undefined) found.push({ kind: "code", text: m[1] });
    else if (m[2] !== undefined) found.push({ kind: "strong", text: m[2] });
    else if (m[3] !== undefined) found.push({ kind: "link", text: m[3], href: m[4] });
    else found.push({ kind: "emphasis", text: m[5] });
    from = m.index! + m[0].length;
  }
  if (from < text.length) found.push({ kind: "text", text: text.slice(from) });
  return found;
}
