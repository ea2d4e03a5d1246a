// Entries of the reasons why deliveries end, by whom they are about.

import type { Reason } from "@postrider/shared/outcome";
import { GROUPS } from "./entry.ts";
import type { Group } from "./group.ts";

const REPLAY = "Afterwards [replay](#replay-what-failed) what failed for it.";

export const REASON_GROUPS: readonly Group<Reason>[] = [
  {
    title: "Nothing is wrong",
    impact: "None: these are as somebody wished.",
    look: ["$ postrider metrics --by reason --measure ended --since 1h  # how many of each"],
    act: ["Nothing, unless there are more than somebody wished."],
    worked: ["$ postrider metrics --by reason --measure ended --since 15m"],
    lines: {
      reply_2xx: ["The usual end.", "Nothing."],
      cancelled: [
        "`{% cancel %}` in the template.",
        "If too many: preview the action with one of the customers.",
      ],
      run_cancelled: [
        "Somebody cancelled the run.",
        "`postrider audit --limit 20` tells who. A cancelled run takes nothing more in: enqueue under another name.",
      ],
      withdrawn: [
        "Somebody cancelled the delivery, alone or by a filter.",
        "`postrider audit --limit 20` tells who.",
      ],
      expired: [
        "`expiresAt` passed while it waited: the lane was behind, its run or destination paused, the circuit open.",
        "Find out what it waited for; a later `expiresAt`, or more workers, next time.",
      ],
    },
  },
  {
    title: "The destination refused or failed",
    impact:
      "The customer's call was not carried out, as far as the destination says. It is a dead letter and can be replayed.",
    look: [
      GROUPS,
      '$ postrider deliveries show "$DELIVERY"  # each attempt of one, with status and the beginning of the answer',
      '$ postrider destinations show "$ORIGIN"',
    ],
    act: [REPLAY],
    worked: ["No new ones of this reason.", "$ postrider metrics --by reason --measure failed --since 15m"],
    lines: {
      reply_unsuccessful: [
        "The answer's body says no (`success` of the action).",
        "Read the answer in the delivery's attempts; mend the data or the rule.",
      ],
      reply_1xx: ["A broken server or proxy at the destination.", "Tell them; replay when it is mended."],
      reply_3xx: [
        "The URL has moved.",
        "Put the new URL into the action, or allow `redirects`; replay with the present version.",
      ],
      reply_4xx: [
        "Wrong credentials or data, a URL that is gone, an API that changed.",
        "Status and answer tell which; mend the action, and replay with the present version.",
      ],
      reply_408: ["They are overloaded, or the way to them is slow.", "Replay later, with a rate."],
      reply_425: ["TLS early data in front of them.", "Tell them; replay."],
      reply_429: [
        "More was sent than they grant, for as long as the delivery may grow old.",
        '`postrider destinations limit "$ORIGIN" --rate 10 --for 2h` with what they grant; replay with that rate.',
      ],
      reply_5xx: [
        "Their failure, for longer than all retries.",
        "Wait until they are well; replay with a rate.",
      ],
      gone: [
        "They want no more of these: an end point that was deleted.",
        "Stop sending there. Purge instead of replaying.",
      ],
      abort_message: ["Their answer said so for this message.", "Nothing; purge."],
    },
  },
  {
    title: "No answer came",
    impact:
      "It is not known whether the destination carried the call out. It is a dead letter; a replay carries the same Idempotency-Key.",
    look: [
      "Destinations, *Attempts by fault*: one destination, or all of them?",
      "$ postrider metrics --by destination --measure attempts,failed --since 1h",
      '$ postrider actions test "$ACTION" --customer customer.json  # one request from a worker, with the time of each phase',
    ],
    act: [REPLAY],
    worked: ["Faults are rare again, circuits are closed.", "$ postrider destinations list"],
    lines: {
      dns: [
        "A name that does not exist, or name servers that do not answer.",
        "One name: mend the action. All: mend the name servers (`POSTRIDER_DNS_SERVERS`).",
      ],
      connect: ["Nobody listens there, or a firewall says no.", "One destination: theirs. All: our network."],
      connect_timeout: [
        "A firewall that drops, a host that is down, ports of a NAT gateway used up.",
        "As `connect`; a longer `connectTimeoutMs` seldom helps.",
      ],
      tls: [
        "Protocols or ciphers that do not meet; TLS spoken to a plain port.",
        "Mend the URL's scheme or port; tell them.",
      ],
      certificate: [
        "Expired, for another name, or by a CA that we do not know.",
        "Theirs to mend; a private CA goes into `POSTRIDER_TLS_FILE`.",
      ],
      timeout: [
        "They take longer than `timeoutMs`.",
        "Ask what they need; raise `timeoutMs`, and limit concurrency.",
      ],
      reset: [
        "They, or something between, close connections: restarts, idle timeouts, a crash by what we send.",
        "If one kind of body only: look at that request.",
      ],
      protocol: ["Something that is not HTTP listens there.", "Mend the URL's scheme or port."],
      headers_too_large: [
        "Something that is not HTTP, or announcements (1xx) without end.",
        "Theirs to mend.",
      ],
      proxy: [
        "The egress proxy is down, or refuses.",
        "Mend the proxy (`POSTRIDER_EGRESS_PROXY`), its credentials or its rules.",
      ],
      local: [
        "The worker's machine is out of descriptors, ports or memory.",
        "See [PostriderSocketsExhausted](#postridersocketsexhausted).",
      ],
      too_old: [
        "Retries went on until `maxAgeMs`.",
        "See the attempts of one for what they met; replay when that is mended.",
      ],
    },
  },
  {
    title: "The request could not be made",
    impact: "Nothing was sent. It is a dead letter that can be replayed with a mended version of the action.",
    look: [
      "$ postrider dead-letters groups --by action,reason",
      '$ postrider dead-letters show "$DELIVERY"  # the field, line and column at fault',
      '$ postrider actions preview "$ACTION" --customer customer.json  # with a customer that failed',
    ],
    act: [
      "Mend the action, save it, and replay with it:",
      "$ postrider dead-letters replay --reason value_missing --present-version --rate 50",
    ],
    worked: ["Composing fails no more.", "$ postrider metrics --by reason --measure failed --since 15m"],
    lines: {
      address_forbidden: [
        "The URL leads to a private address, a port or a host that is not allowed.",
        "A mistake or an attack: look at the URL. What is ours to reach: `POSTRIDER_ALLOW_NETWORKS`.",
      ],
      action_unknown: [
        "The version was never saved in this Redis, as after a restore.",
        "Save the action again (`postrider config apply postrider.yaml --yes`), then replay.",
      ],
      template: [
        "A filter or tag that cannot work with this customer's data.",
        "Preview with that customer; guard it with `if` or `default`.",
      ],
      template_too_costly: [
        "A loop over something large, or text that grows.",
        "Make the template smaller; bound its loops.",
      ],
      value_missing: [
        "This customer lacks what the template prints.",
        "`| default:`, `missing: empty`, or mend the data.",
      ],
      url_invalid: [
        "A value broke the URL, or `raw` stands where it should not.",
        "Preview with that customer.",
      ],
      header_invalid: ["A value with a line break in a header.", "Strip it: `| strip_newlines`."],
      body_invalid: [
        "A template that builds JSON by hand and does not for this customer.",
        "Preview shows line and column; let `escaping: auto` quote values.",
      ],
      request_too_large: ["A customer or event with far more data than others.", "Print less of it."],
    },
  },
  {
    title: "A secret or token is wanting",
    impact: "Nothing was sent. Deliveries wait for it at no attempt's cost, until they are too old.",
    look: [
      "$ postrider secrets list  # which there are, and under which key",
      "$ postrider dead-letters groups --by action,reason",
    ],
    act: [REPLAY],
    worked: ["They are delivered.", "$ postrider metrics --by reason --measure failed --since 15m"],
    lines: {
      key_missing: [
        "A worker started without a key of `POSTRIDER_SECRET_KEYS` under which something is sealed.",
        "Give all workers all keys, the old ones behind the new one.",
      ],
      secret_missing: [
        "It was removed, or never set here.",
        '`postrider secrets set "$SECRET" --file secret.txt`',
      ],
      secret_invalid: [
        "A value with a line break, no PEM, or no base64 where that is needed.",
        '`postrider secrets set "$SECRET" --file secret.txt`',
      ],
      auth_unavailable: [
        "The token endpoint was down for longer than the delivery may wait.",
        "See [PostriderTokensRefused](#postridertokensrefused).",
      ],
      auth_failed: [
        "Client id or secret are wrong, or the scope is.",
        "See [PostriderTokensRefused](#postridertokensrefused).",
      ],
    },
  },
  {
    title: "Ours",
    impact: "The delivery was set aside so that others can go on. It is a dead letter.",
    look: ['$ postrider dead-letters show "$DELIVERY"', "The workers' logs around that time."],
    act: [REPLAY],
    worked: ["No new ones.", "$ postrider dead-letters groups --by reason"],
    lines: {
      delivery_invalid: [
        "Written by hand, or by a release that this one cannot read.",
        "Run workers of the release that wrote it; then replay.",
      ],
      crash: [
        "Three workers in a row died with it in flight: out of memory, mostly.",
        "See [PostriderClaimsRunOut](#postriderclaimsrunout); replay a few first.",
      ],
      internal: ["A bug.", "Keep the log; replay with the next release."],
    },
  },
];
