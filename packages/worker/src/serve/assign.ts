// Which own lanes a process serves when there are more than one process can hold: every process computes the
// same answer for all from the same list of processes (rendezvous hashing), so that nobody has to hand lanes
// out. Pure.

import { hash } from "node:crypto";

export interface Assignment {
  /** The lanes that this process serves. */
  readonly mine: readonly string[];
  /** Lanes that no process has room for now; their turn comes with the next epoch. */
  readonly unserved: number;
}

/**
 * Every process serves all lanes as long as it can hold them; else each lane is served by as many processes
 * as there is room for.
 * @param epoch changes now and then, so that where there is not even room for one process a lane, every lane
 * gets its turn.
 */
export function assignLanes(
  lanes: readonly string[],
  processes: readonly string[],
  self: string,
  lanesMax: number,
  epoch: number,
): Assignment {
  if (lanes.length <= lanesMax) return { mine: lanes, unserved: 0 };
  const all = processes.includes(self) ? processes : [...processes, self];
  const copies = Math.max(1, Math.floor((lanesMax * all.length) / lanes.length));
  const loads = new Map(all.map((process) => [process, 0]));
  // In an order that all processes share and that each epoch shuffles again: the one that comes last may find
  // no room.
  const servers = inOrder(lanes, (lane) => weigh(String(epoch), lane)).map((lane) => ({
    lane,
    processes: choose(
      inOrder(all, (process) => weigh(process, lane)),
      loads,
      { copies, lanesMax },
    ),
  }));
  return {
    mine: servers.filter((server) => server.processes.includes(self)).map(({ lane }) => lane),
    unserved: servers.filter((server) => server.processes.length === 0).length,
  };
}

/** The first so many that have room; each then has a lane more. */
function choose(
  processes: readonly string[],
  loads: Map<string, number>,
  { copies, lanesMax }: { copies: number; lanesMax: number },
): readonly string[] {
  const chosen = processes.filter((process) => (loads.get(process) ?? 0) < lanesMax).slice(0, copies);
  for (const process of chosen) loads.set(process, (loads.get(process) ?? 0) + 1);
  return chosen;
}

function inOrder(names: readonly string[], weight: (name: string) => string): string[] {
  return names
    .map((name) => ({ name, weight: weight(name) }))
    .sort((a, b) => (a.weight < b.weight ? -1 : 1))
    .map(({ name }) => name);
}

function weigh(process: string, lane: string): string {
  return hash("sha1", `${process}\0${lane}`, "hex");
}
