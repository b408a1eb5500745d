import { rest } from "./rest.ts";
import { Lazily } from "../ui/lazily.tsx";
import { useEffect } from "react";
import { t } from "../i18n/text.ts";
import { SignIn } from "../sign-in/sign-in.tsx";
import { safeNext } from "../core/router.ts";
import { leaveAnyway, navigate, navigation, stay, useLocation } from "../ui/navigation.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Failed } from "../ui/states.tsx";
import { Toasts } from "../ui/toast.tsx";
import { useStore } from "../ui/use-store.ts";
import { Plain } from "./plain.tsx";
import { begin, session } from "./session.ts";
import { Shell } from "./shell.tsx";

export function App() {
  return (
    <>
      <Phase />
      <LeaveQuestion />
      <Toasts />
    </>
  );
}

function Phase() {
  const phase = useStore(session, (s) => s.phase);
  const error = useStore(session, (s) => s.error);
  const at = useLocation();
  const invited = at.path.startsWith("/invitations/") || at.path === "/invitation";
  if (phase === "loading") return <div className="starting" aria-busy="true" />;
  if (phase === "failed" && error) {
    return (
      <Plain title="Lineside">
        <Failed error={error} retry={begin} />
      </Plain>
    );
  }
  if (phase === "setup") return <Lazily load={rest} draw={(pages) => <pages.FirstRun />} />;
  if (invited) return <Lazily load={rest} draw={(pages) => <pages.Invited />} />;
  if (phase === "out") {
    const to = at.path + (at.query.size ? `?${at.query}` : "");
    return at.path === "/sign-in"
      ? <SignIn />
      : <Go to={to === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(to)}`} />;
  }
  if (at.path === "/sign-in") return <Go to={safeNext(at.query.get("next"))} />;
  if (at.path === "/setup") return <Go to="/" />;
  return <Shell />;
}

function Go({ to }: { to: string }) {
  useEffect(() => navigate(to, "replace"), [to]);
  return null;
}

function LeaveQuestion() {
  const asked = useStore(navigation, (n) => n.asked);
  if (asked === null) return null;
  return (
    <Dialog title={t("unsaved.title")} onClose={stay}>
      <p>{t("unsaved.text")}</p>
      <div className="dialog-foot">
        <Button onClick={stay}>{t("unsaved.stay")}</Button>
        <Button kind="danger" onClick={leaveAnyway}>{t("unsaved.leave")}</Button>
      </div>
    </Dialog>
  );
}
