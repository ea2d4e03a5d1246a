// The codes of errors, each once: what it means, the exit code of the command line, and the HTTP status.

import { type ErrorMeaning, HTTP_ERROR_CODES } from "./http-error-codes.ts";

export const ERROR_CODES = {
  action_invalid: {
    exitCode: 1,
    status: 422,
    text: "The action document breaks a rule; every problem is listed with its field.",
  },
  action_unknown: { exitCode: 1, status: 404, text: "No action, or no such version of it, is in the store." },
  action_archived: {
    exitCode: 1,
    status: 409,
    text: "The action is archived: nothing new is enqueued for it until it is saved again or restored.",
  },
  processes_end: {
    exitCode: 1,
    status: 500,
    text: "Each of a worker's processes ended as soon as it was started, again and again; the log says why.",
  },
  file_unreadable: {
    exitCode: 2,
    status: 400,
    text: "A file that the command line names is not there, or may not be read.",
  },
  config_invalid: {
    exitCode: 1,
    status: 422,
    text: "A configuration breaks a rule; every problem is listed with its field, and nothing was applied.",
  },
  customer_invalid: {
    exitCode: 1,
    status: 422,
    text: "A customer is not an object with an id, or is too large.",
  },
  customers_empty: {
    exitCode: 1,
    status: 422,
    text: "A customers file has no customer in it, which is most often a mistake where it was made.",
  },
  customers_not_indexed: {
    exitCode: 1,
    status: 409,
    text: "Deliveries are not found by their customer: POSTRIDER_CUSTOMERS_KEPT_MS is 0.",
  },
  customers_unreadable: {
    exitCode: 1,
    status: 422,
    text: "A stream of customers has damaged gzip data, or a beginning by which no line of it can be read. What came before is enqueued.",
  },
  delivery_invalid: {
    exitCode: 2,
    status: 422,
    text: "A delivery's option (key, run, lane, sendAt, expiresAt) breaks a rule.",
  },
  run_mismatch: {
    exitCode: 1,
    status: 409,
    text: "The run exists already with another action version or lane.",
  },
  run_unknown: { exitCode: 1, status: 404, text: "No such run." },
  run_cancelled: {
    exitCode: 1,
    status: 409,
    text: "The run was cancelled; nothing more is enqueued for it.",
  },
  run_full: {
    exitCode: 1,
    status: 409,
    text: "A held run has as many deliveries as a lane may have; nothing makes room until it is released. What was taken in stays.",
  },
  destination_invalid: { exitCode: 2, status: 422, text: "A destination's origin or limit breaks a rule." },
  delivery_unknown: { exitCode: 1, status: 404, text: "No delivery has that id, or it is forgotten." },
  delivery_under_way: {
    exitCode: 1,
    status: 409,
    text: "An attempt of the delivery is under way, so that it can be neither cancelled nor changed.",
  },
  delivery_ended: {
    exitCode: 1,
    status: 409,
    text: "The delivery has ended, so that it can be neither cancelled nor changed.",
  },
  filter_invalid: {
    exitCode: 2,
    status: 422,
    text: "A filter of deliveries, or a cursor or limit of a list of them, breaks a rule.",
  },
  dead_letter_unknown: { exitCode: 1, status: 404, text: "No dead letter has that delivery id." },
  dead_letters_invalid: {
    exitCode: 2,
    status: 422,
    text: "A filter, cursor or option for dead letters breaks a rule.",
  },
  worker_unavailable: {
    exitCode: 1,
    status: 503,
    text: "No worker has carried out in time what only a worker may: none runs, or all are busy.",
  },
  outcomes_invalid: {
    exitCode: 2,
    status: 422,
    text: "A cursor, group or limit of those who read outcomes breaks a rule.",
  },
  outcomes_unknown: { exitCode: 1, status: 404, text: "No group of that name reads outcomes." },
  outcomes_held: {
    exitCode: 1,
    status: 409,
    text: "Another reader reads outcomes for the same group; there is one at a time.",
  },
  outcomes_missed: {
    exitCode: 1,
    status: 410,
    text: "Outcomes are gone that their reader has not read: it was away for longer than they are kept. Reading again goes on behind them.",
  },
  metrics_invalid: {
    exitCode: 2,
    status: 422,
    text: "What is asked of the series breaks a rule, or asks for too many points.",
  },
  metrics_off: {
    exitCode: 1,
    status: 409,
    text: "Nothing is counted for charts: POSTRIDER_ROLL_UPS_MINUTES_KEPT_MS is 0.",
  },
  events_invalid: {
    exitCode: 2,
    status: 422,
    text: "A cursor, group or limit of those who read events breaks a rule.",
  },
  events_unknown: { exitCode: 1, status: 404, text: "No group of that name reads events." },
  events_held: {
    exitCode: 1,
    status: 409,
    text: "Another reader reads events for the same group; there is one at a time.",
  },
  events_missed: {
    exitCode: 1,
    status: 410,
    text: "Events are gone that their reader has not read: it was away for longer than they are kept. Reading again goes on behind them.",
  },
  subscription_invalid: {
    exitCode: 2,
    status: 422,
    text: "A subscription breaks a rule; every problem is listed with its field.",
  },
  subscription_unknown: { exitCode: 1, status: 404, text: "No subscription has that id." },
  secret_invalid: { exitCode: 2, status: 422, text: "A secret's name or value breaks a rule." },
  secret_unknown: { exitCode: 1, status: 404, text: "No secret of that name is in the store." },
  key_missing: { exitCode: 1, status: 500, text: "POSTRIDER_SECRET_KEYS lacks the key that is needed." },
  settings_invalid: { exitCode: 2, status: 500, text: "A POSTRIDER_ setting is unknown or out of range." },
  port_taken: { exitCode: 1, status: 500, text: "Another process listens on a port that is needed." },
  redis_unavailable: {
    exitCode: 1,
    status: 503,
    text: "Redis did not answer; nothing, or not all, was accepted.",
  },
  redis_denied: {
    exitCode: 1,
    status: 503,
    text: "Redis' access list refuses the user, the password, or a command that is needed; the message says what to grant.",
  },
  redis_full: {
    exitCode: 1,
    status: 503,
    text: "Redis is at maxmemory, or so near that the rest is for the workers; the delivery was not accepted.",
  },
  redis_lost: {
    exitCode: 1,
    status: 503,
    text: "Redis counts fewer deliveries of the run than it has acknowledged, as after a failover; the same run again enqueues what is missing.",
  },
  redis_newer: {
    exitCode: 1,
    status: 500,
    text: "A later release has changed what lies in Redis in a way that this one cannot read.",
  },
  redis_evicts: {
    exitCode: 1,
    status: 500,
    text: "This Redis may evict keys, so an accepted delivery could be lost.",
  },
  aborted: { exitCode: 1, status: 503, text: "The caller's AbortSignal fired." },
  snippet_unknown: { exitCode: 1, status: 404, text: "No snippet of that name is in the store." },
  token_unknown: { exitCode: 1, status: 404, text: "No token has that id." },
  token_invalid: {
    exitCode: 2,
    status: 422,
    text: "A token's name, scope, narrowing or expiry breaks a rule.",
  },
  task_unknown: { exitCode: 1, status: 404, text: "No task has that id, or it is forgotten." },
  tasks_full: { exitCode: 1, status: 409, text: "As many tasks as may be open have not ended yet." },
  internal: {
    exitCode: 1,
    status: 500,
    text: "A bug of Postrider's. The log holds the cause, under the request's id.",
  },
  ...HTTP_ERROR_CODES,
} as const satisfies Readonly<Record<string, ErrorMeaning>>;
export type ErrorCode = keyof typeof ERROR_CODES;
