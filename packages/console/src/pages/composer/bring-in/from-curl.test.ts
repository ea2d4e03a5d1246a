import { expect, test } from "vitest";
import { fromCurl } from "./from-curl.ts";

const documentOf = (line: string) => fromCurl(line).document;

test.each([
  ["curl https://a.example/x", { method: "GET", url: "https://a.example/x" }],
  ["curl a.example", { method: "GET", url: "http://a.example" }],
  ["$ /usr/bin/curl -sSL https://a.example", { method: "GET", url: "https://a.example", redirects: 5 }],
  [
    `curl -X PUT 'https://a.example/{{ customer.id }}' -H 'Content-Type: application/json' -d '{"a": "it'\\''s"}'`,
    { method: "PUT", url: "https://a.example/{{ customer.id }}", body: `{"a": "it's"}` },
  ],
  [
    `curl "https://a.example" \\\n  --header "X-A: b:c" \\\n  --json '{"a": 1}'`,
    { method: "POST", url: "https://a.example", headers: [{ name: "X-A", value: "b:c" }], body: '{"a": 1}' },
  ],
  [
    "curl https://a.example -d 'a=1&b=x%20y' -d c=3",
    {
      method: "POST",
      url: "https://a.example",
      form: [
        { name: "a", value: "1" },
        { name: "b", value: "x y" },
        { name: "c", value: "3" },
      ],
    },
  ],
  [
    "curl -G https://a.example/q?x=1 --data-urlencode 'name=A & B'",
    { method: "GET", url: "https://a.example/q?x=1&name=A%20%26%20B" },
  ],
  [
    "curl -XDELETE -uann:s:t https://a.example",
    { method: "DELETE", url: "https://a.example", auth: { basic: { username: "ann", password: "s:t" } } },
  ],
  [
    `curl https://a.example --data-raw $'{"a":"\\u0041\\n"}' -H 'content-type: application/xml'`,
    {
      method: "POST",
      url: "https://a.example",
      headers: [{ name: "content-type", value: "application/xml" }],
      body: '{"a":"A\n"}',
    },
  ],
  ["curl -m 2.5 -o out.txt https://a.example", { method: "GET", url: "https://a.example", timeoutMs: 2_500 }],
])("reads %s", (line, expected) => {
  expect(documentOf(line)).toEqual(expected);
});

test("what belongs to the connection is left out, and credentials are told of", () => {
  const { document, notes } = fromCurl(
    "curl -k https://a.example -H 'Host: b' -H 'Accept-Encoding: gzip' -H 'Authorization: Bearer x'",
  );
  expect(document["headers"]).toEqual([{ name: "Authorization", value: "Bearer x" }]);
  expect(notes.join("\n")).toMatch(/-k is left out[\s\S]*Host is left out[\s\S]*stored secret/);
});

test.each([
  ["wget https://a.example", /no curl line/],
  ["curl -H 'X: y'", /names no URL/],
  ["curl 'https://a.example", /has no end/],
  ["curl https://a.example -d @body.json", /from the file body.json/],
  ["curl https://a.example -F a=b", /multipart/],
  ["curl https://a.example -d", /needs a value/],
])("refuses %s", (line, message) => {
  expect(() => fromCurl(line)).toThrow(message);
});
