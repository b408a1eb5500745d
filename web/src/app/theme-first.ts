// Runs before the first paint, as a script of its own, so that no page flashes in the wrong theme.
(() => {
  const root = document.documentElement;
  let theme: string | null = null, language: string | null = null;
  try {
    theme = localStorage.getItem("lineside-theme");
    language = localStorage.getItem("lineside-language");
  } catch {
    // A browser that keeps nothing still gets a page.
  }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = theme === "light" || theme === "dark" ? theme : dark ? "dark" : "light";
  if (language) root.lang = language;
})();

export {};
