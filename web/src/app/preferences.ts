import { createStore } from "../core/store.ts";
import { type Language, preferredLanguage, setLanguage } from "../i18n/text.ts";
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
export function suggestLanguage(language: Language): void {
  if (localStorage.getItem("lineside-language") === null) {
    preferences.set({ language });
    apply();
  }
}

export function prefer(change: Partial<Preferences>): void {
  if (change.theme) localStorage.setItem("lineside-theme", change.theme);
  if (change.language) localStorage.setItem("lineside-language", change.language);
  // The catalogue changes before anybody paints with it.
  if (change.language) setLanguage(change.language);
  preferences.set(change);
  apply();
}

dark.addEventListener("change", apply);
apply();
