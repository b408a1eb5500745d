import type { DeviceGroup } from "../api/types.ts";
import { t } from "../i18n/text.ts";
import { BoxChoice, TextField } from "../ui/fields.tsx";

/** As it is typed. */
export interface Filter {
  tags: string;
  type: string;
  namePattern: string;
}

export function typed(filter: DeviceGroup["filter"]): Filter | null {
  return filter && {
    tags: filter.tags.join(" "),
    type: filter.type ?? "",
    namePattern: filter.namePattern ?? "",
  };
}

export function filterOf(filter: Filter | null): DeviceGroup["filter"] {
  return filter && {
    tags: filter.tags.split(/[\s,]+/).filter(Boolean),
    type: filter.type.trim() || null,
    namePattern: filter.namePattern.trim() || null,
  };
}

/** “line=3 hall-2, press controller, Press*” */
export function filterText(filter: DeviceGroup["filter"]): string {
  if (!filter) return t("groups.fixed");
  return [filter.tags.join(" "), filter.type, filter.namePattern].filter(Boolean).join(", ") || "–";
}

/** Devices that somebody picks, or all that a filter fits. */
export function FilterFields(
  p: { filter: Filter | null; onChange: (filter: Filter | null) => void; error?: string },
) {
  const { filter } = p;
  return (
    <>
      <BoxChoice
        legend={t("groups.members")}
        value={filter ? "filter" : "fixed"}
        onChange={(v) =>
          p.onChange(v === "filter" ? { tags: "", type: "", namePattern: "" } : null)}
        choices={[
          { value: "fixed", label: t("groups.fixed"), note: t("groups.fixedText") },
          { value: "filter", label: t("groups.byFilter"), note: t("groups.byFilterText") },
        ]}
      />
      {filter
        ? (
          <>
            <TextField
              label={t("device.tags")}
              hint={t("groups.tagsHint")}
              value={filter.tags}
              onChange={(tags) => p.onChange({ ...filter, tags })}
              error={p.error}
            />
            <TextField
              label={t("device.type")}
              value={filter.type}
              onChange={(type) => p.onChange({ ...filter, type })}
            />
            <TextField
              label={t("groups.pattern")}
              hint={t("groups.patternHint")}
              value={filter.namePattern}
              onChange={(namePattern) => p.onChange({ ...filter, namePattern })}
            />
          </>
        )
        : null}
    </>
  );
}
