// The guard end to end, where the system itself tells the truth: in a network namespace of its own, in which
// every address is local. Nothing can leave it, and a listener on all addresses sees each connection that is
// made.

import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { startProcess } from "../support/processes.ts";
import { REACHED, URLS } from "./namespace-targets.ts";

const EVERYTHING_LOCAL =
  "ip link set lo up && ip route add local default dev lo && ip -6 route add local default dev lo";

const isPossible =
  spawnSync("unshare", ["--net", "sh", "-c", EVERYTHING_LOCAL], { stdio: "ignore" }).status === 0;
const skipped = isPossible ? "" : " (SKIPPED: this takes root, unshare and ip, to make a network namespace)";

test.skipIf(!isPossible)(
  `of all spellings and addresses only the public ones are connected to${skipped}`,
  async () => {
    const inside = `${EVERYTHING_LOCAL} && exec "$0" --conditions=@postrider/source --import tsx tests/egress/namespace-inside.ts`;
    await using child = startProcess("unshare", ["--net", "sh", "-c", inside, process.execPath]);
    child.endInput();
    const ended = await child.exited;
    expect(ended.code, child.stderr).toBe(0);
    const { findings, connections } = JSON.parse(child.stdout) as {
      findings: Record<string, string>;
      connections: string[];
    };

    expect([...new Set(connections)].sort()).toEqual(Object.values(REACHED).sort());
    for (const url of URLS) {
      const expected = url in REACHED ? "reached 200" : "address_forbidden";
      expect(findings[url], url).toBe(expected);
    }
    expect(Object.keys(findings)).toHaveLength(new Set(URLS).size);
  },
  60_000,
);
