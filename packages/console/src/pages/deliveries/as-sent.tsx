// The request that a delivery sends, or that a dead letter would send again, credentials masked, and what it
// is made of.

import { Block, Data, JsonBlock } from "../../design/data.tsx";
import { Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { useAsk } from "../../session/use-ask.ts";
import { makeVisible } from "../../words/visible.ts";

interface Composed {
  readonly method: string;
  readonly url: string;
  readonly headers?: readonly { readonly name: string; readonly value: string }[];
  readonly body?: string | null;
}

export function AsSent({ id }: { readonly id: string }) {
  const asked = useAsk("getDeliveryRequest", { params: { id } });
  return (
    <Waiting asked={asked}>
      {({ request, curl, delivery, problems }) => (
        <div class="grid">
          <Panel title="The request, credentials masked">
            {request === null ? (
              <p class="calm-note">It cannot be composed.</p>
            ) : (
              <Request request={request as Composed} />
            )}
            {problems.map(({ pointer, message }) => (
              <p key={`${pointer} ${message}`}>
                <code>{makeVisible(pointer)}</code>: {makeVisible(message)}
              </p>
            ))}
            {curl !== null && (
              <details>
                <summary>As a curl line</summary>
                <Block text={curl} label="curl line" />
              </details>
            )}
          </Panel>
          <Panel title="What it is made of">
            {delivery === null ? (
              <p class="calm-note">It is kept no more, or what lies in the lane is no delivery.</p>
            ) : (
              <JsonBlock value={delivery} label="The delivery's data" />
            )}
          </Panel>
        </div>
      )}
    </Waiting>
  );
}

export function Request({ request: { method, url, headers = [], body } }: { readonly request: Composed }) {
  return (
    <>
      <p>
        <strong>{method}</strong> <Data of={url} isName />
      </p>
      <Block
        text={headers.map(({ name, value }) => `${name}: ${value}`).join("\n")}
        label="Headers of the request"
      />
      {body !== null && body !== undefined && body !== "" && (
        <Block text={body} label="Body of the request" />
      )}
    </>
  );
}
