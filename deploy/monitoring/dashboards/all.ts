// All dashboards, and the files that Grafana reads.

import { type Board, toDashboard } from "../dashboard.ts";
import { api } from "./api.ts";
import { destinations } from "./destinations.ts";
import { overview } from "./overview.ts";
import { redis } from "./redis.ts";
import { runs } from "./runs.ts";
import { worker } from "./worker.ts";

export const BOARDS: readonly Board[] = [overview, destinations, runs, worker, redis, api];

/** Texts by file name. */
export function renderDashboards(): Record<string, string> {
  return Object.fromEntries(
    BOARDS.map((board) => [`${board.id}.json`, `${JSON.stringify(toDashboard(board), null, 2)}\n`]),
  );
}
