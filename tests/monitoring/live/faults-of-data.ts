// Faults of what is sent and kept: templates, credentials, dead letters, readers, the ledger, settings of
// Redis.

import { toDeliveryId } from "@postrider/shared/delivery";
import { ownLaneName } from "@postrider/shared/lanes";
import { bury } from "../../support/dead-letters.ts";
import { shardKeys } from "../../support/keys.ts";
import { customers } from "../../support/system.ts";
import { type Fault, keepDoing, NOTHING, people, unused } from "./fault.ts";

export const FAULTS_OF_DATA: readonly Fault[] = [
  {
    name: "a template that does not fit its customers, and a destination that refuses",
    alerts: ["TemplatesFail", "DeadLettersSpike"],
    async begin({ apply, producer }) {
      await apply("broken", "/ok", { body: "{{ customer.nobody_has_this }}" });
      await apply("refused", "/gone");
      return keepDoing(1_000, async () => {
        await producer.enqueueMany({ action: "broken", customers: people(60), run: unused("broken") });
        await producer.enqueueMany({ action: "refused", customers: people(60), run: unused("refused") });
      });
    },
  },
  {
    name: "token endpoints that refuse",
    alerts: ["TokensRefused"],
    async begin({ apply, producer, destinations }) {
      const ids = Array.from({ length: 20 }, (_, index) => `token-${index}`);
      for (const [index, id] of ids.entries())
        await apply(id, "/ok", {
          auth: {
            oauth2: {
              tokenUrl: `${destinations.origin(10 + index)}/token`,
              clientId: "us",
              clientSecret: "not-the-one",
            },
          },
        });
      return keepDoing(1_000, async () => {
        for (const action of ids)
          await producer.enqueueMany({ action, customers: people(2), run: unused("t") });
      });
    },
  },
  {
    name: "more dead letters than are kept",
    alerts: ["DeadLettersDropped"],
    async begin({ redis }) {
      await bury(redis, { count: 4_000, run: "buried", action: "receipt@1" });
      return NOTHING;
    },
  },
  {
    name: "readers and subscriptions that nobody serves",
    alerts: ["OutcomeReaderLags", "EventReaderLags", "SubscriptionLags", "SubscriptionHindered"],
    async begin({ producer, apply, redis }) {
      await apply("told", "/ok");
      await producer.outcomes.read({ group: "warehouse" });
      await producer.events.read({ group: "pager" });
      await producer.subscriptions.set("told", {
        action: "told",
        events: ["run.completed", "run.paused"],
        outcomes: {},
      });
      await producer.actions.archive("told");
      // As if so many more had been told: to tell them would take longer than all faults together.
      await redis.hincrby(shardKeys.totals(), "outcomes", 700_000);
      await redis.hincrby(shardKeys.totals(), "events", 40_000);
      return async () => {
        await producer.outcomes.removeGroup("warehouse");
        await producer.events.removeGroup("pager");
        await producer.subscriptions.remove("told");
      };
    },
  },
  {
    name: "deliveries that vanish from Redis",
    alerts: ["DeliveriesLost"],
    async begin({ producer, redis }) {
      await producer.enqueueMany({ action: "receipt", customers: customers(20), run: "lost", hold: true });
      const lane = ownLaneName("run", "lost");
      for (const at of [3, 7, 11]) {
        const id = toDeliveryId({ run: "lost", customerId: `c${at}` });
        for (const state of ["wait", "paused"]) await redis.lrem(shardKeys.ofLane(lane, state), 1, id);
        await redis.del(shardKeys.job(lane, id));
      }
      return async () => {
        await producer.enqueueMany({ action: "receipt", customers: customers(20), run: "lost", hold: true });
        await producer.runs.cancel("lost");
      };
    },
  },
  {
    name: "deliveries that the ledger does not know",
    alerts: ["DeliveriesSurplus"],
    async begin({ redis }) {
      // More than is in flight: that much may be on its way from one count to the other.
      const count = 50_000;
      await redis.hincrby(shardKeys.totals(), "ended", count);
      return async () => void (await redis.hincrby(shardKeys.totals(), "ended", -count));
    },
  },
  {
    name: "a lane that the registry forgot, and one that no worker serves",
    alerts: ["LanesHealed", "SharedLaneUnserved"],
    async begin({ producer, redis }) {
      const lane = ownLaneName("run", "forgotten");
      await redis.zadd(shardKeys.ownLaneChanges(), 1, lane);
      await redis.lpush(shardKeys.ofLane(lane, "wait"), "d");
      await producer.enqueueMany({ action: "receipt", lane: "bulkk", customers: people(5), run: "mistyped" });
      return async () => {
        await producer.runs.cancel("mistyped");
        await redis.lrem(shardKeys.ofLane(lane, "wait"), 1, "d");
      };
    },
  },
  {
    name: "a task that cannot be carried out",
    alerts: ["TasksFail"],
    async begin({ producer, redis }) {
      await redis.set(shardKeys.ofLane("odd", "failed"), "not a sorted set");
      await producer.tasks.begin({ do: "purge", filter: { lane: "odd" } }, "game day");
      return async () => void (await redis.del(shardKeys.ofLane("odd", "failed")));
    },
  },
  {
    name: "a Redis that may evict and writes nothing to disk",
    alerts: ["RedisMayEvict", "RedisNotPersistent"],
    async begin({ redis }) {
      const set = (name: string, value: string) => redis.config("SET", name, value);
      await set("maxmemory-policy", "allkeys-lru");
      await set("appendonly", "no");
      return async () => {
        await set("appendonly", "yes");
        await set("maxmemory-policy", "noeviction");
      };
    },
  },
];
