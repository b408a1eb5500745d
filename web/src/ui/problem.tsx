import type { ReactNode } from "react";
import type { ApiError } from "../api/client.ts";
import { t, word } from "../i18n/text.ts";
import { CopyButton } from "./copy.tsx";
import { Shape } from "./status.tsx";

/** What failed and what to do, in the server's words; ours where no answer came. */
export function problemText(error: ApiError): string {
  const p = error.problem;
  if (error.unreachable) return t("problem.unreachable");
  if (error.retryAfter) return t("problem.throttled", { n: error.retryAfter });
  return p.detail ?? (p.title || word("problem", String(p.status)));
}

export function ProblemNote({ error, children }: { error: ApiError; children?: ReactNode }) {
  const reference = error.problem.instance;
  return (
    <div className="problem" role="alert" tabIndex={-1}>
      <Shape severity="alarm" />
      <div>
        <p>{problemText(error)}</p>
        {reference
          ? (
            <p className="muted reference">
              {t("problem.reference")} <code>{reference}</code>
              <CopyButton text={reference} label={t("problem.copyReference")} />
            </p>
          )
          : null}
        {children}
      </div>
    </div>
  );
}
