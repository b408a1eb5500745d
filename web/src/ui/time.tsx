import { useEffect, useState } from "react";
import { dateTime, dateTimeSeconds, duration, relative, utc } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";

/** A moment in the site's zone; UTC on hover and for whoever copies it. */
export function Time({ at, seconds }: { at: string; seconds?: boolean }) {
  return (
    <time dateTime={at} title={utc(at)} className="time">
      {seconds ? dateTimeSeconds(at) : dateTime(at)}
    </time>
  );
}

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const id = setInterval(() => setNow(Date.now()), 15_000);
    return () => clearInterval(id);
  }, []);
  return now;
}

/** For how long something runs. */
export function UpTime({ since }: { since: string }) {
  const now = useNow();
  return (
    <span title={`${dateTime(since)} · ${utc(since)}`}>
      {t("instance.up", { time: duration((now - Date.parse(since)) / 1000) })}
    </span>
  );
}

/** How long ago, kept true while the page stands. */
export function Ago({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={`${dateTime(at)} · ${utc(at)}`}>
      {relative(Math.min(Date.parse(at), now), now)}
    </time>
  );
}
