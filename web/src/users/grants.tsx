import { rolesOf } from "../api/permissions.ts";
import type { Role, Scope } from "../api/types.ts";
import { session } from "../app/session.ts";
import { t, word } from "../i18n/text.ts";
import { useApplications } from "../snapshots/use-applications.ts";
import { SelectField } from "../ui/fields.tsx";
import { useStore } from "../ui/use-store.ts";

export interface GrantDraft {
  scope: Scope;
  scopeId: string | null;
  role: Role;
}

export interface ScopeChoice {
  scope: Scope;
  scopeId: string | null;
  name: string;
}

/** The tree, as far as this user sees it, in the order of its levels. */
export function useScopes(): readonly ScopeChoice[] {
  const tree = useApplications();
  const site = useStore(session, (s) => s.site?.name ?? s.health?.site ?? "");
  return [
    { scope: "site", scopeId: null, name: site },
    ...(tree.teams ?? []).map((x) => ({ scope: "team" as const, scopeId: x.id, name: x.name })),
    ...(tree.data ?? []).map((a) => ({
      scope: "application" as const,
      scopeId: a.id,
      name: a.name,
    })),
  ];
}

const keyOf = (s: { scope: Scope; scopeId: string | null }) => `${s.scope}:${s.scopeId ?? ""}`;

/** Where and as what. "No role yet" is a choice too. */
export function GrantChoice(
  p: {
    scopes: readonly ScopeChoice[];
    value: GrantDraft | null;
    onChange: (value: GrantDraft | null) => void;
    required?: boolean;
  },
) {
  const { value } = p;
  const pick = (key: string) => {
    const scope = p.scopes.find((s) => keyOf(s) === key);
    if (!scope) return p.onChange(null);
    const roles = rolesOf(scope.scope);
    p.onChange({
      scope: scope.scope,
      scopeId: scope.scopeId,
      role: value && roles.includes(value.role) ? value.role : "member",
    });
  };
  return (
    <div className="columns">
      <SelectField
        label={t("grants.where")}
        value={value ? keyOf(value) : ""}
        onChange={pick}
        required={p.required}
        choices={[
          { value: "", label: p.required ? t("grants.pick") : t("grants.noneYet") },
          ...p.scopes.map((s) => ({
            value: keyOf(s),
            label: `${word("scope", s.scope)}: ${s.name}`,
          })),
        ]}
      />
      {value
        ? (
          <SelectField
            label={t("grants.role")}
            hint={word("roleNote", value.role)}
            value={value.role}
            onChange={(role) => p.onChange({ ...value, role: role as Role })}
            choices={rolesOf(value.scope).map((r) => ({ value: r, label: word("role", r) }))}
          />
        )
        : null}
    </div>
  );
}
