// Every example of the help text that this product grew from, through the worker's own steps, byte for byte
// at a real receiver.

import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { testAction } from "@postrider/worker/test-send";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LOOPBACK } from "../support/network.ts";
import { type ReceivedRequest, type Receiver, reply, startReceiver } from "../support/receiver.ts";

const settings = readSettings({ ...LOOPBACK });
const customer = {
  id: 1,
  email: "win@customer.io",
  first_name: "Win",
  last_name: 'O"Neil',
  custom_attribute: "value",
  note: "a => b\n",
  nothing: null,
};

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver(() => reply(200, { "content-type": "application/json" }, '{"ok":true}'));
});
afterAll(() => receiver.close());

/** Sends, and gives what arrived. */
async function arrived(document: Partial<ActionDocument>): Promise<ReceivedRequest> {
  const before = receiver.requests.length;
  const action = parseAction({ id: "help", url: `${receiver.url}/post`, ...document });
  const result = await testAction(action, { customer }, settings);
  expect(result).toMatchObject({ verdict: "delivered", reason: "reply_2xx", problems: [] });
  expect(receiver.requests.length).toBe(before + 1);
  return receiver.requests.at(-1) as ReceivedRequest;
}

const typed = (value: string) => [{ name: "Content-Type", value }];

test.each(["GET", "POST", "PUT", "DELETE", "PATCH"] as const)("the method %s", async (method) => {
  const url = `${receiver.url}/people/{{ customer.id }}?email={{ customer.email }}`;
  const sent = await arrived({ method, url, ...(method !== "GET" && { body: '{"id": {{ customer.id }}}' }) });

  expect(sent).toMatchObject({ method, path: "/people/1?email=win%40customer.io" });
  expect(sent.body).toBe(method === "GET" ? "" : '{"id": 1}');
  expect(sent.headers["content-type"]).toBe(method === "GET" ? undefined : "application/json");
});

test("custom headers, and the content type that is added to them", async () => {
  const { rawHeaders, headers } = await arrived({
    headers: [
      { name: "X-Api-Version", value: "2" },
      { name: "X-Customer", value: "{{ customer.first_name }}" },
    ],
    body: "{}",
  });

  expect(headers).toMatchObject({
    "content-type": "application/json",
    "x-api-version": "2",
    "x-customer": "Win",
  });
  expect(rawHeaders).toEqual(expect.arrayContaining(["X-Api-Version", "X-Customer"]));
});

describe("content types", () => {
  const form =
    "id={{ customer.id }}&email={{ customer.email }}&custom_attribute={{ customer.custom_attribute }}";
  test.each([
    [
      "application/x-www-form-urlencoded",
      "application/x-www-form-urlencoded",
      form,
      "id=1&email=win%40customer.io&custom_attribute=value",
    ],
    [
      "x-www-form-urlencoded",
      "application/x-www-form-urlencoded",
      form,
      "id=1&email=win%40customer.io&custom_attribute=value",
    ],
    // A text without values is sent as it is written.
    [
      "x-www-form-urlencoded",
      "application/x-www-form-urlencoded",
      "id=1&email=win@customer.io&custom_attribute=value",
      "id=1&email=win@customer.io&custom_attribute=value",
    ],
    [
      "text/plain",
      "text/plain",
      "Hello {{ customer.first_name }} {{ customer.last_name }}",
      'Hello Win O"Neil',
    ],
    [
      "text/xml",
      "text/xml",
      "<p name='{{ customer.last_name }}'>{{ customer.note }}</p>",
      "<p name='O&#34;Neil'>a =&gt; b\n</p>",
    ],
  ])("%s", async (type, registered, body, bytes) => {
    const sent = await arrived({ headers: typed(type), body });

    expect(sent.headers["content-type"]).toBe(registered);
    expect(sent.body).toBe(bytes);
    expect(sent.headers["content-length"]).toBe(String(Buffer.byteLength(bytes)));
  });
});

test("basic auth in the URL", async () => {
  const sent = await arrived({ url: `${receiver.url.replace("//", "//user:p%40ss@")}/x`, body: "{}" });

  expect(sent.path).toBe("/x");
  expect(sent.headers["authorization"]).toBe(`Basic ${Buffer.from("user:p@ss").toString("base64")}`);
});

test("a JSON of two attributes", async () => {
  const { body } = await arrived({
    body: '{"first_name": "{{ customer.first_name }}", "last_name": "{{customer.last_name}}"}',
  });

  expect(body).toBe('{"first_name": "Win", "last_name": "O\\"Neil"}');
});

test("the whole customer by the idiom", async () => {
  const { body } = await arrived({ body: '{{ customer | replace: "=>", ":" }}' });

  expect(body).toBe(
    '{"id":1,"email":"win@customer.io","first_name":"Win","last_name":"O\\"Neil","custom_attribute":"value","note":"a =\\u003e b\\n","nothing":null}',
  );
  expect(JSON.parse(body)).toEqual(customer);
});

test("form pairs", async () => {
  const { body } = await arrived({
    form: [
      { name: "id", value: "{{ customer.id }}" },
      { name: "name", value: "{{ customer.last_name }}" },
    ],
  });

  expect(body).toBe("id=1&name=O%22Neil");
});
