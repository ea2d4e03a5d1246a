// The versions of an action, the latest first, and what differs between two of them.

import type { Operations } from "@postrider/client/generated";
import { stringifyExact } from "@postrider/shared/exact-json";
import { Choice } from "../../design/form.tsx";
import { Listing } from "../../design/listing.tsx";
import { Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { address, changeQuery } from "../../platform/address.ts";
import { useAsk } from "../../session/use-ask.ts";
import { makeVisible } from "../../words/visible.ts";
import { actionHref } from "../links.ts";

interface Props {
  readonly id: string;
  /** The version that is looked at. */
  readonly shown: number;
}

export function Versions({ id, shown }: Props) {
  const asked = useAsk("listActionVersions", { params: { id } });
  return (
    <Waiting asked={asked}>
      {({ versions }) => {
        const numbers = versions.map(({ version }) => version).reverse();
        return (
          <>
            {numbers.length > 1 && <Compared id={id} numbers={numbers} shown={shown} />}
            <Panel title="All versions, the latest first">
              <Listing
                name="Versions"
                rows={numbers}
                keyOf={String}
                columns={[
                  {
                    head: "Version",
                    cell: (version) => <a href={actionHref(`${id}@${version}`)}>{`${id}@${version}`}</a>,
                  },
                ]}
              />
            </Panel>
          </>
        );
      }}
    </Waiting>
  );
}

function Compared({ id, numbers, shown }: Props & { readonly numbers: readonly number[] }) {
  const { from, to } = address.value.query;
  const later = Number(to ?? shown);
  const earlier = Number(from ?? Math.max(1, later - 1));
  const asked = useAsk("diffActionVersions", { params: { id }, query: { from: earlier, to: later } });
  const of = numbers.map((number) => [String(number), `version ${number}`] as const);
  return (
    <Panel title="What differs">
      <div class="fields">
        <Choice
          label="From"
          name="from"
          value={String(earlier)}
          of={of}
          onChoice={(value) => changeQuery({ from: value })}
        />
        <Choice
          label="To"
          name="to"
          value={String(later)}
          of={of}
          onChoice={(value) => changeQuery({ to: value })}
        />
      </div>
      <Waiting asked={asked}>{({ changes }) => <Changes changes={changes} />}</Waiting>
    </Panel>
  );
}

type Change = Operations["diffActionVersions"]["reply"]["changes"][number];

function Changes({ changes }: { readonly changes: readonly Change[] }) {
  if (changes.length === 0) return <p class="calm-note">Nothing differs.</p>;
  return (
    <div class="diff">
      {changes.map((change) => (
        <div key={change.pointer} class="diff-change">
          <code>{makeVisible(change.pointer)}</code>
          {"from" in change && <p class="from">− {toText(change.from)}</p>}
          {"to" in change && <p class="to">+ {toText(change.to)}</p>}
        </div>
      ))}
    </div>
  );
}

function toText(value: unknown): string {
  return makeVisible(typeof value === "string" ? value : (stringifyExact(value, 2) ?? ""));
}
