// Above an action that has just been saved: which version it is now, and where to go on from here.

import { toHref } from "../../platform/address.ts";
import { may } from "../../session/session.ts";
import { useAsk } from "../../session/use-ask.ts";

interface Props {
  readonly id: string;
  readonly version: string;
}

export function JustSaved({ id, version }: Props) {
  const { data } = useAsk("listDeadLetters", { query: { action: id, limit: 1 } });
  const hasLetters = data !== null && data.deadLetters.length > 0;
  return (
    <section class="note stack" aria-label="What comes next">
      <p role="status">
        <strong>Saved as version {version}.</strong>
      </p>
      <div class="form-foot">
        {may("enqueue") && (
          <a class="button primary" href={toHref(["runs", "~new"], { action: id })}>
            Send a run …
          </a>
        )}
        <a class="button" href={toHref(["actions", id], { tab: "try" })}>
          Test send
        </a>
      </div>
      {hasLetters && (
        <p>
          Deliveries of this action have failed before:{" "}
          <a href={toHref(["dead-letters"], { action: id })}>its dead letters</a>. Those that are replayed
          with the present version are composed with what you have just saved.
        </p>
      )}
    </section>
  );
}
