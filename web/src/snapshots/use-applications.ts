import { useCallback, useEffect, useState } from "react";
import { api, type ApiError } from "../api/client.ts";
import { connection } from "../api/live.ts";
import type { Application, List, Team } from "../api/types.ts";
import { asError } from "../api/use.ts";
import { natural } from "../core/names.ts";
import { useStore } from "../ui/use-store.ts";

export interface Applications {
  data: Application[] | null;
  teams: Team[] | null;
  error: ApiError | null;
  reload: () => void;
}

/** Every application that this user sees, over all teams, by name. */
export function useApplications(): Applications {
  const epoch = useStore(connection, (c) => c.epoch);
  const [round, setRound] = useState(0);
  const [state, setState] = useState<Omit<Applications, "reload">>(
    { data: null, teams: null, error: null },
  );
  useEffect(() => {
    const stop = new AbortController();
    const options = { signal: stop.signal };
    (async () => {
      const teams = (await api.get<List<Team>>("teams?limit=200", options)).items;
      const lists = await Promise.all(
        teams.map((team) =>
          api.get<List<Application>>(`teams/${team.id}/applications?limit=200`, options)
        ),
      );
      const data = lists.flatMap((l) => l.items).sort((a, b) => natural(a.name, b.name));
      setState({ data, teams, error: null });
    })().catch((e) => {
      if (!stop.signal.aborted) setState((s) => ({ ...s, error: asError(e) }));
    });
    return () => stop.abort();
  }, [epoch, round]);
  return { ...state, reload: useCallback(() => setRound((r) => r + 1), []) };
}
