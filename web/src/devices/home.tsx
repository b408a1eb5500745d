import { type ReactNode, useState } from "react";
import { t } from "../i18n/text.ts";
import { useApplications } from "../snapshots/use-applications.ts";
import { choicesOf, SelectField } from "../ui/fields.tsx";

export interface Home {
  application: string | null;
  team: string | undefined;
  field: ReactNode;
}

/** Where a new device shall belong: the only application, else what somebody picks. */
export function useHome(): Home {
  const { data, teams } = useApplications();
  const [picked, setPicked] = useState<string | null>(null);
  const application = picked ?? (data?.length === 1 ? data[0].id : "");
  return {
    application: application || null,
    team: data?.find((a) => a.id === application)?.teamId ?? teams?.[0]?.id,
    field: (
      <SelectField
        label={t("application")}
        value={application}
        onChange={setPicked}
        choices={choicesOf(data, t("device.unassigned"))}
      />
    ),
  };
}
