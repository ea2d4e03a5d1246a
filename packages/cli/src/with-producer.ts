// A producer for the time of one command.

import { createProducer, type Producer } from "@postrider/producer/producer";
import type { Settings } from "@postrider/shared/settings/settings";

/** Connects, does the work, and closes whatever happens. */
export async function withProducer<T>(
  settings: Settings,
  work: (producer: Producer) => Promise<T>,
): Promise<T> {
  const producer = await createProducer({ ...settings, redis: settings.redisUrl });
  try {
    return await work(producer);
  } finally {
    await producer.close();
  }
}
