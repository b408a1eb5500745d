import type { en } from "./en.ts";

type Catalogue = typeof en;
export type Texts = Record<keyof Catalogue, string>;
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

const catalogues = new Map<Language, Texts>();
let current: Language = "en";
let texts = {} as Texts;

/** Catalogues come one by one, so that a browser loads only what it shows. */
export function teach(language: Language, catalogue: Texts): void {
  catalogues.set(language, catalogue);
  if (language === current) texts = catalogue;
}

export function knows(language: Language): boolean {
  return catalogues.has(language);
}

/** Only what was taught can be spoken; else the language stays. */
export function setLanguage(language: Language): void {
  const found = catalogues.get(language);
  if (!found) return;
  current = language;
  texts = found;
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
  const text: string = texts[key];
  return values.length ? fill(text, values[0] as Record<string, string | number>) : text;
}

/** A text that depends on a number `{n}`. */
export function tn(stem: Counted, n: number, values: Record<string, string | number> = {}): string {
  const one = new Intl.PluralRules(current).select(n) === "one";
  const key = `${stem}_${one ? "one" : "other"}` as Key;
  return fill(texts[key], { n, ...values });
}

/** A text for a word of the API; the word itself where we have none for it. */
export function word(group: string, value: string): string {
  const key = `${group}.${value}`;
  return Object.hasOwn(texts, key) ? texts[key as Key] : value;
}
