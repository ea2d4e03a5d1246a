// Dead letters: what they have in common, then the letters themselves, and the ways back.

import type { Operations } from "@postrider/client/generated";
import { REASONS } from "@postrider/shared/outcome";
import { Time } from "../../design/clock.tsx";
import { Data } from "../../design/data.tsx";
import { Listing, Pager } from "../../design/listing.tsx";
import { Empty, Page, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { address, toHref } from "../../platform/address.ts";
import { useAsk } from "../../session/use-ask.ts";
import { showCount, showMany } from "../../words/numbers.ts";
import { FilterForm, filterOf, sayFilter } from "../filter.tsx";
import { HOW_OFTEN, WHOSE } from "../letter-columns.tsx";
import { actionHref, deliveryHref, destinationHref, runHref } from "../links.ts";
import { FirstMet } from "../met.tsx";
import type { PageProps } from "../page-props.ts";
import { LetterSwitches } from "./letter-switches.tsx";

type Letters = Operations["listDeadLetters"]["reply"];
type Groups = Operations["groupDeadLetters"]["reply"];

const PAGE = 50;
const LETTERS_MS = 5_000;
/** Grouping looks at thousands. */
const GROUPS_MS = 15_000;
const GROUPS_MORE_MS = 120_000;
const NAMES = ["reason", "destination", "action", "run", "customer", "label", "lane", "from", "to"] as const;
/** Looked at for the groups unless their reader asks for more, so that they are there at once. */
const SCAN = 5_000;
/** As many as the API looks at in some ten seconds. */
const SCAN_MORE = 100_000;
/** What groups may be told apart by. */
const WAYS = ["reason,destination", "reason", "destination", "action", "run"] as const;

export function DeadLetters(_: PageProps) {
  const { after, by = WAYS[0], scan = String(SCAN) } = address.value.query;
  const filter = filterOf(NAMES);
  const isFirst = after === undefined;
  const isFiltered = Object.keys(filter).length > 0;
  const groups = useAsk(
    "groupDeadLetters",
    { query: { ...filter, by, scan } as never },
    { isOn: isFirst, everyMs: scan === String(SCAN) ? GROUPS_MS : GROUPS_MORE_MS },
  );
  const letters = useAsk(
    "listDeadLetters",
    { query: { ...filter, limit: PAGE, after } as never },
    // A page further on is read, and must not move under its reader.
    isFirst ? { everyMs: LETTERS_MS } : {},
  );
  const again = (): void => {
    groups.again();
    letters.again();
  };
  return (
    <Page
      title="Dead letters"
      name="Dead letters"
      actions={<LetterSwitches filter={filter} sample={letters.data?.deadLetters ?? []} done={again} />}
    >
      <Panel title="Filter">
        <FilterForm names={NAMES} first={4} />
      </Panel>
      {isFirst && (
        <Panel title="What they have in common" aside={<WayChoice chosen={by} />}>
          <Waiting asked={groups}>{(reply) => <GroupList reply={reply} />}</Waiting>
        </Panel>
      )}
      {isFirst && isFiltered && <FirstMet letters={letters.data?.deadLetters ?? []} />}
      <Panel title={!isFiltered ? "The newest first" : `Those of ${sayFilter(filter)}`}>
        <Waiting asked={letters}>{(reply) => <LetterList reply={reply} />}</Waiting>
      </Panel>
    </Page>
  );
}

function WayChoice({ chosen }: { readonly chosen: string }) {
  const { path, query } = address.value;
  return (
    <nav class="choice" aria-label="Grouped by">
      {WAYS.map((way) => (
        <a
          key={way}
          href={toHref(path, { ...query, by: way })}
          aria-current={way === chosen ? "true" : undefined}
        >
          {way.replace(",", " and ")}
        </a>
      ))}
    </nav>
  );
}

function GroupList({ reply: { groups, others, isComplete, scanned } }: { readonly reply: Groups }) {
  const { query } = address.value;
  if (groups.length === 0) return <p class="calm-note">There is nothing to group.</p>;
  return (
    <>
      <Listing
        name="Groups of dead letters"
        rows={groups}
        keyOf={({ of }) => JSON.stringify(of)}
        columns={[
          {
            head: "Group",
            cell: ({ of }) => (
              <>
                <a href={toHref(["dead-letters"], { ...query, ...notNull(of) })}>
                  {Object.values(of).map((value, at) => (
                    <span key={at}>
                      {at > 0 && " · "}
                      <Data of={value} />
                    </span>
                  ))}
                </a>
                <div class="hint">{REASONS[of["reason"] as keyof typeof REASONS] ?? ""}</div>
              </>
            ),
          },
          {
            head: "Letters",
            isNumber: true,
            cell: ({ count }) => `${isComplete ? "" : "≥ "}${showCount(count)}`,
          },
          { head: "First", cell: ({ firstFailedAt }) => <Time at={firstFailedAt} /> },
          { head: "Last", cell: ({ lastFailedAt }) => <Time at={lastFailedAt} /> },
          { head: "Example", cell: ({ example }) => <a href={deliveryHref(example)}>newest</a> },
        ]}
      />
      {(!isComplete || others > 0) && (
        <p class="hint">
          {!isComplete && (
            <>
              {scanned !== null && `The newest ${showCount(scanned)} were looked at; there are more. `}
              {query["scan"] === undefined && (
                <a href={toHref(["dead-letters"], { ...query, scan: String(SCAN_MORE) })}>
                  Look at up to {showCount(SCAN_MORE)}
                </a>
              )}{" "}
            </>
          )}
          {others > 0 && `${showMany(others, "letter is", "letters are")} of further groups.`}
        </p>
      )}
    </>
  );
}

function Link({ to, of }: { readonly to: (name: string) => string; readonly of: string | null }) {
  if (of === null) return <>–</>;
  return (
    <a href={to(of)}>
      <Data of={of} />
    </a>
  );
}

function notNull(of: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(of).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

function LetterList({ reply: { deadLetters, total, after } }: { readonly reply: Letters }) {
  if (deadLetters.length === 0 && after === null)
    return (
      <Empty title="No dead letter is here.">
        <p>
          {total === 0 || total === null
            ? "What fails for good is kept here, to be looked at and replayed."
            : `${showMany(total, "is", "are")} kept in all; try less to filter by.`}
        </p>
      </Empty>
    );
  return (
    <>
      {total !== null && <p class="hint">{showCount(total)} are kept in all, whatever the filter.</p>}
      <Listing
        name="Dead letters"
        rows={deadLetters}
        keyOf={({ id }) => id}
        columns={[
          ...WHOSE,
          {
            head: "Action",
            cell: ({ action }) => (
              <a href={actionHref(action)}>
                <Data of={action} />
              </a>
            ),
          },
          { head: "Destination", cell: ({ destination: of }) => <Link to={destinationHref} of={of} /> },
          { head: "Run", cell: ({ run }) => <Link to={runHref} of={run} /> },
          ...HOW_OFTEN,
        ]}
      />
      <Pager after={after} />
    </>
  );
}
