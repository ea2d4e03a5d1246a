// A subscription as a form: which events and which outcomes, and the action that delivers them.

import type { Operations } from "@postrider/client/generated";
import { REASON_NAMES } from "@postrider/shared/outcome";
import { confirm } from "../../design/confirm.tsx";
import { Choice, Field } from "../../design/form.tsx";
import { Check } from "../../design/pickers.tsx";
import { tellApi } from "../../session/session.ts";

export type Subscription = Operations["listSubscriptions"]["reply"]["subscriptions"][number];
type Body = Operations["saveSubscription"]["body"];
type EventType = NonNullable<Subscription["events"]>[number];

/** All there are: one that is new fails to compile here. */
const EVENTS: Readonly<Record<EventType, string>> = {
  "run.completed": "a run has nothing left",
  "run.paused": "a run is paused",
  "run.resumed": "a run is resumed",
  "run.cancelled": "a run is cancelled",
  "action.failing": "an action fails",
  "action.recovered": "an action fails no more",
  "destination.circuit_opened": "a destination's circuit opens",
  "destination.circuit_closed": "a destination's circuit closes",
  "destination.throttled": "a destination slows us down",
  "destination.free": "a destination slows us down no more",
  "dead_letters.threshold": "there are many dead letters",
  "dead_letters.cleared": "there are few again",
  "task.finished": "a task has ended",
  "outcomes.reader_lagging": "a reader of outcomes lags",
  "outcomes.reader_caught_up": "a reader of outcomes lags no more",
};
const TYPES = Object.keys(EVENTS) as EventType[];

const WHICH = [
  ["none", "none"],
  ["all", "all"],
  ["some", "those that the fields below mean"],
] as const;
const ANY = ["", "any"] as const;
const OUTCOMES = ["delivered", "failed", "expired", "cancelled"] as const;
const FILTER = ["outcome", "reason", "action", "run", "label"] as const;

/** @param known null: a new one. */
export function askSubscription(known: Subscription | null, done: () => void): void {
  confirm({
    title: known === null ? "A new subscription" : `Change the subscription ${known.id}`,
    isRoomy: true,
    body: <Fields known={known} />,
    verb: known === null ? "Save 1 subscription" : "Change 1 subscription",
    async act(fields) {
      const id = known?.id ?? fields["id"] ?? "";
      await tellApi("saveSubscription", { params: { id }, body: toBody(fields) });
      done();
    },
  });
}

function Fields({ known }: { readonly known: Subscription | null }) {
  const filter: Readonly<Record<string, string | undefined>> = known?.outcomes ?? {};
  const which = Object.keys(filter).length > 0 ? "some" : "all";
  return (
    <>
      <div class="fields">
        {known === null && <Field label="Id" name="id" placeholder="ops" isRequired />}
        <Field
          label="Delivered by the action"
          name="action"
          value={known?.action ?? ""}
          placeholder="ops-hook"
          hint="Its URL says where to."
          isRequired
        />
      </div>
      <fieldset class="checks">
        <legend>Events</legend>
        {TYPES.map((type) => (
          <Check
            key={type}
            name={`event ${type}`}
            label={type}
            hint={EVENTS[type]}
            isOn={known?.events?.includes(type) === true}
          />
        ))}
      </fieldset>
      <Choice
        label="Outcomes of deliveries"
        name="outcomes"
        value={known?.outcomes == null ? "none" : which}
        of={WHICH}
      />
      <div class="fields">
        <Choice
          label="Outcome"
          name="of outcome"
          value={filter["outcome"] ?? ""}
          of={[ANY, ...OUTCOMES.map((name) => [name, name] as const)]}
        />
        <Choice
          label="Reason"
          name="of reason"
          value={filter["reason"] ?? ""}
          of={[ANY, ...REASON_NAMES.map((name) => [name, name] as const)]}
        />
        <Field label="Of the action" name="of action" value={filter["action"] ?? ""} placeholder="welcome" />
        <Field label="Of the run" name="of run" value={filter["run"] ?? ""} placeholder="spring" />
        <Field label="With the label" name="of label" value={filter["label"] ?? ""} placeholder="vip" />
      </div>
    </>
  );
}

function toBody(fields: Readonly<Record<string, string>>): Body {
  const events = TYPES.filter((type) => fields[`event ${type}`] === "on");
  const filter = Object.fromEntries(
    FILTER.flatMap((name) => (fields[`of ${name}`] ? [[name, fields[`of ${name}`]]] : [])),
  );
  const { action = "", outcomes } = fields;
  return {
    action,
    ...(events.length > 0 && { events }),
    ...(outcomes === "all" && { outcomes: {} }),
    ...(outcomes === "some" && { outcomes: filter }),
  };
}
