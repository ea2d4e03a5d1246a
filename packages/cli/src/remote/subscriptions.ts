// Subscriptions through the API.

import type { Operations } from "@postrider/client/generated";
import { checkSubscription, type Subscription } from "@postrider/producer/subscriptions/subscriptions";
import { hasCode } from "@postrider/shared/errors";
import type { Service } from "../service.ts";
import { toMs } from "./times.ts";
import type { Remote } from "./told-as-ours.ts";

export function createRemoteSubscriptions({ call }: Remote): Service["subscriptions"] {
  const get = async (id: string): Promise<Subscription> =>
    toSubscription(await call("getSubscription", { params: { id } }));
  return {
    get,
    async list() {
      const { subscriptions } = await call("listSubscriptions");
      return subscriptions.map(toSubscription);
    },
    async set(id, document) {
      checkSubscription(id, document);
      // The reply is the same for a new one and a changed one: whether it was there tells which.
      const isNew = await isUnknown(get(id));
      const told = await call("saveSubscription", { params: { id }, body: document });
      return { subscription: toSubscription(told), isNew };
    },
    remove: async (id) => void (await call("removeSubscription", { params: { id } })),
    async test(id, type) {
      const body = type === undefined ? {} : { type };
      return (await call("testSubscription", { params: { id }, body })).delivery;
    },
  };
}

async function isUnknown(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked;
    return false;
  } catch (error) {
    if (hasCode(error, "subscription_unknown")) return true;
    throw error;
  }
}

/** In the order of a producer's own. */
function toSubscription(told: Operations["getSubscription"]["reply"]): Subscription {
  const { id, action, events, outcomes, createdAt, updatedAt, unread, missed, problem, recent } = told;
  const lastFailure = recent?.lastFailure ?? null;
  return {
    ...{ id, action, events, outcomes },
    createdAt: toMs(createdAt),
    updatedAt: toMs(updatedAt),
    ...{ unread, missed },
    problem: problem === null ? null : { ...problem, at: toMs(problem.at) },
    recent: recent && { ...recent, lastFailure: lastFailure && { ...lastFailure, at: toMs(lastFailure.at) } },
  } as Subscription;
}
