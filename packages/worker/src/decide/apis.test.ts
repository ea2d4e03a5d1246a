// How large public APIs say when to come back, each as its own documentation has it: what a refusal of theirs
// carries, and what is made of it. Times are moved to the test's own.

import { RETRY_PRESETS } from "@postrider/shared/retry";
import { expect, test } from "vitest";
import { LazyText } from "../lazy-text.ts";
import { decide } from "./decide.ts";
import { askedWaitMs } from "./retry-after.ts";

/** 24 November 2026, 12:00:00 UTC. */
const NOW = 1_795_521_600_000;
const UNIX = NOW / 1_000;

interface Refusal {
  readonly api: string;
  /** The documentation's address, or where it is quoted; read in November 2026. */
  readonly source: string;
  readonly statuses: readonly number[];
  /** The moment's form in the header that counts. */
  readonly form: "seconds" | "milliseconds" | "Unix seconds" | "duration" | "date";
  readonly headers: Readonly<Record<string, string>>;
  readonly waitMs: number;
}

const REFUSALS: readonly Refusal[] = [
  {
    api: "GitHub, secondary limit",
    source: "https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api",
    statuses: [403, 429],
    form: "seconds",
    headers: { "retry-after": "60" },
    waitMs: 60_000,
  },
  {
    api: "GitHub, primary limit",
    source: "https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api",
    statuses: [403, 429],
    form: "Unix seconds",
    headers: {
      "x-ratelimit-limit": "60",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": `${UNIX + 90}`,
    },
    waitMs: 90_000,
  },
  {
    api: "GitLab",
    source: "https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/",
    statuses: [429],
    form: "seconds",
    headers: {
      "retry-after": "30",
      "ratelimit-remaining": "0",
      "ratelimit-reset": `${UNIX + 30}`,
      "ratelimit-resettime": "Tue, 24 Nov 2026 12:00:30 GMT",
    },
    waitMs: 30_000,
  },
  {
    api: "Discord",
    source: "https://docs.discord.com/developers/topics/rate-limits",
    statuses: [429],
    form: "seconds",
    headers: {
      "x-ratelimit-limit": "10",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": `${UNIX + 64}.570`,
      "x-ratelimit-reset-after": "64.57",
      "x-ratelimit-scope": "user",
    },
    waitMs: 64_570,
  },
  {
    api: "Okta",
    source: "https://developer.okta.com/docs/reference/rl-best-practices/",
    statuses: [429],
    form: "Unix seconds",
    headers: {
      "x-rate-limit-limit": "1200",
      "x-rate-limit-remaining": "0",
      "x-rate-limit-reset": `${UNIX + 45}`,
    },
    waitMs: 45_000,
  },
  {
    api: "X",
    source: "https://docs.x.com/fundamentals/rate-limits",
    statuses: [429],
    form: "Unix seconds",
    headers: {
      "x-rate-limit-limit": "900",
      "x-rate-limit-remaining": "0",
      "x-rate-limit-reset": `${UNIX + 900}`,
    },
    waitMs: 900_000,
  },
  {
    api: "Twitch",
    source: "https://discuss.dev.twitch.com/t/helix-rate-limit-for-streams-endpoint/12955",
    statuses: [429],
    form: "Unix seconds",
    headers: { "ratelimit-limit": "800", "ratelimit-remaining": "0", "ratelimit-reset": `${UNIX + 57}` },
    waitMs: 57_000,
  },
  {
    api: "Intercom",
    source: "https://developers.intercom.com/docs/references/rest-api/errors/rate-limiting",
    statuses: [429],
    form: "Unix seconds",
    headers: {
      "x-ratelimit-limit": "167",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": `${UNIX + 10}`,
    },
    waitMs: 10_000,
  },
  {
    api: "Twilio SendGrid",
    source: "https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits",
    statuses: [429],
    form: "Unix seconds",
    headers: {
      "x-ratelimit-limit": "150",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": `${UNIX + 20}`,
    },
    waitMs: 20_000,
  },
  {
    api: "Smartsheet",
    source:
      "https://developers.smartsheet.com/api/resource_management/getting-started/throttling-and-rate-limiting",
    statuses: [429],
    form: "Unix seconds",
    headers: {
      "x-ratelimit-limit": "120",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": `${UNIX + 33}`,
    },
    waitMs: 33_000,
  },
  {
    api: "Braze",
    source: "https://www.braze.com/docs/api/device_messaging_api/rate_limits",
    statuses: [429],
    form: "seconds",
    headers: {
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": `${UNIX + 9}`,
      "x-ratelimit-retry-after": "12",
    },
    waitMs: 12_000,
  },
  {
    api: "MailerLite (classic)",
    source: "https://developers-classic.mailerlite.com/docs/api-rate-limits",
    statuses: [429],
    form: "seconds",
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-retry-after": "41" },
    waitMs: 41_000,
  },
  {
    api: "Brevo",
    source: "https://developers.brevo.com/docs/limit-headers",
    statuses: [429],
    form: "seconds",
    headers: {
      "x-sib-ratelimit-limit": "1000",
      "x-sib-ratelimit-remaining": "0",
      "x-sib-ratelimit-reset": "25",
    },
    waitMs: 25_000,
  },
  {
    api: "Omnisend",
    source: "https://api-docs.omnisend.com/v5/reference/rate-limit-timeouts-errors",
    statuses: [429],
    form: "seconds",
    headers: { "x-rate-limit-limit": "400", "x-rate-limit-remaining": "0", "x-rate-limit-reset": "19" },
    waitMs: 19_000,
  },
  {
    api: "Zendesk",
    source:
      "https://developer.zendesk.com/documentation/api-basics/best-practices/best-practices-for-avoiding-rate-limiting",
    statuses: [429],
    form: "seconds",
    headers: { "x-rate-limit": "700", "x-rate-limit-remaining": "0", "retry-after": "93" },
    waitMs: 93_000,
  },
  {
    api: "Zendesk, lists",
    source:
      "https://developer.zendesk.com/documentation/api-basics/best-practices/best-practices-for-avoiding-rate-limiting",
    statuses: [429],
    form: "seconds",
    headers: {
      "x-rate-limit-remaining": "0",
      "ratelimit-limit": "700",
      "ratelimit-remaining": "0",
      "ratelimit-reset": "41",
      "zendesk-ratelimit-tickets-index": "total=100; remaining=0; resets=41",
    },
    waitMs: 41_000,
  },
  {
    api: "Resend",
    source: "https://resend.com/docs/api-reference/rate-limit",
    statuses: [429],
    form: "seconds",
    headers: { "ratelimit-limit": "2", "ratelimit-remaining": "0", "ratelimit-reset": "1" },
    waitMs: 1_000,
  },
  {
    api: "Persona",
    source: "https://docs.withpersona.com/v2021-07-05/reference/rate-limiting",
    statuses: [429],
    form: "seconds",
    headers: { "ratelimit-limit": "300", "ratelimit-remaining": "0", "ratelimit-reset": "53" },
    waitMs: 53_000,
  },
  {
    api: "WHOOP",
    source: "https://developer.whoop.com/docs/developing/rate-limiting",
    statuses: [429],
    form: "seconds",
    headers: {
      "x-ratelimit-limit": "100, 100;window=60, 10000;window=86400",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": "3",
    },
    waitMs: 3_000,
  },
  {
    api: "Cloudflare",
    source: "https://developers.cloudflare.com/fundamentals/api/reference/limits/",
    statuses: [429],
    form: "seconds",
    headers: { ratelimit: '"default";r=0;t=30', "ratelimit-policy": '"burst";q=100;w=60' },
    waitMs: 30_000,
  },
  {
    api: "Microsoft Graph",
    source: "https://developer.microsoft.com/en-us/graph/docs/concepts/throttling",
    statuses: [429],
    form: "seconds",
    headers: { "retry-after": "10" },
    waitMs: 10_000,
  },
  {
    api: "SailPoint",
    source: "https://developer.sailpoint.com/docs/api/v3/api/v3/rate-limit",
    statuses: [429],
    form: "seconds",
    headers: { "retry-after": "8" },
    waitMs: 8_000,
  },
  {
    api: "Azure Cosmos DB",
    source: "https://github.com/jbmusso/gremlin-javascript/issues/113",
    statuses: [429],
    form: "milliseconds",
    headers: { "x-ms-retry-after-ms": "9" },
    waitMs: 9,
  },
  {
    api: "Jira Cloud",
    source: "https://jira.atlassian.com/browse/JRACLOUD-69262",
    statuses: [429, 503],
    form: "date",
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-11-24T12:02Z" },
    waitMs: 120_000,
  },
  {
    api: "Zoom",
    source:
      "https://devforum.zoom.us/t/zoom-api-create-meeting-api-rate-limit-sample-error-when-breaching-limit/18928",
    statuses: [429],
    form: "date",
    headers: {
      "x-ratelimit-category": "Heavy",
      "x-ratelimit-type": "Daily-limit",
      "x-ratelimit-remaining": "0",
      "retry-after": "2026-11-24T12:30:00Z",
    },
    waitMs: 1_800_000,
  },
  {
    api: "Akamai Media Services",
    source: "https://techdocs.akamai.com/msl/reference/resource-limiting",
    statuses: [429],
    form: "date",
    headers: {
      "x-ratelimit-limit": "50",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-next": "2026-11-24T12:00:07.250Z",
    },
    waitMs: 7_250,
  },
  {
    api: "lemlist",
    source: "https://developer.lemlist.com/api-reference/getting-started/rate-limits",
    statuses: [429],
    form: "seconds",
    headers: {
      "retry-after": "2",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": "Tue Nov 24 2026 13:00:02 GMT+0100 (Central European Standard Time)",
    },
    waitMs: 2_000,
  },
  {
    api: "OpenAI",
    source: "https://community.openai.com/t/how-to-get-rate-limit-reset-time-for-response-api/1268905",
    statuses: [429],
    form: "duration",
    headers: {
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "1s",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "6m0s",
    },
    waitMs: 360_000,
  },
];

test.each(REFUSALS)("$api ($form)", ({ headers, waitMs, statuses }) => {
  expect(askedWaitMs(headers, NOW)).toBe(waitMs);
  for (const status of statuses) {
    const reply = { kind: "reply", status, headers, body: LazyText.of(""), isCut: false } as const;
    const policy = { ...RETRY_PRESETS.campaign, statuses: [403] };
    const facts = { attempt: 1, attemptsMax: 12, claims: 1, agesFrom: NOW, delivery: {} };
    // The least that chance can make of it.
    const verdict = decide(reply, facts, { policy, now: NOW, random: () => 0 });
    expect(verdict).toMatchObject({ kind: "retry", delayMs: waitMs });
  }
});
