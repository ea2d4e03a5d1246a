// The service straight on Redis: a producer, and what only this process can add to it.

import { setTimeout } from "node:timers/promises";
import { readLanesStatus } from "@postrider/producer/lanes-status";
import type { ReadOutcome } from "@postrider/producer/outcomes/outcomes";
import type { Producer } from "@postrider/producer/producer";
import type { Action } from "@postrider/shared/action";
import type { Settings } from "@postrider/shared/settings/settings";
import type { FollowOptions, Service } from "./service.ts";

export function createLocalService(producer: Producer, settings: Settings): Service {
  const { outcomes, actions } = producer;
  return {
    ...producer,
    checkAction: async (ref) => void (await actions.get(ref)),
    async testSend(action, sample, to) {
      if (typeof action !== "string") return await sendWhole(settings, action, sample, to);
      const { compileAction } = await import("@postrider/compose/compile");
      return await sendWhole(settings, compileAction((await actions.open(action)).action).action, sample, to);
    },
    outcomes: {
      read: outcomes.read,
      groups: async () => (await outcomes.groups()).map(({ place: _, ...group }) => group),
      removeGroup: outcomes.removeGroup,
      follow(options) {
        const { group, after, ...rest } = options;
        return group !== undefined && after === undefined
          ? outcomes({ ...rest, group })
          : followPages(outcomes, options);
      },
    },
    status: (query) => readLanesStatus(producer, query),
    laneNames: async () => {
      const { lanes } = producer;
      return [...new Set([...(await lanes.known()), ...(await lanes.served())])];
    },
    // The command has done its work; a Redis that goes away right after it does not change that.
    isServed: async (lane) => (await producer.lanes.served().catch(() => [lane])).includes(lane),
  };
}

/** Sends the request of an action that is at hand whole: that needs no Redis. */
export async function sendWhole(
  settings: Settings,
  action: Action,
  sample: Parameters<Service["testSend"]>[1],
  to: string | undefined,
): ReturnType<Service["testSend"]> {
  const { testAction } = await import("@postrider/worker/test-send");
  return await testAction(to === undefined ? action : { ...action, url: to }, sample, settings);
}

/** How soon a new outcome is noticed. */
const IDLE_MS = 200;

async function* followPages(
  outcomes: Producer["outcomes"],
  { group, after, start, onMissed, signal }: FollowOptions,
): AsyncGenerator<ReadOutcome> {
  let cursor = after;
  while (signal?.aborted !== true) {
    const page = await outcomes.read({
      ...(start !== undefined && { start }),
      ...(group !== undefined && { group }),
      ...(cursor !== undefined && { after: cursor }),
    });
    if (page.missed !== 0) onMissed(page.missed);
    yield* page.outcomes;
    cursor = page.after;
    if (page.outcomes.length === 0)
      await setTimeout(IDLE_MS, undefined, { ...(signal && { signal }) }).catch(() => undefined);
  }
}
