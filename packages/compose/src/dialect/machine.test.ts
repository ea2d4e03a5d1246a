// What is sent depends on the delivery alone: not on the zone or the language of the machine that composes
// it. A process has one of each, so that each pair needs its own.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CAMPAIGN_FILTERS } from "./filters/campaign-filters.ts";
import { LIQUIDJS_FILTERS } from "./filters/liquidjs-filters.ts";

/**
 * Zones with clock changes, far from UTC on both sides; languages with other digits, marks, names and cases.
 */
const MACHINES = [
  { TZ: "UTC", LANG: "C" },
  { TZ: "America/New_York", LANG: "de_DE.UTF-8" },
  { TZ: "Europe/Berlin", LANG: "tr_TR.UTF-8" },
  { TZ: "Pacific/Chatham", LANG: "ar_EG.UTF-8" },
];

/** A process of its own has no loader for TypeScript. */
const COMPILE = new URL("../../dist/compile.js", import.meta.url).href;
const SCRIPT = `
  import { compileAction } from ${JSON.stringify(COMPILE)};
  import { parseAction } from "@postrider/shared/parse-action";
  import { readFileSync } from "node:fs";
  const headers = [{ name: "Content-Type", value: "text/plain" }];
  const compose = ([body, values]) => {
    try {
      const action = compileAction(parseAction({ id: "a", url: "https://h.example.com/", headers, body }));
      return values.map((v) => {
        const composed = action.compose({ id: "d", dueAt: 1_732_439_287_000 }, { customer: { v } });
        return composed.kind === "request" ? composed.request.body : composed;
      });
    } catch (error) {
      return values.map(() => ({ refused: error.message }));
    }
  };
  console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(compose)));
`;

type Case = readonly [body: string, values: readonly unknown[]];
type Machine = Readonly<Record<"TZ" | "LANG", string>>;

async function run(machine: Machine, script: string, input = ""): Promise<string> {
  const child = promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    cwd: new URL(".", import.meta.url),
    env: machine,
    maxBuffer: 2 ** 28,
  });
  child.child.stdin?.end(input);
  return (await child).stdout;
}

/** What each case gives for each of its values, the same on every machine. */
async function composeOnAll(cases: readonly Case[]): Promise<unknown[][]> {
  const input = JSON.stringify(cases);
  const outputs = await Promise.all(MACHINES.map((machine) => run(machine, SCRIPT, input)));
  const [first = [], ...others] = outputs.map((output) => JSON.parse(output) as unknown[][]);
  for (const [index, other] of others.entries())
    for (const [at, answers] of other.entries())
      if (JSON.stringify(answers) !== JSON.stringify(first[at]))
        expect(answers, `${JSON.stringify(MACHINES[index + 1])}: ${JSON.stringify(cases[at])}`).toEqual(
          first[at],
        );
  return first;
}

test("the machines of this test are different ones", async () => {
  const script = "console.log(new Date(0).toLocaleString(), new Date(1.71e12).toLocaleString())";
  const texts = await Promise.all(MACHINES.map((machine) => run(machine, script)));
  expect(new Set(texts).size).toBe(MACHINES.length);
});

const PRINTED = "{{ customer.v | date: '%Y-%m-%d %H:%M' }}";

test("dates that were read or printed in the machine's zone or language", async () => {
  const cases: [template: string, value: unknown, right: string][] = [
    [PRINTED, "01-15-2024", "2024-01-15 00:00"],
    [PRINTED, "15-Jan-2024", "2024-01-15 00:00"],
    [PRINTED, "2024-03-10T02:30:00Z", "2024-03-10 02:30"],
    [PRINTED, "2024-03-10T05:15:00Z", "2024-03-10 05:15"],
    [PRINTED, "2024-03-31T02:30:00Z", "2024-03-31 02:30"],
    [PRINTED, "2024-01-31 23:30", "2024-01-31 23:30"],
    [PRINTED, "2024-01-31T23:30:00", "2024-01-31 23:30"],
    [PRINTED, "2024-01-31T23:30:00+02:00", "2024-01-31 21:30"],
    [PRINTED, "2024-01-31", "2024-01-31 00:00"],
    [PRINTED, "Jan 31 2024 23:30", "2024-01-31 23:30"],
    [PRINTED, "1.5", "1.5"],
    [
      "{{ customer.v | date: '%c|%x|%X|%a %B|%Z' }}",
      0,
      "Thu Jan  1 00:00:00 1970|01/01/70|00:00:00|Thu January|UTC",
    ],
    ["{{ customer.v | date: '%H:%M', 'America/New_York' }}", "2024-03-10T07:30:00Z", "03:30"],
    [
      "{{ customer.v | currency: 'xx', 'EUR' }} {{ customer.v | format_number: 'tlh' }}",
      1234.5,
      "€1,234.50 1,234.5",
    ],
  ];
  const answers = await composeOnAll(cases.map(([template, value]) => [template, [value]]));
  expect(answers.flat()).toEqual(cases.map(([, , right]) => right));
});

