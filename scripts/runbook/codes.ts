// Entries of the error codes, by what stands in the caller's way.

import type { ErrorCode } from "@postrider/shared/error-codes";
import { CHANGES, READY, REDIS_MEMORY, STATUS } from "./entry.ts";
import type { Group } from "./group.ts";

const REQUEST =
  "The problem's `detail` and `errors` name the field; the API's log has the rest under `requestId`.";

export const CODE_GROUPS: readonly Group<ErrorCode>[] = [
  {
    title: "Redis and capacity",
    impact:
      "Producers cannot enqueue; nothing that was accepted is lost. Callers come again after `Retry-After`.",
    look: [READY, REDIS_MEMORY, STATUS],
    act: ["See the alerts on [Redis](#redis)."],
    worked: ["The same request is accepted.", READY],
    lines: {
      redis_unavailable: [
        "Redis is away, restarts, or cannot be reached.",
        "[PostriderRedisDown](#postriderredisdown). Send again: keys make it safe.",
      ],
      redis_denied: [
        "The ACL user of `POSTRIDER_REDIS_URL` has another password, or lacks a right.",
        "Grant what the message names; [Redis](redis.md) has each role's rules.",
      ],
      redis_full: [
        "A backlog, dead letters, or somebody else's keys.",
        "[PostriderRedisMemoryFull](#postriderredismemoryfull).",
      ],
      redis_lost: [
        "A failover lost what the replica lacked.",
        "Enqueue the same run again: it takes in what is missing.",
      ],
      redis_evicts: [
        "`maxmemory-policy` is not `noeviction`.",
        "[PostriderRedisMayEvict](#postriderredismayevict).",
      ],
      redis_newer: [
        "A release that changed the keys has worked here, and this process is an earlier one.",
        "Start that release, or a later one; [upgrades](upgrades.md) say which way back there is.",
      ],
      run_full: [
        "A held run with as many deliveries as a lane takes.",
        "Release it, or raise `POSTRIDER_BACKLOG_MAX`.",
      ],
      overloaded: [
        "More requests at once than POSTRIDER_API_IN_FLIGHT_MAX.",
        "Add API processes; send many customers in one stream.",
      ],
      tasks_full: ["A hundred tasks have not ended yet.", "Wait, or stop some: `postrider tasks list`."],
      worker_unavailable: [
        "No worker runs, or all are busy: test sends need one.",
        "[PostriderNoWorkers](#postridernoworkers).",
      ],
      aborted: ["The caller gave up.", "Send again; what was taken in is a duplicate then."],
    },
  },
  {
    title: "What was sent breaks a rule",
    impact: "Nothing was changed. Only this caller is concerned.",
    look: [REQUEST, "API, *Errors by route*: one caller, or all since a release?"],
    act: [
      "The caller mends the request. Where many callers meet it since a release, go back to the one before.",
      CHANGES,
    ],
    worked: ["The mended request is accepted."],
    lines: {
      action_invalid: [
        "A field, or a template that does not parse.",
        "`postrider actions check welcome.yaml` tells line and column.",
      ],
      config_invalid: [
        "A mistake in one of the documents.",
        "`postrider config apply postrider.yaml --dry-run` lists all.",
      ],
      customer_invalid: [
        "No `id`, or larger than is taken.",
        "Mend the data; `--skip-invalid` leaves such lines out.",
      ],
      customers_empty: ["The query or file that made it found nobody.", "Look at where it was made."],
      customers_unreadable: [
        "A file cut short, or no NDJSON or CSV.",
        "Make it again; send the same run again.",
      ],
      delivery_invalid: ["An option of the wrong form.", "See docs/api.md."],
      destination_invalid: ["An origin with a path, or a limit below 1.", "Only `scheme://host:port`."],
      filter_invalid: ["A field or cursor that does not exist.", "Cursors come from the answer before."],
      dead_letters_invalid: ["As `filter_invalid`.", "As `filter_invalid`."],
      outcomes_invalid: ["A cursor of another list, a group's name with blanks.", "Begin without a cursor."],
      metrics_invalid: ["Too many points.", "A longer step, or a shorter time."],
      events_invalid: ["As `outcomes_invalid`.", "Begin without a cursor."],
      subscription_invalid: [
        "An event that does not exist, an action that is not there.",
        "See docs/events.md.",
      ],
      secret_invalid: ["A name with blanks, an empty value.", "Letters, digits and `_`, no digit first."],
      token_invalid: [
        "A scope that does not exist, an expiry in the past.",
        "`postrider tokens create --help`.",
      ],
      request_malformed: ["No JSON, no UTF-8.", "Mend the client."],
      request_invalid: ["A field is wrong; the problem names each.", "Mend the client."],
      body_too_large: ["Many customers in one document.", "Stream them as NDJSON, which has no limit."],
      headers_too_large: ["Cookies, or a huge token.", "Mend the client."],
      media_type_unsupported: [
        "No `Content-Type`, or one that the route does not read.",
        "`application/json`, or `application/x-ndjson` for streams.",
      ],
      idempotency_key_invalid: ["Too long, or with blanks.", "1 to 255 visible characters."],
      idempotency_mismatch: ["One key for two requests: a bug in the caller.", "A key for each request."],
      file_unreadable: ["A wrong path, or no permission.", "Look at the path that the message names."],
    },
  },
  {
    title: "It is not there",
    impact:
      "Nothing was changed. Many at once: this Redis, or this key prefix, is not the one that is meant.",
    look: [STATUS, CHANGES],
    act: [
      "Look whether the id is right, and whether the process talks to the Redis that is meant (`POSTRIDER_REDIS_URL`, `POSTRIDER_KEY_PREFIX`).",
    ],
    worked: ["The same request finds it."],
    lines: {
      action_unknown: ["Never saved here, or a wrong version.", "`postrider actions list`; save it."],
      run_unknown: ["Nothing was enqueued for it, or 30 days ago.", "`postrider runs list`."],
      delivery_unknown: [
        "It ended longer ago than POSTRIDER_IDEMPOTENCY_WINDOW_MS.",
        "Ask by its customer or run.",
      ],
      dead_letter_unknown: [
        "Replayed, purged or dropped meanwhile.",
        '`postrider deliveries show "$DELIVERY"` tells how it ended.',
      ],
      outcomes_unknown: ["The group never read, or was removed.", "`postrider outcomes groups`."],
      events_unknown: ["The group never read, or was removed.", "`postrider events groups`."],
      subscription_unknown: ["Removed, or a typing error.", "`postrider subscriptions list`."],
      secret_unknown: ["Removed, or a typing error.", "`postrider secrets list`."],
      snippet_unknown: ["Removed, or a typing error.", "`postrider snippets list`."],
      token_unknown: ["Revoked, or a typing error.", "`postrider tokens list`."],
      task_unknown: ["It ended a week ago.", "`postrider tasks list`."],
      not_found: ["A wrong path, or an older release.", "`/openapi.json` lists the paths."],
      method_not_allowed: ["A wrong method.", "`Allow` names the right ones."],
    },
  },
  {
    title: "Something else holds it, or it is over",
    impact: "Nothing was changed. The caller decides what to do.",
    look: [REQUEST, CHANGES],
    act: ["Look at the thing as it is now, then decide."],
    worked: ["The request is accepted, or is not needed any more."],
    lines: {
      action_archived: [
        "Somebody archived it.",
        '`postrider actions restore "$ACTION"`, if it is to be used again.',
      ],
      customers_not_indexed: [
        "POSTRIDER_CUSTOMERS_KEPT_MS is 0.",
        "Set it; from then on customers are found.",
      ],
      metrics_off: ["POSTRIDER_ROLL_UPS_MINUTES_KEPT_MS is 0.", "Set it; from then on there are charts."],
      run_mismatch: ["The run's name was used before, for another action or lane.", "Another name."],
      run_cancelled: ["Somebody cancelled it.", "Another name; a cancelled run stays so."],
      delivery_under_way: ["A worker has it in flight.", "Again in a moment; it may have been sent."],
      delivery_ended: ["It was sent, or cancelled before.", "Nothing."],
      outcomes_held: ["Two readers for one group.", "Stop one, or give it a group of its own."],
      events_held: ["Two readers for one group.", "Stop one, or give it a group of its own."],
      outcomes_missed: [
        "The reader was away for too long, or POSTRIDER_OUTCOMES_KEPT is small.",
        'Read on, and fetch what is missing by run: `postrider deliveries list --run "$RUN"`.',
      ],
      events_missed: ["The reader was away for too long.", "Read on; look at the state of things instead."],
      precondition_failed: ["Somebody saved a newer version.", "Read it, merge, save again."],
      idempotency_under_way: ["The first request has not ended.", "Again after `Retry-After`."],
      idempotency_withheld: [
        "The answer held a secret that is shown once.",
        "Make a new token, under a new key.",
      ],
    },
  },
  {
    title: "Who may what",
    impact: "That caller is kept out; others are not.",
    look: ["$ postrider tokens list  # scopes, and when each expires", CHANGES],
    act: [
      "Give the caller what it should have, and no more:",
      "$ postrider tokens create crm --scope enqueue",
    ],
    worked: ["Its requests are answered 2xx.", "$ postrider tokens list"],
    lines: {
      unauthorized: ["Expired, revoked, mistyped, or none.", "A new token."],
      forbidden: [
        "A scope, an action or a lane that the token lacks.",
        "A token with it, if it should have it.",
      ],
      rate_limited: [
        "A caller in a loop, or POSTRIDER_API_REQUESTS_PER_SECOND too low.",
        "Send many in one stream; raise the rate.",
      ],
    },
  },
  {
    title: "The connection",
    impact:
      "That request, or what was left of its stream, was not taken in. Sent again it is safe: runs and keys make duplicates of what was.",
    look: [
      READY,
      '$ curl -sS -H "Authorization: Bearer $POSTRIDER_TOKEN" "$API/v1/runs"  # does it answer from here?',
    ],
    act: ["Send it again."],
    worked: ["It is answered.", READY],
    lines: {
      request_timeout: ["A slow or broken client or network.", "Send it again."],
      stream_silent: ["The producer's own source stood still.", "Send the same run again."],
      api_unreachable: ["A wrong POSTRIDER_URL, or an API that is down.", "Ask it directly with curl."],
      api_foreign: ["A proxy's page, or another service.", "Mend POSTRIDER_URL."],
    },
  },
  {
    title: "Settings and ourselves",
    impact: "A process does not start, or a request ends in 500.",
    look: ["The first lines of the process' log.", READY],
    act: ["Mend the setting that the message names, and start it again."],
    worked: ["It starts and is ready.", READY],
    lines: {
      settings_invalid: [
        "A typing error in a name, a value out of range.",
        "The message names it; docs/settings.md lists all.",
      ],
      processes_end: [
        "What a worker process needs is missing or broken, such as memory.",
        "Its lines before, and what it wrote to standard error, say what; `POSTRIDER_PROCESSES=1` shows it alone.",
      ],
      port_taken: ["An older process still runs.", "Stop it, or choose another port."],
      key_missing: [
        "POSTRIDER_SECRET_KEYS lacks a key under which something is sealed.",
        "Give the process all keys, the old ones behind the new one.",
      ],
      internal: [
        "A bug.",
        "Keep the log under the request's id; go back to the release before where it is new.",
      ],
    },
  },
];
