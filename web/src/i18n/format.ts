import { language } from "./text.ts";

let zone = "UTC";
/** The site's time zone; an unknown name leaves it at UTC. */
export function setTimeZone(name: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    zone = name;
  } catch {
    zone = "UTC";
  }
}

export function timeZone(): string {
  return zone;
}

export function timeZones(): string[] {
  const all = Intl.supportedValuesOf("timeZone");
  return all.includes("UTC") ? all : ["UTC", ...all];
}

const made = new Map<string, Intl.DateTimeFormat>();
function formatter(options: Intl.DateTimeFormatOptions, tz: string): Intl.DateTimeFormat {
  const key = language() + tz + JSON.stringify(options);
  let f = made.get(key);
  if (!f) {
    f = new Intl.DateTimeFormat(locale(), { ...options, timeZone: tz, hourCycle: "h23" });
    made.set(key, f);
  }
  return f;
}

/** English in day-month order and 24 hours: a plant writes times that way. */
function locale(): string {
  return language() === "en" ? "en-GB" : "de-DE";
}

const MINUTE: Intl.DateTimeFormatOptions = {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
};

export function dateTime(at: string | number, tz = zone): string {
  return formatter(MINUTE, tz).format(new Date(at));
}

export function dateTimeSeconds(at: string | number, tz = zone): string {
  return formatter({ ...MINUTE, second: "2-digit" }, tz).format(new Date(at));
}

export function date(at: string | number, tz = zone): string {
  return formatter({ day: "numeric", month: "short", year: "numeric" }, tz).format(new Date(at));
}

/** `Friday, 20 November 2026`. */
export function day(at: string | number, tz = zone): string {
  return formatter({ weekday: "long", day: "numeric", month: "long", year: "numeric" }, tz)
    .format(new Date(at));
}

export function clock(at: string | number, tz = zone): string {
  return formatter({ hour: "2-digit", minute: "2-digit" }, tz).format(new Date(at));
}

export function clockSeconds(at: string | number, tz = zone): string {
  return formatter({ hour: "2-digit", minute: "2-digit", second: "2-digit" }, tz)
    .format(new Date(at));
}

/** `12:04:31.250`, UTC, as logs are read. */
export function logTime(at: string): string {
  return /T(\d\d:\d\d:\d\d\.\d{3})/.exec(at)?.[1] ?? new Date(at).toISOString().slice(11, 23);
}

export function utc(at: string | number): string {
  return new Date(at).toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(language(), {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

/** A share of one as whole per cent. */
export function percent(share: number): string {
  return `${number(Math.floor(share * 100))} %`;
}

/** 1 kB = 1000 bytes, as disks are sold. */
export function bytes(value: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  let i = 0, v = value;
  while (v >= 999.5 && i < units.length - 1) {
    v /= 1000;
    i++;
  }
  return new Intl.NumberFormat(language(), {
    style: "unit",
    unit: units[i],
    unitDisplay: i === 0 ? "long" : "short",
    maximumFractionDigits: v < 10 && i > 0 ? 1 : 0,
  }).format(v);
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** `5 minutes ago`, `in 3 days`. */
export function relative(at: string | number, now = Date.now()): string {
  const s = Math.round((new Date(at).getTime() - now) / 1000);
  const [unit, size] = STEPS.find(([, size]) => Math.abs(s) >= size) ?? STEPS[3];
  return new Intl.RelativeTimeFormat(language(), { numeric: "auto" })
    .format(Math.trunc(s / size), unit);
}

/** `3 days, 4 hours`: the two largest parts. */
export function duration(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.floor(seconds));
  for (const [unit, size] of STEPS) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0 || (unit === "second" && parts.length === 0)) {
      parts.push(
        new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "long" }).format(n),
      );
    }
    if (parts.length === 2) break;
  }
  return parts.join(", ");
}
