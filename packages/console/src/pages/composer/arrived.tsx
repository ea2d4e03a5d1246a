// What the request bin got, as it came over the wire: the request line, the headers in their order and
// spelling, and the body.

import type { Operations } from "@postrider/client/generated";
import { Block } from "../../design/data.tsx";
import { Panel } from "../../design/panel.tsx";
import { showMany } from "../../words/numbers.ts";

type Came = NonNullable<Operations["testAction"]["reply"]["arrived"]>;

export function Arrived({ arrived }: { readonly arrived: Came }) {
  return (
    <Panel
      title="What arrived in the request bin"
      aside={<span>{showMany(arrived.bodyBytes, "byte", "bytes")} of body</span>}
    >
      <ArrivedText arrived={arrived} />
      <p class="hint">Byte for byte as a receiver gets it; credentials alone are masked here.</p>
    </Panel>
  );
}

export function ArrivedText({ arrived }: { readonly arrived: Came }) {
  const { method, path, httpVersion, headers, body } = arrived;
  const head = [
    `${method} ${path} HTTP/${httpVersion}`,
    ...headers.map(({ name, value }) => `${name}: ${value}`),
  ];
  return (
    <>
      <Block text={head.join("\n")} label="Head of the request as it arrived" />
      {body === "" ? (
        <p class="calm-note">No body came.</p>
      ) : (
        <Block text={body} label="Body of the request as it arrived" isAsItIs />
      )}
    </>
  );
}
