import { useMemo } from "react";
import { type Block, markdown, type Span } from "../core/markdown.ts";

/** Headings begin at h3: the page and its panel have the two above. */
export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => markdown(text), [text]);
  return <div className="prose">{blocks.map((b, i) => <One key={i} block={b} />)}</div>;
}

function One({ block }: { block: Block }) {
  switch (block.kind) {
    case "heading":
      return block.level <= 2
        ? <h3>{<Line spans={block.spans} />}</h3>
        : <h4>{<Line spans={block.spans} />}</h4>;
    case "paragraph":
      return (
        <p>
          <Line spans={block.spans} />
        </p>
      );
    case "code":
      return <pre tabIndex={0}><code>{block.text}</code></pre>;
    case "list": {
      const items = block.items.map((item, i) => (
        <li key={i}>
          <Line spans={item} />
        </li>
      ));
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
    case "table":
      return (
        <div className="table-scroll" tabIndex={0} role="group">
          <table className="table">
            <thead>
              <tr>
                {block.head.map((c, i) => (
                  <th key={i} scope="col">
                    <Line spans={c} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.map((row, i) => (
                <tr key={i}>
                  {row.map((c, k) => (
                    <td key={k}>
                      <Line spans={c} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
  }
}

/** A link shows its address as text: nothing here leads out of the plant's network. */
function Line({ spans }: { spans: readonly Span[] }) {
  return (
    <>
      {spans.map((s, i) =>
        s.kind === "code"
          ? <code key={i}>{s.text}</code>
          : s.kind === "strong"
          ? <strong key={i}>{s.text}</strong>
          : s.kind === "emphasis"
          ? <em key={i}>{s.text}</em>
          : s.kind === "link"
          ? (
            <span key={i}>
              {s.text} <code>{s.href}</code>
            </span>
          )
          : s.text
      )}
    </>
  );
}
