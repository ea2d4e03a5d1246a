import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import { describe, expect, test } from "vitest";
import { compileAction } from "../../compile.ts";

function compose(document: Partial<ActionDocument>, customer: unknown = {}) {
  const headers = [{ name: "content-type", value: "text/plain" }];
  return compileAction(parseAction({ id: "a", url: "https://h/", headers, ...document })).compose(
    { id: "d", dueAt: Date.UTC(2026, 10, 24, 9) },
    { customer },
  );
}

function print(body: string, customer?: unknown): unknown {
  const composed = compose({ body }, customer);
  return composed.kind === "request" ? composed.request.body : composed;
}

describe("dates", () => {
  const customer = { at: 1_720_000_000, zone: "+0530", none: null, format: "%J %d", text: "not yet" };
  test.each([
    ["{{ '01-15-2024' | date: '%Y-%m-%d' }} {{ '15-Jan-2024' | date: '%Y-%m-%d' }}", "2024-01-15 2024-01-15"],
    ["{{ customer.at | date: '%H:%M', '+0200' }} {{ customer.at | date: '%H:%M', '+05:30' }}", "11:46 15:16"],
    [
      "{{ customer.at | date: '%H:%M', customer.zone }} {{ customer.at | date: '%H:%M', '+02:00' }}",
      "15:16 11:46",
    ],
    ["{{ customer.at | date: '%H:%M', '(GMT-05:00) Eastern Time (US & Canada)' }}", "05:46"],
    ["{{ 1704448800 | date: '%H:%M', '(GMT-05:00) Eastern Time (US & Canada)' }}", "05:00"],
    ["{{ customer.at | date: '%H:%M', 'Eastern Time (US & Canada)' }}", "05:46"],
    ["{{ customer.at | timezone: '(GMT-05:00) Eastern Time (US & Canada)' | date: '%H:%M' }}", "05:46"],
    ["{{ customer.at | timezone: 'Eastern Time (US & Canada)' | date: '%H:%M' }}", "05:46"],
    ["{{ customer.at | timezone: '+0200' | date: '%H:%M' }}", "11:46"],
    ["{{ '2024-01-15 10:00:00.123456+02' | date: '%H:%M %6N' }}", "08:00 123456"],
    ["{{ '2025-01-02T03:04:05-01' | date: '%H:%M' }}", "04:04"],
    ["{{ 1625079104 | date: '%D' }}", "06/30/21"],
    ["{{ customer.at | date: '%x %X %c' }}", "07/03/24 09:46:40 Wed Jul  3 09:46:40 2024"],
    [
      "{{ customer.at | date: '%G-W%V-%u %g %U %W %C|%n|%t|%h %v %+' }}",
      "2024-W27-3 24 26 27 20|\n|\t|Jul  3-JUL-2024 Wed Jul  3 09:46:40 UTC 2024",
    ],
    ["{{ customer.at | date: '%-d %^a %010Y %_m %P' }}", "3 WED 0000002024  7 am"],
    ["{{ customer.at | date }}", "Wednesday, July 3, 2024 at 9:46 am +0000"],
    ["{{ customer.at | date: '' }}{{ customer.at | date: customer.none }}", "17200000001720000000"],
    ["{{ customer.none | date: '%F' }}{{ customer.text | date: '%F' }}{{ nil | date: '%F' }}", "not yet"],
    ["{{ customer.at | date: customer.format }} {{ customer.at | date: '%H', customer.none }}", "%J 03 09"],
    ["{{ '2024-02-30' | date: '%F' }} {{ 1700000000123 | date: '%F' }}", "2024-03-01 2023-11-14"],
    [
      "{{ 'NOW' | date: '%F' }} {{ 'now' | add_day: 1 | date: '%F' }} {{ '2024-01-31' | add_month: 1 | date: '%F' }}",
      "2026-11-24 2026-11-25 2024-02-29",
    ],
    ["{{ 1700000000123 | add_day: 1 | date: '%F' }}", "2023-11-15"],
    [
      "{{ '2024-01-01' | date_to_string: 'ordinal', 'US' }} {{ '2024-01-22' | date_to_long_string: 'ordinal' }}",
      "Jan 1st, 2024 22nd January 2024",
    ],
    [
      "{% capture at %}2024-01-15{% endcapture %}{{ at | date: '%d' }}{{ '2024-01-15' | escape | date: '%d' }}",
      "1515",
    ],
  ])("%s prints %s", (template, prints) => {
    expect(print(template, customer)).toBe(prints);
  });

  test.each([
    ["x\n{{ 0 | date: '%J' }}", /body \(line 2, column 14\): date: %J is no directive of strftime; .*%%J/],
    ["{% assign x = 0 | date: '%d %-Q' %}", /date: %-Q is no directive/],
    ["{% if true %}{% echo 0 | date: '%E' %}{% endif %}", /date: %E is no directive/],
    ["{{ 0 | date: '%F', 'Nowhere/Land' }}", /date: "Nowhere\/Land" is no time zone; write a name such as/],
    ["{{ 0 | timezone: '+5' }}", /timezone: "\+5" is no time zone/],
    ["{{ 0 | date: '%F', 100000 }}", /date: "100000" is no time zone/],
  ])("%s is refused when the action is saved", (body, message) => {
    expect(() => compose({ body })).toThrow(message);
  });

  test("a format with a directive that does not exist is refused in a snippet, too", () => {
    const snippets = { s: "\n{{ 0 | date: '%J' }}" };
    expect(() => compose({ body: "{{ snippets.s }}", snippets })).toThrow(
      /snippets\.s \(line 2, column 14\): date: %J/,
    );
  });

  test("a format as wide as its data please has the limit of everything that a template makes", () => {
    const wide = (format: string) => compose({ body: "{{ 0 | date: customer.f }}" }, { f: format });
    expect(wide("%1000d")).toMatchObject({ request: { body: `${"0".repeat(998)}01` } });
    expect(wide("%9000000d")).toMatchObject({ reason: "template_too_costly" });
  });
});