const DATES = fc.oneof(
  fc.date({ min: new Date("1950-01-01"), max: new Date("2060-01-01"), noInvalidDate: true }).chain((date) => {
    const iso = date.toISOString();
    const [, day = "", month = "", year = ""] = date.toUTCString().split(" ");
    return fc.constantFrom<unknown>(
      iso,
      iso.slice(0, 10),
      iso.slice(0, 19),
      iso.slice(0, 16).replace("T", " "),
      iso.replace("Z", "+02"),
      `${iso.slice(5, 7)}-${iso.slice(8, 10)}-${year}`,
      `${day}-${month}-${year}`,
      `${month} ${day}, ${year} 10:30 pm`,
      date.toUTCString(),
      date.getTime(),
      Math.floor(date.getTime() / 1_000),
      String(Math.floor(date.getTime() / 1_000)),
    );
  }),
  fc.constantFrom("now", "10:30", "June 5", "1.5", "-5", "2024"),
);
const VALUES = fc.oneof(
  { weight: 4, arbitrary: DATES },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("İstanbul Iıi", "ÄÖÜ ß", "straße, Zebra, ähnlich", "١٢٣", "1.234,5"),
  },
  { weight: 1, arbitrary: fc.array(fc.constantFrom("ä", "z", "a", "I", "ı", "İ", "b"), { maxLength: 5 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme" }) },
);
const ZONES = ["'Europe/Berlin'", "'+0530'", "60", "'(GMT-05:00) Eastern Time (US & Canada)'", "nil"];
const LOCALES = ["'de'", "'tr'", "'ar-EG'", "'fr-CH'", "'xx'", "''"];
const FORMATS = fc
  .array(fc.constantFrom(..."YCymBbhdejHkIlPpMSsAauwGgUVWcDxFRTXrvZz+q%"), { minLength: 1, maxLength: 4 })
  .map((letters) => `'${letters.map((letter) => `%${letter}`).join(" ")}'`);
const FILTERS = [...Object.keys(CAMPAIGN_FILTERS), ...Object.keys(LIQUIDJS_FILTERS)];
const USES = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(FORMATS, fc.constantFrom(...ZONES))
      .map(([format, zone]) => `date: ${format}, ${zone}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...ZONES.slice(0, 4)).map((zone) => `timezone: ${zone} | date: '%c'`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("format_number", "currency", "rounded_currency"), fc.constantFrom(...LOCALES))
      .map(([filter, locale]) => `${filter}: ${locale}`),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...FILTERS), fc.constantFrom("", ": 2", ": 'a'", ": 'a', 'b'"))
      .map(([filter, args]) => `${filter}${args}`),
  },
);
const TEMPLATES = fc
  .array(USES, { minLength: 1, maxLength: 2 })
  .map((uses) => `{{ customer.v | ${uses.join(" | ")} }}{% if customer.v > 'i' %}>{% endif %}{% random 9 %}`);

test("whatever is composed is composed alike in every zone and language", async () => {
  const cases = fc.sample(fc.tuple(TEMPLATES, fc.array(VALUES, { minLength: 6, maxLength: 6 })), 120);
  const answers = (await composeOnAll(cases)).flat();
  expect(answers).toHaveLength(720);
  // Most of them are compositions, and not failures that all machines share.
  expect(answers.filter((answer) => typeof answer === "string").length).toBeGreaterThan(200);
});
