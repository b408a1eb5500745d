import { useState } from "react";
import { api } from "../api/client.ts";
import { somewhere } from "../api/permissions.ts";
import type { Application, Team } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { session } from "../app/session.ts";
import { number } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { choicesOf, Form, NameField, SelectField, TextArea } from "../ui/fields.tsx";
import { Link } from "../ui/link.tsx";
import { ListPanel } from "../ui/list.tsx";
import { navigate } from "../ui/navigation.ts";
import { PageHead } from "../ui/page-head.tsx";
import { Empty } from "../ui/states.tsx";
import { toast } from "../ui/toast.tsx";
import { useStore } from "../ui/use-store.ts";
import { DialogFoot } from "../ui/form-parts.tsx";
import { Teams } from "./teams.tsx";
import { useApplications } from "./use-applications.ts";

export function ApplicationsPage() {
  const applications = useApplications();
  const user = useStore(session, (s) => s.user);
  const [making, setMaking] = useState(false);
  const teams = applications.teams ?? [];
  const many = teams.length > 1;
  const why = user && somewhere(user, "owner") ? null : t("why.owner");
  const make = (
    <Button kind="primary" icon="plus-lg" why={why} onClick={() => setMaking(true)}>
      {t("applications.create")}
    </Button>
  );
  return (
    <div className="page">
      <PageHead title={t("applications.title")} note={t("applications.note")}>{make}</PageHead>
      <ListPanel
        label={t("applications.title")}
        list={{
          ...applications,
          loading: applications.data === null,
          count: applications.data?.length ?? 0,
          more: null,
          update: () => {},
        }}
        id={(a) => a.id}
        nothing={
          <Empty icon="folder" title={t("applications.nothing")} action={make}>
            {t("applications.nothingText")}
          </Empty>
        }
        columns={[
          {
            key: "name",
            title: t("name"),
            sort: (a) => a.name,
            cell: (a) => <Link href={`/applications/${a.id}`}>{a.name}</Link>,
          },
          ...(many
            ? [{
              key: "team",
              title: t("team"),
              sort: (a: Application) => teamName(teams, a),
              cell: (a: Application) => teamName(teams, a),
            }]
            : []),
          {
            key: "description",
            title: t("description"),
            extra: true,
            cell: (a) => <span className="wrap muted">{a.description}</span>,
          },
          {
            key: "instances",
            title: t("instances.title"),
            numeric: true,
            sort: (a) => a.counts.instances,
            cell: (a) => number(a.counts.instances),
          },
        ]}
      />
      <Teams onChange={applications.reload} />
      {making
        ? (
          <MakeApplication
            teams={teams}
            onClose={() => setMaking(false)}
            onDone={(a) => {
              toast(t("applications.done", { name: a.name }));
              navigate(`/applications/${a.id}`);
            }}
          />
        )
        : null}
    </div>
  );
}

function teamName(teams: readonly Team[], a: Application): string {
  return teams.find((x) => x.id === a.teamId)?.name ?? "–";
}

function MakeApplication(
  p: { teams: readonly Team[]; onClose: () => void; onDone: (a: Application) => void },
) {
  const [team, setTeam] = useState(p.teams[0]?.id ?? "");
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  return (
    <Dialog title={t("applications.create")} onClose={p.onClose}>
      <Form
        error={action.error}
        onSubmit={() =>
          action.run(async () =>
            p.onDone(
              await api.post<Application>(`teams/${team}/applications`, { name, description }),
            )
          )}
      >
        <NameField
          autoFocus
          value={name}
          onChange={setName}
          error={fields.name}
        />
        {p.teams.length > 1
          ? (
            <SelectField
              label={t("team")}
              value={team}
              onChange={setTeam}
              choices={choicesOf(p.teams)}
            />
          )
          : null}
        <TextArea
          label={t("description")}
          value={description}
          onChange={setDescription}
          error={fields.description}
        />
        <DialogFoot verb={t("applications.create")} busy={action.busy} onClose={p.onClose} />
      </Form>
    </Dialog>
  );
}
