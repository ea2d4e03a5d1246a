// A run from a file: which action, which customers, tried dry first, and then sent.

import { useState } from "preact/hooks";
import type { FileOrder, OfferedOrder } from "../../customers-file/file-order.ts";
import { begin, type FileWork, stop, work } from "../../customers-file/file-work.ts";
import { findUnfinished, isSame, type Unfinished } from "../../customers-file/unfinished.ts";
import { Data } from "../../design/data.tsx";
import { Empty, Page, Panel } from "../../design/panel.tsx";
import { FileField } from "../../design/pickers.tsx";
import { Refusal } from "../../design/problem.tsx";
import { address, toHref } from "../../platform/address.ts";
import { may } from "../../session/session.ts";
import { showCount } from "../../words/numbers.ts";
import { CUSTOMERS_FILES, OrderForm } from "./order-form.tsx";
import { Sent } from "./sent.tsx";
import { Tried } from "./tried.tsx";

export function NewRun() {
  /** Its report was to be seen before; whoever comes for a new run is led to it on request. */
  const [ended] = useState(findEnded);
  const isPast = work.value === ended && address.value.query["report"] === undefined;
  const shown = isPast ? null : work.value;
  const { doing, order } = shown ?? {};
  /** With this the form is filled: what is under way, and what was given up. */
  const [offered, setOffered] = useState<OfferedOrder | null>(order ?? null);
  /** The order that the form says no longer. */
  const [left, setLeft] = useState<FileOrder | null>(null);
  const leave = ({ order: sent, state }: FileWork): void => {
    stop();
    // Behind a whole file there comes another one, such as its rejected lines mended.
    setOffered(state === "done" ? { ...sent, file: null } : sent);
  };
  const isSent = doing === "send" && order !== undefined;
  return (
    <Page
      title={isSent ? <SentTitle run={order.run} /> : "A new run"}
      name={isSent ? `To the run ${order.run}` : "A new run"}
      above={{ href: "#/runs", label: "Runs" }}
    >
      {may("enqueue") ? (
        <>
          {work.value === null && <GoOnWith />}
          {isPast && <LastReport />}
          {/* Stays, so that what was chosen is still there after a look at what came of it. */}
          <div hidden={doing === "send"}>
            <OrderForm offered={offered} onChange={() => setLeft(work.value?.order ?? null)} />
          </div>
          {doing === "try" && <Tried isStale={order === left} />}
          {doing === "send" && <Sent onLeave={leave} />}
        </>
      ) : (
        <Empty title="This token may not enqueue.">
          <p>It takes one with the scope enqueue, or manage.</p>
        </Empty>
      )}
    </Page>
  );
}

function findEnded(): FileWork | null {
  const last = work.peek();
  return last?.doing === "send" && last.state === "done" ? last : null;
}

function SentTitle({ run }: { readonly run: string }) {
  return (
    <>
      To the run <Data of={run} />
    </>
  );
}

function LastReport() {
  if (work.value === null) return null;
  const { run } = work.value.order;
  return (
    <p class="hint">
      <a href={toHref(["runs", "~new"], { report: "last" })}>
        The report of the last one, <Data of={run} />
      </a>
    </p>
  );
}

/** What is left of a file that was being sent when the page was loaded anew. */
function GoOnWith() {
  const [unfinished, setUnfinished] = useState(findUnfinished);
  const [problem, setProblem] = useState<string | null>(null);
  if (unfinished === null) return null;
  const choose = (file: File | null): void => {
    if (file === null) return;
    if (isSame(file, unfinished)) begin("send", toOrder(unfinished, file), unfinished.line);
    else setProblem(`That is not ${unfinished.name} as it was: its name, size or time differ.`);
  };
  return (
    <Panel title="A file is not sent to its end">
      <p>
        <Data of={unfinished.name} /> was being sent to the run <Data of={unfinished.run} />: all up to line{" "}
        {showCount(unfinished.line)} is enqueued. Choose the same file again, and it goes on from there.
      </p>
      {problem !== null && <Refusal text={problem} />}
      <FileField
        label="The same file"
        name="again"
        accept={CUSTOMERS_FILES}
        hint="Its name, size and time must be as they were."
        onFile={choose}
      />
      <div class="form-foot">
        <button
          type="button"
          onClick={() => {
            stop();
            setUnfinished(null);
          }}
        >
          Leave it
        </button>
      </div>
    </Panel>
  );
}

function toOrder({ name: _, size: __, lastModified: ___, line: ____, ...order }: Unfinished, file: File) {
  return { ...order, file };
}
