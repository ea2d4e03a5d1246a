// The request bin as a destination of deliveries: they are taken within this process, and the latest of them
// kept for people to look at. Everything else of a delivery is as with any destination.

import type { BinArrivals } from "@postrider/redis/bin-arrivals";
import { toKept } from "@postrider/shared/bin-arrived";
import type { Logger } from "@postrider/shared/log";
import { BIN_ORIGIN } from "@postrider/shared/request-bin-address";
import type { Interrupts } from "../../interrupts.ts";
import type { Send } from "../../steps/send.ts";
import { send } from "../send.ts";
import { createSendLimits } from "../send-limits.ts";
import { createRequestBin } from "./request-bin.ts";

export interface RunBinOptions {
  readonly arrivals: Pick<BinArrivals, "keep">;
  readonly interrupts: Interrupts;
  readonly replyBytesMax: number;
  readonly log: Logger;
  readonly now: () => number;
}

/** A person looks at a hundred at most; a run of a million is not to write them all. */
const KEPT_PER_SECOND = 20;

/** Sends to the bin what has its address, and all else as before. */
export function withBin(sendOut: Send, options: RunBinOptions): Send {
  const sendIn = createSendIn(options);
  return (request, compiled, leftMs) =>
    request.origin === BIN_ORIGIN ? sendIn(request, compiled, leftMs) : sendOut(request, compiled, leftMs);
}

function createSendIn({ arrivals, interrupts, replyBytesMax, log, now }: RunBinOptions): Send {
  const limitsOf = createSendLimits(replyBytesMax);
  let second = 0;
  let kept = 0;
  const isKept = (at: number): boolean => {
    const current = Math.floor(at / 1_000);
    if (current !== second) [second, kept] = [current, 0];
    kept += 1;
    return kept <= KEPT_PER_SECOND;
  };
  return async (request, compiled, leftMs) => {
    const { action, secretHeaders } = compiled;
    const bin = createRequestBin(200);
    try {
      const sent = await send(request, limitsOf(compiled), leftMs, bin.pools, interrupts);
      const arrived = bin.arrived();
      const at = now();
      if (arrived !== null && isKept(at))
        await arrivals
          .keep(toKept(arrived, action, secretHeaders, at))
          // It has arrived all the same: that nobody can look at it is no fault of the delivery.
          .catch((error: unknown) => log.debug({ detail: String(error) }, "request bin not written"));
      return sent;
    } finally {
      await bin.close();
    }
  };
}
