// The first visit: what to do until something flows, each step a link to where it is done.

import { BIN_ORIGIN } from "@postrider/shared/request-bin-address";
import type { ComponentChildren } from "preact";
import { Badge } from "../../design/badge.tsx";
import { confirm } from "../../design/confirm.tsx";
import { toHref } from "../../platform/address.ts";
import { may, tellApi } from "../../session/session.ts";
import { useAsk } from "../../session/use-ask.ts";

export function FirstSteps() {
  const { data, again } = useAsk("listActions", {}, { everyMs: 5_000 });
  const first = data?.actions.find(({ archivedAt }) => archivedAt === null);
  const id = first?.id ?? "";
  return (
    <section class="steps" aria-label="First steps">
      <ol>
        <Step
          title="Write an action"
          state={first === undefined ? "next" : "done"}
          way={may("manage") && <Begin isFirst={first === undefined} done={again} />}
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

function Begin({ isFirst, done }: { readonly isFirst: boolean; readonly done: () => void }) {
  return (
    <>
      <a href="#/actions/~new">{isFirst ? "Write one" : "Write another one"}</a>
      {isFirst && (
        <>
          {" or "}
          <button type="button" class="plain" onClick={() => askPractice(done)}>
            make one to practise with
          </button>
        </>
      )}
    </>
  );
}

function askPractice(done: () => void): void {
  const url = `${BIN_ORIGIN}/${PRACTICE}`;
  confirm({
    title: "Make an action to practise with?",
    body: (
      <p>
        It is called <code>{PRACTICE}</code>, and sends into the built-in request bin, which shows what
        arrives and tells nobody else, so that you can try the whole way without a receiver of your own.
      </p>
    ),
    verb: "Save the action",
    async act() {
      await tellApi("saveAction", { params: { id: PRACTICE }, body: { url, body: BODY } as never });
      done();
    },
  });
}

const PRACTICE = "practice";
const BODY = '{"id": {{ customer.id }}, "greeting": "Hello {{ customer.name | default: "you" }}"}';

interface StepProps {
  readonly title: string;
  readonly state: "done" | "next" | "later";
  /** Where it is done in the console; nothing: it cannot be yet, or not with this token. */
  readonly way: ComponentChildren;
  readonly command: string;
  readonly children: ComponentChildren;
}

function Step({ title, state, way, command, children }: StepProps) {
  return (
    <li class={state}>
      <strong>{title}</strong> {state === "done" && <Badge state="done" tone="good" />}
      <span>{children}</span>
      {way && <span>{way}</span>}
      <span class="by-command">
        {way ? "Or by" : "By"} command: <code>{command}</code>
      </span>
    </li>
  );
}
