// The first visit: what to do until something flows.

import { useAsk } from "../../session/use-ask.ts";

export function FirstSteps() {
  const { data } = useAsk("listActions", {}, { everyMs: 5_000 });
  const [first] = data?.actions ?? [];
  return (
    <section class="steps" aria-label="First steps">
      <ol>
        <li class={first === undefined ? "next" : "done"}>
          <strong>Write an action</strong>
          <span>
            The request that each customer triggers, as a JSON document:{" "}
            <code>postrider actions apply FILE</code>
          </span>
        </li>
        <li class={first === undefined ? "" : "next"}>
          <strong>Try it with one customer</strong>
          <span>
            {first === undefined ? (
              "Preview what would be sent, then send it once"
            ) : (
              <a href={`#/actions/${first.id}?tab=try`}>Preview {first.id}, then send it once</a>
            )}
          </span>
        </li>
        <li>
          <strong>Send a run</strong>
          <span>
            A file with one customer a line: <code>postrider enqueue ACTION --customers FILE</code>. It
            appears here.
          </span>
        </li>
      </ol>
    </section>
  );
}
