// Prometheus' own checker of what a process exposes.

import { hasApt, installWithApt } from "../../packages/cli/src/redis/apt.ts";
import { findOnPath } from "../../packages/cli/src/redis/redis-server.ts";
import { startProcess } from "./processes.ts";

/**
 * The program of this machine, installed with apt-get where that can be done; null: there is none to be had
 * here.
 */
export function providePromtool(): string | null {
  const find = () => findOnPath(["promtool"], process.env["PATH"] ?? "");
  const found = find();
  if (found !== null || !hasApt()) return found;
  console.log("promtool: none here; installing prometheus with apt-get");
  return installWithApt("prometheus") ? find() : null;
}

/**
 * Checks a page of metrics. @returns what it says against the page, and its exit code, which is 0 when that
 * is nothing.
 */
export async function checkMetrics(promtool: string, page: string) {
  await using child = startProcess(promtool, ["check", "metrics"]);
  child.write(page);
  child.endInput();
  const { code } = await child.exited;
  return { code, said: child.stdout + child.stderr };
}
