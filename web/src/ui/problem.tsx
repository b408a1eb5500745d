import type { ReactNode } from "react";
import type { ApiError } from "../api/client.ts";
import { t, word } from "../i18n/text.ts";
import { CopyButton } from "./copy.tsx";
import { Said } from "./said.tsx";
import { Shape } from "./status.tsx";

/** Codes of the server whose status says too little, or the wrong thing. */
const CODES = /^\/problems\/(conflict|invalid|quota|storage|timeout|upstream|device-[a-z]+)$/;

/** What kind of refusal it is, in the reader's language. */
function kindOf({ type, status }: ApiError["problem"]): string {
  return word("problem", CODES.exec(type)?.[1] ?? String(status));
}

/** What failed and what to do, in the server's words; ours where no answer came. */
export function problemText(error: ApiError): string {
  const p = error.problem;
  if (error.unreachable) return t("problem.unreachable");
  if (error.retryAfter) return t("problem.throttled", { n: error.retryAfter });
  return p.detail ?? (p.title || kindOf(p));
}

/** The same where it is read. */
export function ProblemText({ error }: { error: ApiError }) {
  return error.problem.detail && !error.unreachable && !error.retryAfter
    ? <Said text={error.problem.detail} about={kindOf(error.problem)} />
    : <>{problemText(error)}</>;
}

export function ProblemNote({ error, children }: { error: ApiError; children?: ReactNode }) {
  const reference = error.problem.instance;
  return (
    <div className="problem" role="alert" tabIndex={-1}>
      <Shape severity="alarm" />
      <div>
        <p>
          <ProblemText error={error} />
        </p>
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
