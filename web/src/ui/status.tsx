import type { Severity } from "../core/abnormal.ts";
import { severityOf } from "../core/abnormal.ts";
import { word } from "../i18n/text.ts";

/** Shape before colour: grey dot, arc, ring, triangle, square. */
export function Shape({ severity }: { severity: Severity }) {
  return (
    <svg className={`shape shape-${severity}`} viewBox="0 0 12 12" aria-hidden="true">
      {severity === "normal"
        ? <circle cx="6" cy="6" r="4" className="fill" />
        : severity === "busy"
        ? <path d="M6 1.5a4.500 4.500 0 1 1-4.500 4.500" className="stroke" />
        : severity === "off"
        ? <circle cx="6" cy="6" r="4" className="stroke" />
        : severity === "warning"
        ? <path d="M6 1 11.500 11H.5z" className="fill" />
        : <rect x="1" y="1" width="10" height="10" rx="1" className="fill" />}
    </svg>
  );
}

export function Status({ state }: { state: string }) {
  const severity = severityOf(state);
  return (
    <span className={`st st-${severity}`}>
      <Shape severity={severity} />
      {word("state", state)}
    </span>
  );
}

export function SeverityWord({ severity }: { severity: "warning" | "alarm" }) {
  return (
    <span className={`st st-${severity}`}>
      <Shape severity={severity} />
      {word("severity", severity)}
    </span>
  );
}

export function Tag({ children, title }: { children: React.ReactNode; title?: string }) {
  return <span className="tag" title={title}>{children}</span>;
}
