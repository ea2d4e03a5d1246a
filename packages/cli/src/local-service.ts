// The service straight on Redis: a producer, and what only this process can add to it.

import { setTimeout } from "node:timers/promises";
import { readLanesStatus } from "@postrider/producer/lanes-status";
import type { Producer } from "@postrider/producer/producer";
import type { ReaderOptions } from "@postrider/producer/reading/reader";
import type { Action } from "@postrider/shared/action";
import type { Settings } from "@postrider/shared/settings/settings";
import type { FollowOptions, Service, Told } from "./service.ts";
import { readPages } from "./told-pages.ts";

export function createLocalService(producer: Producer, settings: Settings): Service {
  const { outcomes, events, actions } = producer;
  return {
    ...producer,
    checkAction: async (ref) => void (await actions.get(ref)),
    async testSend(action, sample, to) {
      if (typeof action !== "string") return await sendWhole(settings, action, sample, to);
      const { compileAction } = await import("@postrider/compose/compile");
      return await sendWhole(settings, compileAction((await actions.open(action)).action).action, sample, to);
    },
    outcomes: toTold(outcomes, async (query) => {
      const { outcomes: entries, ...page } = await outcomes.read(query);
      return { entries, ...page };
    }),
    events: toTold(events, async (query) => {
      const { events: entries, ...page } = await events.read(query);
      return { entries, ...page };
    }),
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

type Reading<E> = ((options: ReaderOptions) => AsyncIterable<E>) &
  Pick<Producer["events"], "groups" | "removeGroup">;

function toTold<E>(reading: Reading<E>, page: Told<E>["page"]): Told<E> {
  return {
    page,
    groups: async () => (await reading.groups()).map(({ place: _, ...group }) => group),
    removeGroup: reading.removeGroup,
    follow(options) {
      const { group, after, ...rest } = options;
      return group !== undefined && after === undefined
        ? reading({ ...rest, group })
        : followPages(page, options);
    },
  };
}

/** How soon news are noticed. */
const IDLE_MS = 200;

async function* followPages<E>(page: Told<E>["page"], options: FollowOptions): AsyncGenerator<E> {
  const { signal } = options;
  for await (const entries of readPages(page, options)) {
    yield* entries;
    if (entries.length === 0)
      await setTimeout(IDLE_MS, undefined, { ...(signal && { signal }) }).catch(() => undefined);
  }
}
