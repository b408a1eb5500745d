import { knows, type Language, teach, type Texts } from "./text.ts";

/** Loads a catalogue once. Without it the page keeps speaking as before. */
export async function learn(language: Language): Promise<void> {
  if (knows(language)) return;
  try {
    const found: { texts: Texts } = await import(CATALOGUES[language]);
    teach(language, found.texts);
  } catch {
    // The server is away or was replaced; the caller's language stays.
  }
}
