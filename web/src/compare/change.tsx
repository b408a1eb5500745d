import type { Change } from "../api/types.ts";
import { SIGN } from "../core/flow-marks.ts";
import { number } from "../i18n/format.ts";
import { tn, word } from "../i18n/text.ts";

export const CHANGES: readonly Change[] = ["added", "changed", "removed", "moved"];

/** Sign, word and colour. */
export function ChangeTag({ change }: { change: Change }) {
  return (
    <span className={`change is-${change}`}>
      <span aria-hidden="true">{SIGN[change]}</span>
      {word("change", change)}
    </span>
  );
}

/** The sign alone where the list is narrow; the word is heard. */
export function ChangeSign({ change }: { change: Change }) {
  return (
    <span className={`change is-${change} is-sign`} title={word("change", change)}>
      <span aria-hidden="true">{SIGN[change]}</span>
      <span className="vh">{word("change", change)}</span>
    </span>
  );
}

/** `+4 ~1`: only what there is. */
export function ChangeCounts({ counts }: { counts: Record<Change, number> }) {
  return (
    <span className="change-counts">
      {CHANGES.filter((c) => counts[c] > 0).map((c) => (
        <span key={c} className={`count is-${c}`} title={tn(`count.${c}`, counts[c])}>
          <span aria-hidden="true">{SIGN[c]}{number(counts[c])}</span>
          <span className="vh">{tn(`count.${c}`, counts[c])}</span>
        </span>
      ))}
    </span>
  );
}
