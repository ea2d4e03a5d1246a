// Samples from a run: the customers whose deliveries failed. The latest runs are offered.

import { ApiError } from "@postrider/client/api-error";
import type { Run } from "@postrider/client/generated";
import { stringifyExact } from "@postrider/shared/exact-json";
import { useId, useState } from "preact/hooks";
import { Problem } from "../../design/problem.tsx";
import { useAsk } from "../../session/use-ask.ts";
import { showCount } from "../../words/numbers.ts";
import { findFailedCustomers } from "./failed-customers.ts";

const OFFERED = 50;

export function FromRun({ onText }: { readonly onText: (text: string) => void }) {
  const [isOpen, setOpen] = useState(false);
  const [run, setRun] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [told, setTold] = useState<ApiError | string | null>(null);
  const offered = useId();
  const take = async (): Promise<void> => {
    setBusy(true);
    setTold(null);
    try {
      const customers = await findFailedCustomers(run.trim());
      if (customers.length > 0) onText(customers.map((one) => stringifyExact(one)).join("\n"));
      else setTold("No failed delivery of this run is kept whose customer may be shown.");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setTold(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Customers of a run for whom it failed</summary>
      <form
        class="in-line"
        onSubmit={(event) => {
          event.preventDefault();
          void take();
        }}
      >
        <input
          type="text"
          aria-label="The run's id"
          placeholder="one of the latest runs, or an id"
          list={offered}
          autocomplete="off"
          required
          value={run}
          onInput={(event) => setRun(event.currentTarget.value)}
        />
        {isOpen && <LatestRuns id={offered} />}
        <button type="submit" disabled={isBusy}>
          {isBusy ? "At it …" : "Take them"}
        </button>
      </form>
      {typeof told === "string" && (
        <p class="hint" role="status">
          {told}
        </p>
      )}
      {told instanceof ApiError && <Problem error={told} />}
    </details>
  );
}

/** A token that may not list runs still writes the id. */
function LatestRuns({ id }: { readonly id: string }) {
  const { data } = useAsk("listRuns", { query: { limit: OFFERED } });
  const failed = (data?.runs ?? []).filter((one: Run) => one.failed > 0);
  return (
    <datalist id={id}>
      {failed.map((one) => (
        <option key={one.run} value={one.run} label={`${showCount(one.failed)} failed`} />
      ))}
    </datalist>
  );
}
