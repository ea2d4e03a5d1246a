// What is sent must not depend on the zone of the machine that sends it. A process has one zone, so that each needs its own.

import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

const DATES = [
  "2024-01-31 23:30",
  "2024-01-31T23:30:00",
  "2024-01-31T23:30:00+02:00",
  "2024-01-31",
  "Jan 31 2024 23:30",
  "31 January 2024",
  "Wed, 31 Jan 2024 23:30:00 GMT",
  "1706743800",
];

function datesIn(zone: string): unknown {
  // A process of its own has no loader for TypeScript.
  const compile = new URL("../../../dist/compile.js", import.meta.url).href;
  const printed = '{{ at | date: "%Y-%m-%d %H:%M" }}{% unless forloop.last %}|{% endunless %}';
  const document = {
    id: "a",
    url: "https://h.example.com/",
    headers: [{ name: "Content-Type", value: "text/plain" }],
    body: `{% for at in customer.dates %}${printed}{% endfor %}`,
  };
  const script = `
    import { compileAction } from ${JSON.stringify(compile)};
    import { parseAction } from "@postrider/shared/action";
    const action = compileAction(parseAction(${JSON.stringify(document)}));
    const scope = { customer: { dates: ${JSON.stringify(DATES)} } };
    console.log(action.compose({ id: "d", dueAt: 0 }, scope).request.body);
  `;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: new URL(".", import.meta.url),
    env: { TZ: zone },
    encoding: "utf8",
  });
  return output.trim().split("|");
}

test.each(["America/New_York", "Asia/Tokyo"])("a date without a zone is read as UTC in %s", (zone) => {
  expect(datesIn(zone)).toEqual([
    "2024-01-31 23:30",
    "2024-01-31 23:30",
    "2024-01-31 21:30",
    "2024-01-31 00:00",
    "2024-01-31 23:30",
    "2024-01-31 00:00",
    "2024-01-31 23:30",
    "2024-01-31 23:30",
  ]);
});
