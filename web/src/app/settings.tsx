import { useState } from "react";
import { api } from "../api/client.ts";
import type { Language, Site } from "../api/types.ts";
import { useAction, useLoad } from "../api/use.ts";
import { timeZones } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import { Form, SelectField, TextField } from "../ui/fields.tsx";
import { useUnsaved } from "../ui/navigation.ts";
import { PageHead, Panel } from "../ui/page-head.tsx";
import { Await } from "../ui/states.tsx";
import { toast } from "../ui/toast.tsx";
import { FormFoot } from "../ui/form-parts.tsx";
import { Certificates } from "../certificates/certificates.tsx";
import { Keeping } from "./keeping.tsx";
import { LANGUAGES } from "./plain.tsx";
import { changedSite } from "./session.ts";

export function SettingsPage() {
  const loaded = useLoad<Site>("site");
  return (
    <div className="page narrow">
      <PageHead title={t("settings.title")} />
      <Await of={loaded}>{(site) => <SiteForm site={site} onSaved={loaded.set} />}</Await>
      <Certificates />
      <Keeping />
    </div>
  );
}

function SiteForm({ site, onSaved }: { site: Site; onSaved: (s: Site) => void }) {
  const [name, setName] = useState(site.name);
  const [language, setLanguage] = useState<Language>(site.language);
  const [timeZone, setTimeZone] = useState(site.timeZone);
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const dirty = name !== site.name || language !== site.language || timeZone !== site.timeZone;
  useUnsaved(dirty);
  const save = () =>
    action.run(async () => {
      const changed = await api.patch<Site>("site", { name, language, timeZone });
      onSaved(changed);
      changedSite(changed);
      toast(t("saved"));
    });
  return (
    <Panel title={t("site")}>
      <Form onSubmit={save} error={action.error} className="form pad">
        <TextField
          label={t("site.name")}
          hint={t("site.nameHint")}
          required
          maxLength={80}
          value={name}
          onChange={setName}
          error={fields.name}
        />
        <SelectField
          label={t("site.language")}
          value={language}
          onChange={(v) => setLanguage(v as Language)}
          choices={LANGUAGES}
          error={fields.language}
        />
        <TextField
          label={t("site.timeZone")}
          hint={t("site.timeZoneHint")}
          required
          list={timeZones()}
          value={timeZone}
          onChange={setTimeZone}
          error={fields.timeZone}
        />
        <FormFoot busy={action.busy} why={dirty ? null : t("unchanged")} />
      </Form>
    </Panel>
  );
}
