// The customers that a draft is tried on: pasted, from a file, or those for whom a run failed.

import { useRef } from "preact/hooks";
import { confirm } from "../../design/confirm.tsx";
import { Data } from "../../design/data.tsx";
import { Panel } from "../../design/panel.tsx";
import { Problem, Refusal } from "../../design/problem.tsx";
import { showCount, showMany } from "../../words/numbers.ts";
import { makeVisible } from "../../words/visible.ts";
import { FromRun } from "./from-run.tsx";
import { SampleArea } from "./sample-area.tsx";
import { type Samples, START } from "./use-samples.ts";
import "../../style/composer.css";

/** More than fifty customers of any usual size; the API takes no more. */
const FILE_CHARS_MAX = 1_000_000;

export function SamplePanel({ samples }: { readonly samples: Samples }) {
  const { texts, write, problem } = samples;
  const put = usePut(samples);
  return (
    <Panel title="Sample customers" aside={<Found samples={samples} />}>
      <SampleArea
        label="One a line as JSON, CSV with a header, or a JSON list; up to 50"
        rows={5}
        text={texts.customers}
        onInput={(customers) => write({ customers })}
      />
      <Bad samples={samples} />
      <div class="form-foot">
        <FromFile onText={put} />
      </div>
      <FromRun onText={put} />
      <details>
        <summary>Event, and what else templates see</summary>
        <div class="stack">
          <SampleArea
            label="The triggering event, as JSON (may stay empty)"
            rows={3}
            text={texts.event}
            onInput={(event) => write({ event })}
          />
          <SampleArea
            label="Other values, as JSON: event_name, trigger, campaign … (may stay empty)"
            rows={3}
            text={texts.values}
            onInput={(values) => write({ values })}
          />
        </div>
      </details>
      {problem !== null && <Refusal text={problem} />}
    </Panel>
  );
}

function Found({ samples: { customers, read } }: { readonly samples: Samples }) {
  const isMore = read.data?.isAll === false && read.error === null;
  return (
    <span role="status">
      {showMany(customers.length, "customer", "customers")}
      {isMore && ", the first of more"}
    </span>
  );
}

function Bad({ samples: { read } }: { readonly samples: Samples }) {
  if (read.error !== null) return <Problem error={read.error} />;
  const rejected = read.data?.rejected ?? [];
  if (rejected.length === 0) return null;
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{showMany(rejected.length, "line", "lines")} left out</strong>
      </p>
      <ul>
        {rejected.slice(0, 5).map(({ line, column, message }) => (
          <li key={`${line} ${column}`}>
            Line {showCount(line)}, column {showCount(column)}: {makeVisible(message)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function FromFile({ onText }: { readonly onText: (text: string) => void }) {
  return (
    <label class="button file">
      From a file …
      <input
        class="unseen"
        type="file"
        accept=".ndjson,.jsonl,.json,.csv,.txt"
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          if (file !== undefined) void readBeginning(file).then(onText);
          currentTarget.value = "";
        }}
      />
    </label>
  );
}

async function readBeginning(file: File): Promise<string> {
  const text = await file.slice(0, FILE_CHARS_MAX).text();
  // A line that was cut is none.
  return file.size > FILE_CHARS_MAX ? text.slice(0, text.lastIndexOf("\n")) : text;
}

/** What was put in can be had again; what somebody wrote cannot, and is replaced only when they say so. */
function usePut({ texts, write }: Samples): (customers: string) => void {
  const lastPut = useRef(START.customers);
  return (customers) => {
    const put = async (): Promise<void> => {
      lastPut.current = customers;
      write({ customers });
    };
    const isWritten = texts.customers.trim() !== "" && texts.customers !== lastPut.current;
    if (isWritten) askReplace(put);
    else void put();
  };
}

function askReplace(put: () => Promise<void>): void {
  confirm({
    title: "Replace the sample customers?",
    body: <p>Those that you have written are lost.</p>,
    verb: "Replace them",
    act: put,
  });
}

/** Which of the samples, by their places in the list. */
export function CustomerChoice({
  samples: { customers },
  at,
  onChoice,
}: {
  readonly samples: Samples;
  readonly at: number;
  readonly onChoice: (at: number) => void;
}) {
  if (customers.length === 1)
    return (
      <p>
        For <Data of={String(customers[0]?.id)} />
      </p>
    );
  return (
    <label class="field">
      <span class="label">For the customer</span>
      <select onChange={(event) => onChoice(Number(event.currentTarget.value))}>
        {customers.map(({ id }, index) => (
          <option key={index} value={index} selected={index === at}>
            {makeVisible(String(id))}
          </option>
        ))}
      </select>
    </label>
  );
}
