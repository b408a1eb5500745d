import { createRoot } from "react-dom/client";
import { useStore } from "../ui/use-store.ts";
import { App } from "./app.tsx";
import { firstWords, preferences } from "./preferences.ts";
import { rest } from "./rest.ts";
import { begin } from "./session.ts";

/** A change of language draws everything anew: texts are read while drawing, not kept. */
function Root() {
  const language = useStore(preferences, (p) => p.language);
  return <App key={language} />;
}

const root = document.getElementById("root");
firstWords().then(() => {
  if (root) createRoot(root).render(<Root />);
});
begin();
// The other pages, before somebody waits for them. Who goes there is told if they do not come.
setTimeout(() => rest().catch(() => {}), 2000);
