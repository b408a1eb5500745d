import { useEffect, useMemo, useState } from "react";
import { api, type ApiError } from "../api/client.ts";
import type { Comparison, MatchBy, SideRef } from "../api/types.ts";
import { asError } from "../api/use.ts";
import { type FlowModel, layOut, modelOf, type RawNode, readFlows } from "../core/flow-model.ts";
import { canvasMeasure } from "../core/flow-text.ts";

export type SideKind = "version" | "snapshot" | "instance" | "file";

const KINDS: readonly SideKind[] = ["version", "snapshot", "instance", "file"];

/** A side as it stands in an address: `version:ID`. Files stay in this tab alone. */
export interface Side {
  kind: SideKind;
  id: string;
}

export function parseSide(text: string): Side | null {
  const at = text.indexOf(":");
  const kind = KINDS.find((k) => k === text.slice(0, at));
  return kind && at < text.length - 1 ? { kind, id: text.slice(at + 1) } : null;
}

export function sideText(side: Side): string {
  return `${side.kind}:${side.id}`;
}

export function compareUrl(from: Side, to: Side): string {
  return `/compare?from=${sideText(from)}&to=${sideText(to)}`;
}

interface PickedFile {
  name: string;
  flows: RawNode[];
}

const files = new Map<string, PickedFile>();

/** Keeps a file for as long as this tab stands; the server gets it only to compare it. */
export function keepFile(name: string, flows: unknown[]): Side {
  const id = String(files.size + 1);
  files.set(id, { name, flows: readFlows(flows) });
  return { kind: "file", id };
}

export function keptFile(side: Side): PickedFile | null {
  return side.kind === "file" ? files.get(side.id) ?? null : null;
}

function refOf(side: Side): SideRef | null {
  if (side.kind === "version") return { version: side.id };
  if (side.kind === "snapshot") return { snapshot: side.id };
  if (side.kind === "instance") return { instance: side.id };
  const file = files.get(side.id);
  return file ? { flows: file.flows, name: file.name } : null;
}

export interface Compared {
  data: Comparison | null;
  error: ApiError | null;
  loading: boolean;
  /** Which sides are files that this tab no longer holds. */
  lost: { from: boolean; to: boolean };
  reload: () => void;
}

/** Asks for the comparison whenever a side or the way of matching changes. */
export function useComparison(from: Side | null, to: Side | null, match: MatchBy): Compared {
  const [round, setRound] = useState(0);
  const [state, setState] = useState<
    { for: string; data: Comparison | null; error: ApiError | null } | null
  >(null);
  const lost = {
    from: from?.kind === "file" && !keptFile(from),
    to: to?.kind === "file" && !keptFile(to),
  };
  const key = from && to && !lost.from && !lost.to
    ? `${sideText(from)} ${sideText(to)} ${match}`
    : null;
  useEffect(() => {
    if (!key || !from || !to) return;
    const stop = new AbortController();
    api.post<Comparison>("comparisons", { from: refOf(from), to: refOf(to), match }, {
      signal: stop.signal,
      timeout: 60_000,
    }).then(
      (data) => setState({ for: key, data, error: null }),
      (e) => {
        if (!stop.signal.aborted) setState({ for: key, data: null, error: asError(e) });
      },
    );
    return () => stop.abort();
  }, [key, round]);
  const mine = state?.for === key ? state : null;
  return {
    data: mine?.data ?? null,
    error: mine?.error ?? null,
    loading: key !== null && mine === null,
    lost,
    reload: () => setRound((r) => r + 1),
  };
}

export interface Flows {
  model: FlowModel | null;
  error: ApiError | null;
  reload: () => void;
}

const NEVER: Flows = { model: null, error: null, reload: () => {} };

/** The flows behind a side, laid out and ready to be drawn. */
export function useFlows(side: Side | null, url: string | null): Flows {
  const [round, setRound] = useState(0);
  const [state, setState] = useState<
    { for: string; flows: RawNode[] | null; error: ApiError | null } | null
  >(null);
  const file = side ? keptFile(side) : null;
  const path = url?.replace(/^\/api\/v1\//, "") ?? null;
  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    api.get<unknown>(path, { signal: stop.signal, timeout: 120_000 }).then(
      (json) => setState({ for: path, flows: readFlows(json), error: null }),
      (e) => {
        if (!stop.signal.aborted) setState({ for: path, flows: null, error: asError(e) });
      },
    );
    return () => stop.abort();
  }, [path, round]);
  const flows = file ? file.flows : state?.for === path ? state.flows : null;
  const model = useMemo(() => flows ? drawnModel(flows) : null, [flows]);
  if (!side) return NEVER;
  return {
    model,
    error: !file && state?.for === path ? state.error : null,
    reload: () => setRound((r) => r + 1),
  };
}

export function drawnModel(flows: readonly RawNode[]): FlowModel {
  const model = modelOf(flows);
  for (const c of model.containers) layOut(c, canvasMeasure());
  return model;
}
