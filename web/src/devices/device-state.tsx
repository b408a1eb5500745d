import type { Device } from "../api/types.ts";
import { type Severity, severityOf } from "../core/abnormal.ts";
import { percent } from "../i18n/format.ts";
import { t, word } from "../i18n/text.ts";
import { Shape, Tag } from "../ui/status.tsx";

/** How a device is, in one word: what needs a person wins over what is merely under way. */
export interface Standing {
  severity: Severity;
  text: string;
}

export function standingOf(d: Device): Standing {
  if (d.certificate?.revokedAt) return { severity: "off", text: t("device.revoked") };
  if (d.agent === null) return { severity: "off", text: t("device.notEnrolled") };
  if (d.phase === "failed" || d.phase === "inconsistent") {
    return { severity: "alarm", text: word("phase", d.phase) };
  }
  if (!d.connected) return { severity: "warning", text: t("device.offline") };
  if (d.phase !== "idle" && d.phase !== "commit") {
    const share = d.progress && d.progress.of > 0 ? d.progress.done / d.progress.of : null;
    const text = word("phase", d.phase);
    return { severity: "busy", text: share === null ? text : `${text} ${percent(share)}` };
  }
  return { severity: severityOf(d.state), text: word("state", d.state) };
}

export function DeviceStatus({ device }: { device: Device }) {
  const { severity, text } = standingOf(device);
  return (
    <span className={`st st-${severity}`} title={device.problem ?? undefined}>
      <Shape severity={severity} />
      {text}
      {device.mode === "developer"
        ? <Tag title={t("device.isDeveloper")}>{t("device.developerTag")}</Tag>
        : null}
    </span>
  );
}
