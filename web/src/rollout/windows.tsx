import { useState } from "react";
import { api } from "../api/client.ts";
import type { MaintenanceWindow } from "../api/types.ts";
import { type Listed, useAction } from "../api/use.ts";
import { timeZone, timeZones } from "../i18n/format.ts";
import { t, word } from "../i18n/text.ts";
import { useApplications } from "../snapshots/use-applications.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { choicesOf, Form, NameField, SelectField, TextField } from "../ui/fields.tsx";
import { DialogFoot, Removal } from "../ui/form-parts.tsx";
import { ListPanel } from "../ui/list.tsx";
import { Empty } from "../ui/states.tsx";
import { Time } from "../ui/time.tsx";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
type Weekly = MaintenanceWindow["weekly"][number];

/** Times when machines may be touched. */
export function Windows(
  { list, mayEdit }: { list: Listed<MaintenanceWindow>; mayEdit: boolean },
) {
  const [editing, setEditing] = useState<MaintenanceWindow | "new" | null>(null);
  const [removing, setRemoving] = useState<MaintenanceWindow | null>(null);
  return (
    <>
      <h2 className="section-title">{t("windows.title")}</h2>
      <ListPanel
        label={t("windows.title")}
        list={list}
        id={(w) => w.id}
        sortName="windows"
        nothing={
          <Empty
            icon="calendar-week"
            title={t("windows.nothing")}
            action={mayEdit
              ? <Button onClick={() => setEditing("new")}>{t("windows.add")}</Button>
              : undefined}
          >
            {t("windows.nothingText")}
          </Empty>
        }
        columns={[
          {
            key: "name",
            title: t("name"),
            sort: (w) => w.name,
            cell: (w) =>
              mayEdit
                ? (
                  <button type="button" className="link" onClick={() => setEditing(w)}>
                    {w.name}
                  </button>
                )
                : w.name,
          },
          {
            key: "times",
            title: t("windows.times"),
            cell: (w) => w.weekly.map(weeklyText).join(" · ") || "–",
          },
          { key: "zone", title: t("timeZone"), extra: true, cell: (w) => w.timeZone },
          {
            key: "next",
            title: t("windows.next"),
            cell: (w) =>
              w.isOpen && w.closesAt
                ? (
                  <>
                    {t("windows.openUntil")} <Time at={w.closesAt} />
                  </>
                )
                : w.opensAt
                ? <Time at={w.opensAt} />
                : t("never"),
          },
          {
            key: "tools",
            title: t("device.actions"),
            quiet: true,
            cell: (w) =>
              mayEdit
                ? (
                  <Button
                    kind="quiet"
                    icon="trash"
                    label={t("windows.remove", { name: w.name })}
                    onClick={() => setRemoving(w)}
                  />
                )
                : null,
          },
        ]}
      />
      {mayEdit && list.data && list.data.length > 0
        ? (
          <p>
            <Button icon="plus-lg" onClick={() => setEditing("new")}>{t("windows.add")}</Button>
          </p>
        )
        : null}
      {editing
        ? (
          <WindowDialog
            given={editing === "new" ? null : editing}
            onClose={() => setEditing(null)}
            onDone={() => {
              setEditing(null);
              list.reload();
            }}
          />
        )
        : null}
      {removing
        ? (
          <Removal
            path={`maintenance-windows/${removing.id}`}
            title={t("windows.removeAsk", { name: removing.name })}
            text={t("windows.removeText")}
            onClose={() => setRemoving(null)}
            onDone={() => {
              setRemoving(null);
              list.reload();
            }}
          />
        )
        : null}
    </>
  );
}

function weeklyText(w: Weekly): string {
  const days = w.days.length === 7
    ? t("windows.daily")
    : DAYS.filter((d) => w.days.includes(d)).map((d) => word("weekday", d)).join(" ");
  return `${days} ${w.start} +${Math.floor(w.minutes / 60)}:${
    String(w.minutes % 60).padStart(2, "0")
  }`;
}

function WindowDialog(
  p: { given: MaintenanceWindow | null; onClose: () => void; onDone: () => void },
) {
  const applications = useApplications().data;
  const [picked, setPicked] = useState<string | null>(null);
  const application = p.given?.applicationId ?? picked ?? applications?.[0]?.id ?? "";
  const [name, setName] = useState(p.given?.name ?? "");
  const [zone, setZone] = useState(p.given?.timeZone ?? timeZone());
  const [weekly, setWeekly] = useState<readonly Weekly[]>(
    p.given?.weekly ?? [{ days: ["sat", "sun"], start: "06:00", minutes: 240 }],
  );
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const change = (n: number, to: Partial<Weekly>) =>
    setWeekly(weekly.map((w, i) => i === n ? { ...w, ...to } : w));
  const body = {
    name,
    timeZone: zone,
    weekly,
    exceptions: p.given?.exceptions ?? [],
  };
  const save = () =>
    action.run(async () => {
      if (p.given) await api.patch(`maintenance-windows/${p.given.id}`, body);
      else await api.post("maintenance-windows", { applicationId: application, ...body });
      p.onDone();
    });
  return (
    <Dialog title={p.given?.name ?? t("windows.add")} onClose={p.onClose} wide>
      <Form onSubmit={save} error={action.error}>
        <NameField
          value={name}
          onChange={setName}
          error={fields.name}
        />
        {p.given ? null : (
          <SelectField
            label={t("application")}
            value={application}
            onChange={setPicked}
            choices={choicesOf(applications)}
          />
        )}
        <TextField
          label={t("timeZone")}
          hint={t("windows.zoneHint")}
          list={timeZones()}
          value={zone}
          onChange={setZone}
          error={fields.timeZone}
        />
        {weekly.map((w, n) => (
          <fieldset className="boxes-plain" key={n}>
            <legend>{t("windows.weekly")}</legend>
            <div className="tools-row wraps">
              {DAYS.map((d) => (
                <label key={d}>
                  <input
                    type="checkbox"
                    checked={w.days.includes(d)}
                    onChange={(e) =>
                      change(n, {
                        days: e.target.checked ? [...w.days, d] : w.days.filter((x) => x !== d),
                      })}
                  />
                  {word("weekday", d)}
                </label>
              ))}
            </div>
            <div className="tools-row wraps">
              <label>
                {t("windows.from")}{" "}
                <input
                  className="input"
                  type="time"
                  value={w.start}
                  onChange={(e) => change(n, { start: e.target.value })}
                />
              </label>
              <label>
                {t("windows.minutes")}{" "}
                <input
                  className="input"
                  type="number"
                  min={1}
                  max={10080}
                  value={w.minutes}
                  onChange={(e) => change(n, { minutes: Number(e.target.value) })}
                />
              </label>
              <Button
                kind="quiet"
                icon="trash"
                label={t("windows.timeRemove")}
                onClick={() => setWeekly(weekly.filter((_, i) => i !== n))}
              />
            </div>
          </fieldset>
        ))}
        {fields.weekly ? <p className="error">{fields.weekly}</p> : null}
        <Button
          icon="plus-lg"
          onClick={() => setWeekly([...weekly, { days: ["mon"], start: "22:00", minutes: 120 }])}
        >
          {t("windows.timeAdd")}
        </Button>
        <DialogFoot
          busy={action.busy}
          why={name ? null : t("unchanged")}
          onClose={p.onClose}
        />
      </Form>
    </Dialog>
  );
}
