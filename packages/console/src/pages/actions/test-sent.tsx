// What came of a test send: the request as it was sent, the reply or why none came, how long each phase took,
// and what a worker would make of it.

import type { Operations } from "@postrider/client/generated";
import { REASONS } from "@postrider/shared/outcome";
import { Badge } from "../../design/badge.tsx";
import { Block, Data } from "../../design/data.tsx";
import { Facts, Panel } from "../../design/panel.tsx";
import { showSpan } from "../../words/numbers.ts";
import { makeVisible } from "../../words/visible.ts";
import { Request } from "../deliveries/as-sent.tsx";

type Sent = Operations["testAction"]["reply"];

export function TestSent({ sent }: { readonly sent: Sent }) {
  const { arrived, request, reply, fault, problems, timings, verdict, reason, retryInMs } = sent;
  const known = REASONS[reason as keyof typeof REASONS];
  return (
    <div class="grid">
      <Panel title="The test send">
        <p>
          <Badge state={verdict} /> {reason !== null && <code>{reason}</code>} {known}
        </p>
        {retryInMs !== null && <p>A worker would try again in {showSpan(retryInMs)}.</p>}
        {fault !== null && <p class="problem">{makeVisible(`${fault.code}: ${fault.message}`)}</p>}
        {problems.map(({ pointer, message }) => (
          <p class="problem" key={`${pointer} ${message}`}>
            <span>
              <code>{makeVisible(pointer)}</code>: {makeVisible(message)}
            </span>
          </p>
        ))}
        <Facts
          of={[
            ["Composed in", showSpan(timings.composeMs)],
            ["Name resolved", sayMs(timings.dnsMs)],
            ["Connected", sayMs(timings.connectMs)],
            ["TLS", sayMs(timings.tlsMs)],
            ["First byte", sayMs(timings.firstByteMs)],
            ["In all", showSpan(timings.totalMs)],
          ]}
        />
        {reply !== null && (
          <>
            <p>
              <strong>Answered {reply.status}</strong>
            </p>
            <Facts
              of={Object.entries(reply.headers).map(([name, value]) => [
                makeVisible(name),
                <Data key={name} of={value} />,
              ])}
            />
            {reply.body !== "" && <Block text={reply.body} label="Body of the reply" />}
          </>
        )}
      </Panel>
      {arrived === null && (
        <Panel title="The request, credentials masked">
          {request === null ? <p class="calm-note">Nothing was sent.</p> : <Request request={request} />}
        </Panel>
      )}
    </div>
  );
}

function sayMs(ms: number | null): string {
  return ms === null ? "–" : showSpan(ms);
}
