import { useEffect, useState } from "react";
import { api } from "../api/client.ts";
import { connection } from "../api/live.ts";
import type { Alarm, List } from "../api/types.ts";
import { useAction, useTopic } from "../api/use.ts";
import { createStore } from "../core/store.ts";
import { t, tn } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { Link } from "../ui/link.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { Said } from "../ui/said.tsx";
import { Shape } from "../ui/status.tsx";
import { Ago } from "../ui/time.tsx";
import { toast } from "../ui/toast.tsx";
import { useStore } from "../ui/use-store.ts";
import { session } from "./session.ts";

/** The open alarms, kept in one place for the bar, the overview and their own page. */
export const alarms = createStore<{ open: readonly Alarm[] | null }>({ open: null });

function take(alarm: Alarm): void {
  const rest = (alarms.get().open ?? []).filter((a) => a.id !== alarm.id);
  alarms.set({ open: alarm.clearedAt === null ? [alarm, ...rest] : rest });
}

function load(): void {
  api.get<List<Alarm>>("alarms?open=true&limit=200").then(
    (list) => alarms.set({ open: list.items }),
    () => {},
  );
}

/** Counts of what is open, on every page, each a link to its list. */
export function AlarmSummary() {
  const open = useStore(alarms, (s) => s.open);
  const epoch = useStore(connection, (c) => c.epoch);
  useEffect(load, [epoch]);
  useTopic("alarms", (m) => {
    if (m.missed || !m.data) load();
    else take(m.data as Alarm);
  });
  const count = (severity: string) => (open ?? []).filter((a) => a.severity === severity).length;
  const alarm = count("alarm"), warning = count("warning");
  return (
    <div className="summary" role="status" aria-label={t("alarms.summary")}>
      {alarm
        ? (
          <Link className="alarm" href="/alarms?severity=alarm">
            <Shape severity="alarm" />
            <span className="words">{tn("alarms.alarm", alarm)}</span>
            <span className="digits" aria-hidden="true">{alarm}</span>
          </Link>
        )
        : null}
      {warning
        ? (
          <Link className="warn" href="/alarms?severity=warning">
            <Shape severity="warning" />
            <span className="words">{tn("alarms.warning", warning)}</span>
            <span className="digits" aria-hidden="true">{warning}</span>
          </Link>
        )
        : null}
      {open && !alarm && !warning
        ? <Link className="calm hide-s" href="/alarms">{t("alarms.none")}</Link>
        : null}
    </div>
  );
}

/** A button for one alarm; everybody sees who pressed it. */
export function Acknowledge({ alarm, onDone }: { alarm: Alarm; onDone?: (a: Alarm) => void }) {
  const action = useAction();
  if (alarm.acknowledgedAt) {
    return (
      <span className="muted small">
        {t("alarms.acknowledgedBy", { name: alarm.acknowledgedBy ?? "–" })}{" "}
        <Ago at={alarm.acknowledgedAt} />
      </span>
    );
  }
  return (
    <>
      <Button
        icon="check2"
        busy={action.busy}
        onClick={() =>
          action.run(async () => {
            const answer = await api.post<Alarm | undefined>(`alarms/${alarm.id}/acknowledge`);
            if (answer) {
              take(answer);
              onDone?.(answer);
            } else load();
          })}
      >
        {t("alarms.acknowledge")}
      </Button>
      {action.error ? <ProblemNote error={action.error} /> : null}
    </>
  );
}

/** While the clock is in doubt nothing goes for its age, until an administrator says that it is right. */
export function ClockRight({ alarm }: { alarm: Alarm }) {
  const user = useStore(session, (s) => s.user);
  const [asking, setAsking] = useState(false);
  const action = useAction();
  if (alarm.kind !== "site.clock" || alarm.clearedAt || !user?.administrator) return null;
  return (
    <>
      <Button icon="clock" onClick={() => setAsking(true)}>{t("clock.right")}</Button>
      {asking
        ? (
          <Confirm
            title={t("clock.ask")}
            verb={t("clock.right")}
            danger
            busy={action.busy}
            error={action.error}
            onClose={() => setAsking(false)}
            onConfirm={() =>
              action.run(async () => {
                await api.post("site/clock/confirm");
                toast(t("clock.confirmed"));
                setAsking(false);
              })}
          >
            <p>
              <Said text={alarm.text} />
            </p>
            <p>{t("clock.text")}</p>
          </Confirm>
        )
        : null}
    </>
  );
}
