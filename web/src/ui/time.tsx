import { useEffect, useState } from "react";
import { dateTime, dateTimeSeconds, relative, utc } from "../i18n/format.ts";

/** A moment in the site's zone; UTC on hover and for whoever copies it. */
export function Time({ at, seconds }: { at: string; seconds?: boolean }) {
  return (
    <time dateTime={at} title={utc(at)} className="time">
      {seconds ? dateTimeSeconds(at) : dateTime(at)}
    </time>
  );
}

/** How long ago, kept true while the page stands. */
export function Ago({ at }: { at: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const id = setInterval(() => setNow(Date.now()), 15_000);
    return () => clearInterval(id);
  }, []);
  return (
    <time dateTime={at} title={`${dateTime(at)} · ${utc(at)}`}>
      {relative(Math.min(Date.parse(at), now), now)}
    </time>
  );
}
