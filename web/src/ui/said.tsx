import { language } from "../i18n/text.ts";

/**
 * A sentence of the server's or of a device, which speak English. Readers of another language get
 * `about` first, in theirs, where a code says what it is about; a screen reader is told to change.
 */
export function Said({ text, about }: { text: string | null; about?: string }) {
  if (!text) return null;
  if (language() === "en") return <>{text}</>;
  return (
    <>
      {about ? <>{about}</> : null}
      <span lang="en">{text}</span>
    </>
  );
}
