import { useEffect, useState } from "react";
import { t } from "../i18n/text.ts";
import { Button } from "./button.tsx";

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const id = setTimeout(() => setDone(false), 2000);
    return () => clearTimeout(id);
  }, [done]);
  const copy = () => {
    navigator.clipboard?.writeText(text).then(() => setDone(true), () => {});
  };
  return (
    <>
      <Button kind="quiet" icon={done ? "check2" : "clipboard"} label={label} onClick={copy} />
      <span className="vh" role="status">{done ? t("copied") : ""}</span>
    </>
  );
}

/** Text that is shown once, with a way to take it along. */
export function Secret({ text, label }: { text: string; label: string }) {
  return (
    <div className="secret">
      <code tabIndex={0} aria-label={label}>{text}</code>
      <CopyButton text={text} label={t("copy.it")} />
    </div>
  );
}
