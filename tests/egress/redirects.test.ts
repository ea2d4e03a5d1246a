// Redirects: off by default; on, each is a request of its own, with the method that RFC 9110 gives it and
// without what is secret elsewhere.

import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type Behaviour, reply, type Script, slow, startReceiver } from "../support/receiver.ts";
import { createSender, describeFinding, wireTo } from "../support/sender.ts";

const HEADERS = [
  ["Content-Type", "application/json"],
  ["Authorization", "Bearer s3cret"],
  ["Cookie", "session=s3cret"],
  ["X-Api-Key", "s3cret"],
  ["X-Anything", "s3cret"],
  ["Idempotency-Key", "k"],
].flat();

/** `/` redirects to where the test says; everything else is accepted. */
function redirecting(status: number, location: string): Script {
  return ({ path }) => (path === "/" ? reply(status, { location }) : reply(200));
}

test("no redirect is followed unless the action says how many", async () => {
  await using receiver = await startReceiver(redirecting(307, "/b"));
  await using sender = createSender();

  expect(describeFinding(await sender.send(receiver.url))).toBe("307");
  expect(receiver.requests).toHaveLength(1);
});

describe("methods (RFC 9110, 15.4)", () => {
  test.each([
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [303, "POST", "GET"],
    [307, "POST", "POST"],
    [308, "POST", "POST"],
    [301, "PUT", "PUT"],
    [302, "PUT", "PUT"],
    [303, "PUT", "GET"],
    [307, "PUT", "PUT"],
    [308, "DELETE", "DELETE"],
    [303, "DELETE", "GET"],
    [301, "GET", "GET"],
  ] as const)("%i makes of %s a %s", async (status, method, followed) => {
    await using receiver = await startReceiver(redirecting(status, "/b?x=1"));
    await using sender = createSender();

    const sent = await sender.send(receiver.url, { method, headers: HEADERS, redirects: 1 });

    expect(describeFinding(sent)).toBe("200");
    const [, second] = receiver.requests;
    expect(second).toMatchObject({ method: followed, path: "/b?x=1", key: "k" });
    const keepsBody = followed === method && method !== "GET";
    expect(second?.body).toBe(keepsBody ? "{}" : "");
    expect(second?.headers["content-type"]).toBe(followed === method ? "application/json" : undefined);
    expect(second?.headers["authorization"]).toBe("Bearer s3cret");
  });

  test.each([300, 304, 305, 306])("%i is not followed", async (status) => {
    await using receiver = await startReceiver(redirecting(status, "/b"));
    await using sender = createSender();

    expect(describeFinding(await sender.send(receiver.url, { redirects: 5 }))).toBe(String(status));
    expect(receiver.requests).toHaveLength(1);
  });
});

test("on another origin nothing goes along that may be secret, whatever its name, and the key still does", async () => {
  await using other = await startReceiver();
  await using receiver = await startReceiver(() => reply(307, { location: `${other.url}/b` }));
  await using sender = createSender();

  expect(describeFinding(await sender.send(receiver.url, { headers: HEADERS, redirects: 1 }))).toBe("200");

  const [request] = other.requests;
  expect(request?.rawHeaders.join()).not.toContain("s3cret");
  expect(request).toMatchObject({ body: "{}", key: "k", headers: { "content-type": "application/json" } });
});

test.each([
  ["a circle", "/", "302"],
  ["a file", "file:///etc/passwd", "url_invalid url_invalid"],
  ["a script", "javascript:alert(1)", "url_invalid url_invalid"],
  ["an odd spelling", "http://0x7f.1/", "address_forbidden address_forbidden"],
  ["credentials", "http://user:pass@127.0.0.1/", "address_forbidden address_forbidden"],
  ["a metadata service", "http://169.254.169.254/latest/", "address_forbidden metadata"],
  ["a private address", "http://10.0.0.1/", "address_forbidden private"],
  ["a port of another protocol", "http://127.0.0.1:25/", "address_forbidden port_blocked"],
  ["a path out of its folder", "http://127.0.0.1/../x", "url_invalid url_invalid"],
  ["nothing that is a URL", "http://[", "url_invalid url_invalid"],
])("a redirect to %s leads nowhere", async (_, location, finding) => {
  await using receiver = await startReceiver(redirecting(302, location));
  // Even if it were followed, it would end at the receiver.
  const wires = wireTo(Number(new URL(receiver.url).port));
  await using sender = createSender({}, { dial: wires.dial });

  expect(describeFinding(await sender.send(receiver.url, { redirects: 3 }))).toBe(finding);
  expect(new Set(wires.dialed)).toEqual(new Set(["127.0.0.1"]));
  expect(receiver.requests.length).toBeLessThanOrEqual(4);
});

test("all hops share one deadline", async () => {
  const HOP_MS = 400;
  let hops = 0;
  await using receiver = await startReceiver(() => {
    hops += 1;
    return slow(HOP_MS, hops < 4 ? reply(307, { location: `/${hops}` }) : reply(200));
  });
  await using sender = createSender();

  const sent = await sender.send(receiver.url, { redirects: 5, timeoutMs: 2 * HOP_MS });

  // With a deadline for each, the last one would have been reached.
  expect(describeFinding(sent)).toBe("timeout");
  expect(sent.totalMs).toBeGreaterThan(2 * HOP_MS - 10);
});

/** A redirect whose body never ends. */
function redirectWithoutEnd(location: string): Behaviour {
  return (response) => void response.writeHead(307, { location, "content-length": "50" }).write("abc");
}

test("a redirect is followed though its body does not end; the last one stands as the answer that came", async () => {
  await using receiver = await startReceiver(({ path }) =>
    path === "/" ? redirectWithoutEnd("/b") : reply(200),
  );
  await using sender = createSender();
  expect(describeFinding(await sender.send(receiver.url, { redirects: 1 }))).toBe("200");
  expect(receiver.requests).toHaveLength(2);

  const { finding } = await sender.send(receiver.url, { redirects: 0, timeoutMs: 2_000 });
  expect(finding).toMatchObject({ kind: "reply", status: 307, trouble: expect.stringContaining("2000 ms") });
});

test("a redirect that leaves no time to be followed is tried again, as what is slow", async () => {
  await using receiver = await startReceiver(() => slow(1_600, redirectWithoutEnd("/b")));
  await using sender = createSender();
  expect(describeFinding(await sender.send(receiver.url, { redirects: 1, timeoutMs: 2_000 }))).toBe(
    "timeout",
  );
});

test("called off while a redirect's body is read, it is not followed, and the delivery goes back", async () => {
  await using receiver = await startReceiver(() => redirectWithoutEnd("/b"));
  await using sender = createSender();
  const sent = sender.send(receiver.url, { redirects: 1 });
  // The answer has begun once this side has read its first bytes, which the receiver cannot see.
  await eventually(() => expect(receiver.requests).toHaveLength(1));
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = receiver.requests.length;

  sender.interrupts.interruptAll();

  expect((await sent).finding).toEqual({ kind: "interrupted" });
  expect(receiver.requests).toHaveLength(before);
});
