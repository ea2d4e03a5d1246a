// What a producer counts for the charts: what it takes in, and what it ends.

import type { RollUps } from "@postrider/redis/roll-ups";
import type { Admit } from "@postrider/redis/scripts/admit";
import type { Withdraw } from "@postrider/redis/scripts/withdraw";
import { toLaneLabel } from "@postrider/shared/lanes";

/** An admission that counts what is new. */
export function countEnqueued(admit: Admit, rollUps: RollUps): Admit {
  return async (admissions, entrance) => {
    const admitted = await admit(admissions, entrance);
    rollUps.add({
      // What enters a lane together has its action in common.
      action: admissions[0]?.delivery.action ?? null,
      destination: null,
      lane: toLaneLabel(entrance.queue.name),
      run: entrance.run ?? null,
      reason: null,
      enqueued: admitted.enqueued,
      sendMs: null,
      outcome: null,
      isRetry: false,
      latencyMs: null,
    });
    return admitted;
  };
}

/** A withdrawal that counts the outcomes. */
export function countWithdrawn(withdraw: Withdraw, rollUps: RollUps): Withdraw {
  return async (entries) => {
    const written = await withdraw(entries);
    for (const [index, { claimed, outcome }] of entries.entries()) {
      if (written[index] !== "written" || outcome === null) continue;
      rollUps.add({
        action: claimed.delivery.action ?? null,
        destination: null,
        lane: toLaneLabel(claimed.lane),
        run: claimed.delivery.run ?? null,
        reason: outcome.reason,
        enqueued: 0,
        sendMs: null,
        outcome: outcome.outcome,
        isRetry: false,
        latencyMs: null,
      });
    }
    return written;
  };
}
