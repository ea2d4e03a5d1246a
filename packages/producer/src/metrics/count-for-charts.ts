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

/** A withdrawal that counts the outcome. */
export function countWithdrawn(withdraw: Withdraw, rollUps: RollUps): Withdraw {
  return async (entry) => {
    const written = await withdraw(entry);
    const { lane, delivery } = entry.claimed;
    if (written !== "written" || entry.outcome === null) return written;
    rollUps.add({
      action: delivery.action ?? null,
      destination: null,
      lane: toLaneLabel(lane),
      run: delivery.run ?? null,
      reason: entry.outcome.reason,
      enqueued: 0,
      sendMs: null,
      outcome: entry.outcome.outcome,
      isRetry: false,
      latencyMs: null,
    });
    return written;
  };
}
