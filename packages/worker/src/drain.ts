// What is in flight when a worker is told to stop: it may end within the grace period, and is called off
// then.

import type { Logger } from "@postrider/shared/log";
import type { Settings } from "@postrider/shared/settings/settings";
import { NOT_SENT } from "./attempt.ts";
import type { Interrupts } from "./interrupts.ts";
import type { Pools } from "./send/pool/pools.ts";
import { send } from "./send/send.ts";
import { createSendLimits } from "./send/send-limits.ts";
import type { Send } from "./steps/send.ts";

/**
 * What becomes of deliveries that were still being composed, or waited for a token, when the others were
 * called off.
 */
const CALLED_OFF = Promise.resolve({ finding: { kind: "interrupted" }, ...NOT_SENT } as const);

export interface Sending {
  readonly settings: Settings;
  readonly pools: Pools;
  readonly interrupts: Interrupts;
  readonly calling: Draining["calling"];
}

/** Sends until it is called off. */
export function toSend({ settings, pools, interrupts, calling }: Sending): Send {
  const limitsOf = createSendLimits(settings.replyBytesMax);
  return (request, compiled, leftMs) =>
    calling.isOff ? CALLED_OFF : send(request, limitsOf(compiled), leftMs, pools, interrupts);
}

/**
 * To hand back what the grace period has left over takes Redis some milliseconds; a Redis that is away takes
 * for ever.
 */
const HAND_BACK_MS = 2_000;

export interface Draining {
  readonly closeLanes: () => Promise<unknown>;
  readonly interrupts: Interrupts;
  /** Once off, nothing more is sent. */
  readonly calling: { isOff: boolean };
  readonly log: Logger;
}

/** After the grace period each attempt in flight is called off and its delivery handed back to its lane. */
export async function drain(
  { closeLanes, interrupts, calling, log }: Draining,
  graceMs: number,
): Promise<void> {
  const calledOff = setTimeout(() => {
    calling.isOff = true;
    log.warn({ inFlight: interrupts.count() }, "grace period over; handing back what is in flight");
    interrupts.interruptAll();
  }, graceMs);
  let giveUp: NodeJS.Timeout | undefined;
  const tooLate = new Promise<"late">((resolve) => {
    giveUp = setTimeout(resolve, graceMs + HAND_BACK_MS, "late");
  });
  if ((await Promise.race([closeLanes(), tooLate])) === "late")
    log.warn("Redis does not answer; what was claimed is taken up by others when its claim runs out");
  clearTimeout(calledOff);
  clearTimeout(giveUp);
}
