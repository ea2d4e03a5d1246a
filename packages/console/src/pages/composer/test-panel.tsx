// A test send: once, really, by a worker; into the built-in request bin, or to the action's own address.

import { ApiError } from "@postrider/client/api-error";
import type { Operations } from "@postrider/client/generated";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { confirm } from "../../design/confirm.tsx";
import { Panel } from "../../design/panel.tsx";
import { Problem } from "../../design/problem.tsx";
import { tellApi } from "../../session/session.ts";
import { makeVisible } from "../../words/visible.ts";
import { TestSent } from "../actions/test-sent.tsx";
import type { ActionFields } from "./action-document.ts";
import { Arrived } from "./arrived.tsx";
import { CustomerChoice } from "./sample-panel.tsx";
import type { Samples } from "./use-samples.ts";

type Sent = Operations["testAction"]["reply"];

/** What the bin can be asked to answer, with what that stands for. */
const ANSWERS = {
  200: "200, taken",
  400: "400, refused",
  404: "404, not found",
  410: "410, gone",
  429: "429, too many",
  500: "500, broken",
  503: "503, away",
} as const;

interface Props {
  /** `id`, or `id@version`. */
  readonly id: string;
  /** Absent: the saved one. */
  readonly document?: ActionFields;
  readonly samples: Samples;
  /** Of the previewed request, where there is one. */
  readonly address: string | null;
}

export function TestPanel({ id, document, samples, address }: Props) {
  const { customers, event, values } = samples;
  const [at, setAt] = useState(0);
  const [isToBin, setToBin] = useState(true);
  const [status, setStatus] = useState(200);
  const [sent, setSent] = useState<Sent | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const customer = customers[Math.min(at, customers.length - 1)];
  const send = async (): Promise<void> => {
    if (customer === undefined) return;
    const body = { customer, event, values, action: document, ...(isToBin && { bin: { status } }) };
    setSent(await tellApi("testAction", { params: { id }, body }));
  };
  const sendToBin = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await send();
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
      setSent(null);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Panel title="Test send">
        {customers.length === 0 ? (
          <p class="calm-note">Give a sample customer first.</p>
        ) : (
          <form
            class="stack"
            onSubmit={(submitted) => {
              submitted.preventDefault();
              if (isToBin) void sendToBin();
              else askSend(String(customer?.id), address, send);
            }}
          >
            <CustomerChoice samples={samples} at={at} onChoice={setAt} />
            <Where isToBin={isToBin} onChoice={setToBin} status={status} onStatus={setStatus} />
            <div class="form-foot">
              <button type="submit" class="primary" disabled={isBusy}>
                {buttonWord(isBusy, isToBin)}
              </button>
            </div>
            <p class="hint">Nothing is recorded or tried again.</p>
          </form>
        )}
        {error !== null && <Problem error={error} />}
      </Panel>
      <Outcome sent={sent} />
    </>
  );
}

/** Comes into view by itself: on most screens it stands below what can be seen. */
function Outcome({ sent }: { readonly sent: Sent | null }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (sent === null) return;
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    place.current?.scrollIntoView({ block: "start", behavior: isCalm ? "instant" : "smooth" });
  }, [sent]);
  return (
    <>
      {/* There before the result is, since what comes together with its text is not read out. */}
      <p class="unseen" role="status">
        {sent !== null && sayOutcome(sent)}
      </p>
      {sent !== null && (
        <div class="stack outcome" ref={place}>
          {sent.arrived !== null && <Arrived arrived={sent.arrived} />}
          <TestSent sent={sent} />
        </div>
      )}
    </>
  );
}

function sayOutcome({ verdict, reply, fault }: Sent): string {
  const answer = reply === null ? (fault?.code ?? "nothing was sent") : `answered ${reply.status}`;
  return makeVisible(`The test send: ${verdict}, ${answer}.`);
}

function buttonWord(isBusy: boolean, isToBin: boolean): string {
  if (isBusy) return "Sending …";
  return isToBin ? "Send into the bin" : "Test send …";
}

interface WhereProps {
  readonly isToBin: boolean;
  readonly onChoice: (isToBin: boolean) => void;
  readonly status: number;
  readonly onStatus: (status: number) => void;
}

function Where({ isToBin, onChoice, status, onStatus }: WhereProps) {
  const name = useId();
  return (
    <fieldset class="choices">
      <legend class="label">Where to</legend>
      <label>
        <input type="radio" name={name} checked={isToBin} onChange={() => onChoice(true)} />
        <span>
          <strong>The request bin</strong>: it shows what a receiver would get, and nothing leaves the worker
        </span>
      </label>
      {isToBin && (
        <label class="field answers">
          <span class="label">It answers</span>
          <select onChange={(event) => onStatus(Number(event.currentTarget.value))}>
            {Object.entries(ANSWERS).map(([one, word]) => (
              <option key={one} value={one} selected={Number(one) === status}>
                {word}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        <input type="radio" name={name} checked={!isToBin} onChange={() => onChoice(false)} />
        <span>
          <strong>The action&apos;s own address</strong>, really
        </span>
      </label>
    </fieldset>
  );
}

function askSend(customerId: string, address: string | null, send: () => Promise<void>): void {
  confirm({
    title: "Send this request, really?",
    body: (
      <p>
        1 request goes to {address === null ? "the action's own address" : makeVisible(address)}, for the
        customer {makeVisible(customerId)}. Nothing is recorded or tried again.
      </p>
    ),
    verb: "Send 1 request",
    act: send,
  });
}
