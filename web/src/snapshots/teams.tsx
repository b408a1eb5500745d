import { useState } from "react";
import { api } from "../api/client.ts";
import { atLeast } from "../api/permissions.ts";
import type { Team } from "../api/types.ts";
import { useAction, useList } from "../api/use.ts";
import { session } from "../app/session.ts";
import { number } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Form, NameField } from "../ui/fields.tsx";
import { DialogFoot, Removal } from "../ui/form-parts.tsx";
import { Panel } from "../ui/page-head.tsx";
import { Table } from "../ui/table.tsx";
import { toast } from "../ui/toast.tsx";
import { useStore } from "../ui/use-store.ts";

/** The level above applications. Nobody but an administrator meets it before there is a second. */
export function Teams({ onChange }: { onChange: () => void }) {
  const list = useList<Team>("teams");
  const administrator = useStore(session, (s) => s.user?.administrator ?? false);
  const [open, setOpen] = useState<{ team: Team | null; removing?: boolean } | null>(null);
  const teams = list.data ?? [];
  if (!administrator && teams.length < 2) return null;
  const done = (said: string) => {
    setOpen(null);
    toast(said);
    list.reload();
    onChange();
  };
  return (
    <Panel
      title={t("teams.title")}
      tools={administrator
        ? (
          <Button icon="plus-lg" onClick={() => setOpen({ team: null })}>
            {t("teams.create")}
          </Button>
        )
        : undefined}
    >
      <Table
        label={t("teams.title")}
        rows={teams}
        sortName="teams"
        id={(x) => x.id}
        columns={[
          { key: "name", title: t("name"), sort: (x) => x.name, cell: (x) => x.name },
          ...([
            ["applications", t("applications.title")],
            ["instances", t("instances.title")],
            ["devices", t("devices.title")],
          ] as const).map(([key, title]) => ({
            key,
            title,
            numeric: true,
            extra: true,
            sort: (x: Team) => x.counts[key],
            cell: (x: Team) => number(x.counts[key]),
          })),
          {
            key: "do",
            title: t("edit"),
            quiet: true,
            cell: (x) =>
              atLeast(x.role, "owner")
                ? (
                  <>
                    <Button
                      kind="quiet"
                      icon="pencil-square"
                      label={t("teams.rename", { name: x.name })}
                      onClick={() => setOpen({ team: x })}
                    />
                    <Button
                      kind="quiet"
                      icon="trash"
                      label={t("teams.remove", { name: x.name })}
                      why={teams.length < 2
                        ? t("teams.last")
                        : x.counts.instances + x.counts.devices
                        ? t("teams.full")
                        : null}
                      onClick={() => setOpen({ team: x, removing: true })}
                    />
                  </>
                )
                : null,
          },
        ]}
      />
      {open?.team && open.removing
        ? (
          <Removal
            path={`teams/${open.team.id}`}
            title={t("teams.removeAsk", { name: open.team.name })}
            text={t("teams.removeText")}
            typed={open.team.name}
            onClose={() => setOpen(null)}
            onDone={() => done(t("danger.deleted", { name: open.team!.name }))}
          />
        )
        : open
        ? (
          <NameTeam
            team={open.team}
            onClose={() => setOpen(null)}
            onDone={() => done(t("saved"))}
          />
        )
        : null}
    </Panel>
  );
}

function NameTeam(p: { team: Team | null; onClose: () => void; onDone: () => void }) {
  const [name, setName] = useState(p.team?.name ?? "");
  const action = useAction();
  const title = p.team ? t("teams.rename", { name: p.team.name }) : t("teams.create");
  const save = () =>
    action.run(async () => {
      if (p.team) await api.patch(`teams/${p.team.id}`, { name });
      else await api.post("teams", { name });
      p.onDone();
    });
  return (
    <Dialog title={title} onClose={p.onClose}>
      <Form onSubmit={save} error={action.error}>
        <NameField
          autoFocus
          value={name}
          onChange={setName}
          error={action.error?.problem.fields?.name}
        />
        <DialogFoot
          verb={p.team ? undefined : title}
          busy={action.busy}
          why={name === (p.team?.name ?? "") ? t("unchanged") : null}
          onClose={p.onClose}
        />
      </Form>
    </Dialog>
  );
}
