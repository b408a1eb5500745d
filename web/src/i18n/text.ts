import { de } from "./de.ts";
import { en } from "./en.ts";

type Catalogue = typeof en;
export type Key = keyof Catalogue;

/** The names in braces of a text, as a type: forgetting one is a type error. */
type Names<S extends string> = S extends `${string}{${infer N}}${infer Rest}` ? N | Names<Rest>
  : never;
type Values<S extends string> = [Names<S>] extends [never] ? []
  : [{ [N in Names<S>]: string | number }];

/** Keys that come as `…_one` and `…_other`. */
type Counted = Key extends infer K ? K extends `${infer Stem}_one` ? Stem : never : never;

export const languages = ["en", "de"] as const;
export type Language = (typeof languages)[number];

const catalogues: Record<Language, Record<Key, string>> = { en, de };
let current: Language = "en";

export function setLanguage(language: Language): void {
  current = language;
}

export function language(): Language {
  return current;
}

/** What the browser asks for first and we have. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const w of wanted) {
    const l = w.slice(0, 2).toLowerCase();
    if (l === "en" || l === "de") return l;
  }
  return "en";
}

export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const v = values[name];
    return v === undefined
      ? whole
      : typeof v === "number"
      ? new Intl.NumberFormat(current).format(v)
      : v;
  });
}

export function t<K extends Key>(key: K, ...values: Values<Catalogue[K]>): string {
  const text = catalogues[current][key];
  return values.length ? fill(text, values[0] as Record<string, string | number>) : text;
}

/** A text that depends on a number `{n}`. */
export function tn(stem: Counted, n: number, values: Record<string, string | number> = {}): string {
  const one = new Intl.PluralRules(current).select(n) === "one";
  const key = `${stem}_${one ? "one" : "other"}` as Key;
  return fill(catalogues[current][key], { n, ...values });
}

/** A text for a word of the API; the word itself where we have none for it. */
export function word(group: string, value: string): string {
  const key = `${group}.${value}`;
  return key in en ? catalogues[current][key as Key] : value;
}
