// What is still known of a delivery that has ended. The delivery itself is gone then; the outcomes tell whose
// it was, and they are found by the time of its end.

import type { Operations } from "@postrider/client/generated";
import { useAsk } from "../../session/use-ask.ts";
import type { Delivery } from "./delivery-switches.tsx";

type Reply = Operations["listDeliveries"]["reply"];

export interface Kept {
  readonly customerId: Delivery["customerId"];
  readonly action: string | null;
  readonly run: string | null;
  /** Why nothing is told of them, where it is not that nothing is kept; null: there is no such cause. */
  readonly unsure: string | null;
}

/** Outcomes are told after the end, by another clock. */
const AROUND_MS = 1_000;
/** As many as a page holds. */
const LIMIT = 1_000;

export function useKept({ id, state, outcome, customerId, action, run }: Delivery): Kept {
  const isGone = state === "ended" && outcome !== null;
  const around = (ms: number) => outcome && new Date(Date.parse(outcome.endedAt) + ms).toISOString();
  const [from, to] = [around(-AROUND_MS), around(AROUND_MS)];
  const { data, error } = useAsk(
    "listDeliveries",
    {
      query: {
        outcome: outcome?.outcome,
        reason: outcome?.reason,
        from: from ?? undefined,
        to: to ?? undefined,
        limit: LIMIT,
      },
    },
    { isOn: isGone },
  );
  const listed = isGone ? data?.deliveries.find((one) => one.id === id) : undefined;
  if (listed !== undefined) return { ...listed, unsure: null };
  const unsure = isGone ? sayUnsure(data, error !== null) : null;
  return { customerId, action, run: run?.run ?? null, unsure };
}

function sayUnsure(data: Reply | null, isRefused: boolean): string | null {
  if (isRefused) return "could not be read";
  if (data === null) return "…";
  return data.after === null ? null : "not found among all that ended then";
}
