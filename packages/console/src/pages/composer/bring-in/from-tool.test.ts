import { expect, test } from "vitest";
import { fromBraze, fromCustomerIo } from "./from-tool.ts";

test("Customer.io's fields are taken as they are, integers exact", () => {
  const { document } = fromCustomerIo(
    '{"url": "https://a.example/{{customer.id}}", "method": "put", "headers": [{"name": "X-A", "value": "1"}], "body": {"order": 9007199254740993}}',
  );
  expect(document).toEqual({
    method: "PUT",
    url: "https://a.example/{{customer.id}}",
    headers: [{ name: "X-A", value: "1" }],
    body: '{\n  "order": 9007199254740993\n}',
  });
});

test("Braze's names become ours", () => {
  const { document, notes } = fromBraze(
    JSON.stringify({
      messages: {
        webhook: {
          url: `https://a.example/{{\${user_id}}}`,
          request_method: "POST",
          request_headers: { "Content-Type": "application/json", "X-Plan": `{{custom_attribute.\${plan}}}` },
          body: `{"n": "{{\${first_name} | default: 'friend'}}", "o": "{{event_properties.\${order id}}}", "c": "{{content_blocks.\${foot}}}"}`,
        },
      },
    }),
  );
  expect(document).toEqual({
    method: "POST",
    url: "https://a.example/{{customer.id}}",
    headers: [{ name: "X-Plan", value: "{{customer.plan}}" }],
    body: '{"n": "{{customer.first_name | default: \'friend\'}}", "o": "{{event["order id"]}}", "c": "{{snippets.foot}}"}',
  });
  expect(notes).toEqual(["The content block foot must be a snippet of that name."]);
});

test("what has no counterpart is told", () => {
  const { notes } = fromBraze(
    `{"url": "https://a.example", "body": "{% connected_content https://b.example :save x %}{{odd.\${a}}}"}`,
  );
  expect(notes.join("\n")).toMatch(/connected_content[\s\S]*odd\.\$\{a\} has no counterpart/);
});

test.each([
  ["{", /no JSON/],
  ["[]", /a JSON object/],
  ["{}", /no url/],
])("refuses %s", (text, message) => {
  expect(() => fromCustomerIo(text)).toThrow(message);
});
