import { bytes } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import { Shape } from "../ui/status.tsx";

/** How full the area is; beyond nine tenths in a warning's shape and word, not by colour alone. */
export function Quota({ used, quota }: { used: number; quota: number }) {
  const full = quota > 0 ? used / quota : 1;
  return (
    <span className="quota">
      <progress aria-label={t("files.used")} max={quota} value={Math.min(used, quota)} />
      <span className={full > 1 ? "st st-alarm" : full > 0.9 ? "st st-warning" : "muted"}>
        {full > 0.9 ? <Shape severity={full > 1 ? "alarm" : "warning"} /> : null}
        {t(full > 1 ? "files.over" : "files.usedOf", { used: bytes(used), quota: bytes(quota) })}
      </span>
    </span>
  );
}
