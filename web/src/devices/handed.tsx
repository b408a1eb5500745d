import { useEffect, useMemo, useRef } from "react";
import type { NewEnrolmentToken } from "../api/types.ts";
import { qr } from "../core/qr.ts";
import { t } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Secret } from "../ui/copy.tsx";
import { Dialog } from "../ui/dialog.tsx";

/** Shows it with all ways to take it along: a file for the USB stick, a QR code, text. */
export function Handed(
  { token: handed, onClose }: { token: NewEnrolmentToken; onClose: () => void },
) {
  const { token, bundle, code, deviceYml } = handed;
  return (
    <Dialog title={t(bundle ? "enrol.bundleReady" : "enrol.codeReady")} onClose={onClose} wide>
      <p>{t("enrol.once")}</p>
      {bundle
        ? (
          <>
            <p>
              <Button
                kind="primary"
                icon="download"
                onClick={() => saveText(`${fileName(token.name)}.enrol`, bundle)}
              >
                {t("enrol.saveBundle")}
              </Button>
            </p>
            <p>{t("enrol.bundleHow")}</p>
            <Secret
              text={`sudo lineside agent enrol /media/usb/${fileName(token.name)}.enrol`}
              label={t("enrol.command")}
            />
            <Code text={bundle} />
          </>
        )
        : null}
      {code && token.kind === "code"
        ? (
          <>
            <p>{t("enrol.codeHow")}</p>
            <Secret text={code} label={t("way.code")} />
            <Secret
              text={`sudo lineside agent enrol --server ${location.origin} --code`}
              label={t("enrol.command")}
            />
          </>
        )
        : null}
      {code && token.kind === "one-time"
        ? (
          <>
            <p>{t("enrol.oneTimeHow")}</p>
            <Secret
              text={`flowfuse-device-agent -o ${code} -u ${location.origin}`}
              label={t("enrol.command")}
            />
          </>
        )
        : null}
      {deviceYml
        ? (
          <>
            <p>{t("enrol.provisioningHow")}</p>
            <Secret
              text={deviceYml}
              label={t("enrol.file")}
            />
          </>
        )
        : null}
      <div className="dialog-foot">
        <Button onClick={onClose}>{t("close")}</Button>
      </div>
    </Dialog>
  );
}

function fileName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "") || "device";
}

export function saveText(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The same text for a camera; four modules of quiet around it. */
function Code({ text }: { text: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const grid = useMemo(() => qr(text), [text]);
  useEffect(() => {
    const paper = canvas.current?.getContext("2d");
    if (!paper || !grid) return;
    const size = grid.length + 8;
    paper.canvas.width = paper.canvas.height = size * 3;
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, size * 3, size * 3);
    paper.fillStyle = "#000";
    grid.forEach((row, y) =>
      row.forEach((dark, x) => {
        if (dark) paper.fillRect((x + 4) * 3, (y + 4) * 3, 3, 3);
      })
    );
  }, [grid]);
  return grid ? <canvas ref={canvas} className="qr" role="img" aria-label={t("enrol.qr")} /> : null;
}
