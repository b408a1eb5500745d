import { useState } from "react";
import { api } from "../api/client.ts";
import type { Enrolment, EnrolmentToken } from "../api/types.ts";
import { useAction, useCalm, useList, useTopic } from "../api/use.ts";
import { t, word } from "../i18n/text.ts";
import { Button, LinkButton } from "../ui/button.tsx";
import { Removal } from "../ui/form-parts.tsx";
import { ListPanel } from "../ui/list.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { Empty } from "../ui/states.tsx";
import { Ago, Time } from "../ui/time.tsx";
import { toast } from "../ui/toast.tsx";

/** Devices that knock, and what was given out to let them in. */
export function RequestsPage() {
  const waiting = useList<Enrolment>("enrolments", { state: "pending" });
  const tokens = useList<EnrolmentToken>("enrolment-tokens");
  const refresh = useCalm(() => {
    waiting.reload();
    tokens.reload();
  });
  useTopic("enrolments", refresh);
  // An agent that came in by a token of FlowFuse's kinds has used it.
  useTopic("devices", refresh);
  const [revoking, setRevoking] = useState<EnrolmentToken | null>(null);
  const action = useAction();
  const decide = (e: Enrolment, verb: "approve" | "refuse") =>
    action.run(async () => {
      await api.post(`enrolments/${e.id}/${verb}`, {});
      toast(t(verb === "approve" ? "enrol.approved" : "enrol.refused"));
      waiting.reload();
    });
  return (
    <div className="page">
      <PageHead title={t("devices.requests")} note={t("enrol.requestsNote")}>
        <LinkButton kind="primary" icon="plus-lg" href="/devices/add">
          {t("devices.add")}
        </LinkButton>
      </PageHead>
      {action.error ? <ProblemNote error={action.error} /> : null}
      <h2 className="section-title">{t("enrol.waiting")}</h2>
      <ListPanel
        label={t("enrol.waiting")}
        list={waiting}
        id={(e) => e.id}
        nothing={<Empty icon="bell" title={t("enrol.nobody")}>{t("enrol.nobodyText")}</Empty>}
        columns={[
          { key: "name", title: t("name"), cell: (e) => e.facts.name ?? e.facts.serial ?? "–" },
          {
            key: "fingerprint",
            title: t("enrol.fingerprint"),
            cell: (e) => <code>{e.fingerprint}</code>,
          },
          {
            key: "address",
            title: t("device.address"),
            extra: true,
            cell: (e) => e.address ?? "–",
          },
          { key: "at", title: t("time"), extra: true, cell: (e) => <Ago at={e.createdAt} /> },
          {
            key: "tools",
            title: t("device.actions"),
            quiet: true,
            cell: (e) => (
              <span className="tools-row">
                <Button busy={action.busy} onClick={() => decide(e, "approve")}>
                  {t("enrol.approve")}
                </Button>
                <Button busy={action.busy} onClick={() => decide(e, "refuse")}>
                  {t("enrol.refuse")}
                </Button>
              </span>
            ),
          },
        ]}
      />
      <h2 className="section-title">{t("enrol.tokens")}</h2>
      <ListPanel
        label={t("enrol.tokens")}
        list={tokens}
        id={(k) => k.id}
        sortName="tokens"
        nothing={<Empty icon="key" title={t("enrol.noTokens")}>{t("enrol.noTokensText")}</Empty>}
        columns={[
          { key: "name", title: t("name"), sort: (k) => k.name, cell: (k) => k.name },
          { key: "kind", title: t("enrol.way"), cell: (k) => word("tokenKind", k.kind) },
          {
            key: "uses",
            title: t("enrol.usesLeft"),
            numeric: true,
            cell: (k) => t("enrol.usesOf", { left: k.usesLeft, most: k.uses }),
          },
          {
            key: "expires",
            title: t("expires"),
            extra: true,
            cell: (k) =>
              k.revokedAt
                ? t("device.revoked")
                : k.expiresAt
                ? <Time at={k.expiresAt} />
                : t("never"),
          },
          { key: "by", title: t("user"), extra: true, cell: (k) => k.createdBy },
          {
            key: "tools",
            title: t("device.actions"),
            quiet: true,
            cell: (k) =>
              k.state !== "open" ? null : (
                <Button
                  kind="quiet"
                  icon="trash"
                  label={t("enrol.revokeToken", { name: k.name })}
                  onClick={() => setRevoking(k)}
                />
              ),
          },
        ]}
      />
      {revoking
        ? (
          <Removal
            path={`enrolment-tokens/${revoking.id}`}
            title={t("enrol.revokeAsk", { name: revoking.name })}
            text={t("enrol.revokeText")}
            verb={t("enrol.revoke")}
            onClose={() => setRevoking(null)}
            onDone={() => {
              setRevoking(null);
              tokens.reload();
            }}
          />
        )
        : null}
    </div>
  );
}
