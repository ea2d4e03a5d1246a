// How far a run is: what was delivered, what ended otherwise, and what is left, as one bar with its numbers
// in words.

import { showCount, showShare } from "../words/numbers.ts";

export interface Counted {
  readonly enqueued: number;
  readonly delivered: number;
  readonly failed: number;
  readonly expired: number;
  readonly cancelled: number;
}

export function Progress({ of, isLarge = false }: { readonly of: Counted; readonly isLarge?: boolean }) {
  const { enqueued, delivered, failed, expired, cancelled } = of;
  const other = expired + cancelled;
  const ended = delivered + failed + other;
  const width = (part: number) => ({ width: `${enqueued === 0 ? 0 : (part / enqueued) * 100}%` });
  const text = `${showCount(ended)} of ${showCount(enqueued)} ended, ${showCount(failed)} failed`;
  return (
    <div class={isLarge ? "progress large" : "progress"}>
      <div class="bar" role="img" aria-label={text}>
        <span class="delivered" style={width(delivered)} />
        <span class="failed" style={width(failed)} />
        <span class="other" style={width(other)} />
      </div>
      <span class="progress-text">{showShare(ended, enqueued)}</span>
    </div>
  );
}
