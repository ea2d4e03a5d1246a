// A producer for the time of one command.

import { createProducer, type Producer } from "@postrider/producer/producer";
import type { Settings } from "@postrider/shared/settings/settings";

/** Connects, does the work, and closes whatever happens. */
export async function withProducer<T>(
  { redisUrl, keyPrefix, customersKeptMs, backlogMax, secretKeys, sealCustomers }: Settings,
  work: (producer: Producer) => Promise<T>,
): Promise<T> {
  const producer = await createProducer({
    redis: redisUrl,
    keyPrefix,
    customersKeptMs,
    backlogMax,
    secretKeys,
    sealCustomers,
  });
  try {
    return await work(producer);
  } finally {
    await producer.close();
  }
}
