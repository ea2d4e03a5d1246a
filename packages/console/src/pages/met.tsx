// What the first of some dead letters met: the last reply of each, and the body that was sent, side by side,
// so that the cause is seen without opening one after the other.

import type { DeadLetter } from "@postrider/client/generated";
import { Time } from "../design/clock.tsx";
import { Block, Data } from "../design/data.tsx";
import { Panel } from "../design/panel.tsx";
import { Waiting } from "../design/waiting.tsx";
import { useAsk } from "../session/use-ask.ts";
import { makeVisible } from "../words/visible.ts";
import { sayFinding, type Told } from "./deliveries/attempt-words.ts";
import { deliveryHref } from "./links.ts";

const SHOWN = 3;

export function FirstMet({ letters }: { readonly letters: readonly DeadLetter[] }) {
  if (letters.length === 0) return null;
  return (
    <Panel title="What the latest of them met" isWide>
      <div class="met">
        {letters.slice(0, SHOWN).map((letter) => (
          <OneMet key={letter.id} letter={letter} />
        ))}
      </div>
    </Panel>
  );
}

function OneMet({ letter: { id, customerId, failedAt } }: { readonly letter: DeadLetter }) {
  const asked = useAsk("getDeadLetter", { params: { id } });
  return (
    <article>
      <p class="timeline-head">
        <a href={deliveryHref(id)}>
          <Data of={customerId} />
        </a>
        <Time at={failedAt} />
      </p>
      <Waiting asked={asked}>
        {({ history, request, problems }) => {
          const last = history.at(-1) as unknown as Told | undefined;
          const body = request?.["body"];
          return (
            <>
              {last !== undefined && (
                <p>
                  <strong>{sayFinding(last.finding)}</strong>
                </p>
              )}
              <Problems
                of={[...(last?.finding.problems ?? []).map(({ message }) => message), ...toTexts(problems)]}
              />
              {last?.finding.body !== undefined && last.finding.body !== "" && (
                <Block text={last.finding.body} label={`Reply to ${customerId}`} />
              )}
              {typeof body === "string" && body !== "" && (
                <details>
                  <summary>What was sent</summary>
                  <Block text={body} label={`Body for ${customerId}`} />
                </details>
              )}
            </>
          );
        }}
      </Waiting>
    </article>
  );
}

function toTexts(problems: readonly { readonly message: string }[]): readonly string[] {
  return problems.map(({ message }) => message);
}

/** Said once, also where the attempt and a new look at it say the same. */
function Problems({ of }: { readonly of: readonly string[] }) {
  return (
    <>
      {[...new Set(of)].map((message) => (
        <p key={message}>{makeVisible(message)}</p>
      ))}
    </>
  );
}
