// This process's part in carrying subscriptions: it looks again and again for what is new, and hands over to
// others when it ends.

import { randomUUID } from "node:crypto";
import type { Producer } from "@postrider/producer/producer";
import { repeat } from "@postrider/redis/periodic";
import { within } from "@postrider/redis/within";
import type { Logger } from "@postrider/shared/log";

/** How soon an event is on its way, at most. */
const LOOK_MS = 500;
/** Redis may be away; then others take over when this process's right has run out. */
const LET_GO_MS = 1_000;

export interface CarrierDuty {
  start(): void;
  /** Hands over, and resolves then. */
  close(): Promise<void>;
}

export function createCarrierDuty(producer: Producer, log: Logger): CarrierDuty {
  const carrier = producer.createCarrier(randomUUID());
  const onBug = (subscription: string, error: unknown): void =>
    log.error({ subscription, err: error }, "subscription not carried, by a bug; it is tried again");
  let isClosing = false;
  let looking: ReturnType<typeof repeat> | null = null;
  const turn = async (): Promise<void> => {
    while ((await carrier.turn(onBug)) && !isClosing);
  };
  return {
    start() {
      looking = repeat("subscriptions", LOOK_MS, turn, log);
    },
    async close() {
      isClosing = true;
      await looking?.stop();
      await within(LET_GO_MS, carrier.close());
    },
  };
}
