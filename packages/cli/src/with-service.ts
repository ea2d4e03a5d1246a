// A service for the time of one command: through the HTTP API that POSTRIDER_URL names, or straight on Redis.
// The only place that chooses, and each is loaded once it is chosen: help and completion wait for neither.

import type { Settings } from "@postrider/shared/settings/settings";
import type { Service } from "./service.ts";
import { withProducer } from "./with-producer.ts";
import { withTracing } from "./with-tracing.ts";

/** What a command prints is its result; that spans were lost is none of it. */
const UNSAID = { warn: () => undefined, info: () => undefined };

/** Does some work with a service, and closes what it took whatever happens. */
export type WithService = <T>(work: (service: Service) => Promise<T>) => Promise<T>;

/** Loads the service, for those to whom the time for that is no part of what the work may take. */
export async function loadService(settings: Settings): Promise<WithService> {
  if (settings.url !== "") {
    const { createRemoteService } = await import("./remote/remote-service.ts");
    return (work) => work(createRemoteService(settings));
  }
  const [{ createLocalService }] = await Promise.all([
    import("./local-service.ts"),
    import("@postrider/producer/producer"),
  ]);
  return (work) =>
    withTracing(settings, "cli", UNSAID, () =>
      withProducer(settings, (producer) => work(createLocalService(producer, settings))),
    );
}

/** Loads the service, and does the work with it. */
export async function withService<T>(settings: Settings, work: (service: Service) => Promise<T>): Promise<T> {
  return await (await loadService(settings))(work);
}

/** Sends an action's request once. What is not saved anywhere needs neither Redis nor an API. */
export const testSend =
  (settings: Settings): Service["testSend"] =>
  async (action, sample, to) => {
    if (settings.url !== "" || typeof action === "string")
      return await withService(settings, (service) => service.testSend(action, sample, to));
    const { sendWhole } = await import("./local-service.ts");
    return await sendWhole(settings, action, sample, to);
  };
