import { createStore } from "../core/store.ts";
import { learn } from "../i18n/learn.ts";
import { knows, type Language, preferredLanguage, setLanguage } from "../i18n/text.ts";
import type { Theme } from "../api/types.ts";

interface Preferences {
  theme: Theme;
  language: Language;
}

const dark = matchMedia("(prefers-color-scheme: dark)");

function kept(): Preferences {
  const theme = localStorage.getItem("lineside-theme");
  const language = localStorage.getItem("lineside-language");
  return {
    theme: theme === "light" || theme === "dark" ? theme : "system",
    language: language === "en" || language === "de"
      ? language
      : preferredLanguage(navigator.languages),
  };
}

export const preferences = createStore<Preferences>(kept());

function apply(): void {
  const { theme, language } = preferences.get();
  const root = document.documentElement;
  root.dataset.theme = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
  root.lang = language;
  setLanguage(language);
}

/** Nobody has chosen a language in this browser yet: the site's own is the better guess. */
export async function suggestLanguage(language: Language): Promise<void> {
  if (localStorage.getItem("lineside-language") === null) await speak(language);
}

export async function prefer(change: Partial<Preferences>): Promise<void> {
  if (change.theme) {
    localStorage.setItem("lineside-theme", change.theme);
    preferences.set({ theme: change.theme });
    apply();
  }
  if (change.language) {
    localStorage.setItem("lineside-language", change.language);
    await speak(change.language);
  }
}

/** The catalogue is there before anybody paints with it. */
async function speak(language: Language): Promise<void> {
  await learn(language);
  if (!knows(language)) return;
  setLanguage(language);
  preferences.set({ language });
  apply();
}

/** What the first paint speaks. */
export async function firstWords(): Promise<void> {
  const { language } = preferences.get();
  await speak(language);
  if (!knows(language)) await speak(language === "en" ? "de" : "en");
}

dark.addEventListener("change", apply);
apply();
