// Composing, with its time and its failures counted.

import type { Composer } from "@postrider/compose/apart/composer";
import type { Composed } from "@postrider/compose/request";
import type { AttemptMetrics } from "./attempt-metrics.ts";

type Counting = Pick<AttemptMetrics, "composed" | "composeFailed">;

/** The same composition; what composes at once costs two looks at the clock more. */
export function measureCompose(compose: Composer["compose"], metrics: Counting): Composer["compose"] {
  return (action, facts, scope) => {
    const startedAt = performance.now();
    const composed = compose(action, facts, scope);
    if (!(composed instanceof Promise)) return count(composed, startedAt, metrics);
    return composed.then((late) => count(late, startedAt, metrics));
  };
}

function count(composed: Composed, startedAt: number, metrics: Counting): Composed {
  // Cut short by the end of the worker: that says nothing of the template.
  if (composed.kind === "problem" && composed.passes === "interrupted") return composed;
  metrics.composed(performance.now() - startedAt);
  if (composed.kind === "problem") metrics.composeFailed(composed.reason);
  return composed;
}
