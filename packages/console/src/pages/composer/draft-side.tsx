// Beside what is written: what the samples would get, a test send, and the examples; which of them stands in
// the address.

import type { Operations } from "@postrider/client/generated";
import { Panel } from "../../design/panel.tsx";
import { Problem } from "../../design/problem.tsx";
import { address, toHref } from "../../platform/address.ts";
import { may } from "../../session/session.ts";
import { Previewed } from "../actions/previewed.tsx";
import { ExamplePanel, examplesOf } from "./example-panel.tsx";
import { TestPanel } from "./test-panel.tsx";
import type { Draft } from "./use-draft.ts";
import type { DraftAsked } from "./use-draft-ask.ts";
import type { Samples } from "./use-samples.ts";

type Preview = Operations["previewAction"]["reply"];

const SIDES = { preview: "Preview", test: "Test send", examples: "Examples" } as const;

interface SideProps {
  readonly draft: Draft;
  readonly asked: DraftAsked<Preview>;
  readonly id: string;
  readonly samples: Samples;
}

export function Side({ id, draft, samples, asked }: SideProps) {
  const { path, query } = address.value;
  const { side = "preview" } = query;
  const document = { ...draft.document, id };
  const url = asked.data?.previews[0]?.url ?? null;
  return (
    <>
      <nav class="tabs" aria-label="What comes of it">
        {Object.entries(SIDES)
          .filter(([name]) => name !== "test" || may("manage"))
          .map(([name, label]) => (
            <a
              key={name}
              href={toHref(path, { ...query, side: name === "preview" ? undefined : name })}
              aria-current={name === side ? "page" : undefined}
            >
              {label}
              {name === "examples" && examplesOf(document).length > 0 && ` (${examplesOf(document).length})`}
            </a>
          ))}
      </nav>
      {side === "preview" && <SidePreview asked={asked} withHints={false} />}
      {side === "test" && may("manage") && (
        <TestPanel id={id} document={document} samples={samples} address={url} />
      )}
      {side === "examples" && (
        <ExamplePanel id={id} document={draft.document} samples={samples} onChange={draft.change} />
      )}
    </>
  );
}

interface SidePreviewProps {
  readonly asked: DraftAsked<Preview>;
  readonly withHints: boolean;
}

export function SidePreview({ asked: { data, error }, withHints }: SidePreviewProps) {
  if (error !== null)
    return (
      <Panel title="Nothing can be composed yet">
        <Problem error={error} />
      </Panel>
    );
  if (data === null)
    return (
      <Panel title="Preview">
        <p class="calm-note">Give a sample customer, and what it would get stands here.</p>
      </Panel>
    );
  return <Previewed preview={data} withHints={withHints} />;
}
