// Faults of several shards. They befall an installation of their own, with an API alone, since what all other
// faults are told by has one Redis: that it is away is a fault of its own.

import { findOnPath, startRedisServer } from "../../../packages/cli/src/redis/redis-server.ts";
import { eventually } from "../../support/eventually.ts";
import { keyPrefix } from "../../support/key-prefix.ts";
import { startPostrider } from "../../support/processes.ts";
import { all, type Fault } from "./fault.ts";

const SHARDS = 2;

export const FAULTS_OF_SHARDS: readonly Fault[] = [
  {
    name: "one Redis of two that is away",
    alerts: ["ShardAway"],
    async begin({ environment, spareApiPort }) {
      const binary = findOnPath(["redis-server", "valkey-server"], process.env["PATH"] ?? "");
      if (binary === null) throw new Error("redis-server is not on the PATH");
      const [first, second] = await Promise.all([startRedisServer({ binary }), startRedisServer({ binary })]);
      const api = startPostrider(["api"], {
        ...environment,
        POSTRIDER_REDIS_URL: `${first.url} ${second.url}`,
        POSTRIDER_SHARDS: String(SHARDS),
        POSTRIDER_KEY_PREFIX: `${keyPrefix}-shards`,
        POSTRIDER_API_HOST: "127.0.0.1",
        POSTRIDER_API_PORT: String(spareApiPort),
      });
      // It knows of both before it loses one.
      await eventually(async () => {
        const metrics = await fetch(`http://127.0.0.1:${spareApiPort}/metrics`);
        if (!/^postrider_shards_away 0$/m.test(await metrics.text())) throw new Error("it is not ready yet");
      });
      await second.kill();
      return all(
        async () => {
          api.kill("SIGTERM");
          await api.exited;
        },
        () => first.stop(),
        () => second.stop(),
      );
    },
  },
];
