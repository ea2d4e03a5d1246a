// The first visit: what to do until something flows, each step a link to where it is done.

import type { ComponentChildren } from "preact";
import { toHref } from "../../platform/address.ts";
import { may } from "../../session/session.ts";
import { useAsk } from "../../session/use-ask.ts";

export function FirstSteps() {
  const { data } = useAsk("listActions", {}, { everyMs: 5_000 });
  const first = data?.actions.find(({ archivedAt }) => archivedAt === null);
  const id = first?.id ?? "";
  return (
    <section class="steps" aria-label="First steps">
      <ol>
        <Step
          title="Write an action"
          state={first === undefined ? "next" : "done"}
          way={may("manage") && <a href="#/actions/~new">Begin with an example</a>}
          command="postrider actions apply FILE"
        >
          The request that each customer triggers.
        </Step>
        <Step
          title="Send it once"
          state={first === undefined ? "later" : "next"}
          way={first && may("manage") && <a href={toHref(["actions", id], { tab: "try" })}>Try {id}</a>}
          command="postrider actions test ACTION"
        >
          See the request and the reply as they are, for one customer.
        </Step>
        <Step
          title="Send a run"
          state={first === undefined ? "later" : "next"}
          way={
            first &&
            may("enqueue") && (
              <a href={toHref(["runs", "~new"], { action: id, sample: "true" })}>
                With two customers, or a file
              </a>
            )
          }
          command="postrider enqueue ACTION --customers FILE"
        >
          The same for every customer of a file: tried dry, then sent, and watched here.
        </Step>
      </ol>
    </section>
  );
}

interface StepProps {
  readonly title: string;
  readonly state: "done" | "next" | "later";
  /** Where it is done; nothing: it cannot be yet, or not with this token. */
  readonly way: ComponentChildren;
  readonly command: string;
  readonly children: ComponentChildren;
}

function Step({ title, state, way, command, children }: StepProps) {
  return (
    <li class={state}>
      <strong>{title}</strong>
      <span>{children}</span>
      <span>{way || <code>{command}</code>}</span>
    </li>
  );
}
