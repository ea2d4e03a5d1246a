// `postrider top` in a real terminal: what it shows, what its keys do, and how it leaves the terminal.

import { stripVTControlCharacters } from "node:util";
import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { run } from "../support/command-line.ts";
import { eventually } from "../support/eventually.ts";
import { closedPort } from "../support/network.ts";
import { type StartedProcess, startPostrider } from "../support/processes.ts";
import { startProxy } from "../support/proxy.ts";
import { isolatedRedisUrl, oneServerUrl } from "../support/redis.ts";
import { customers, startSystem } from "../support/system.ts";
import { POSTRIDER, startInTerminal } from "../support/terminal.ts";

const ENTERED = "\u001b[?1049h";
const LEFT = "\u001b[?1049l";

/** The last frame that was drawn, as somebody sees it. */
function screenOf({ stdout }: StartedProcess): string {
  return stripVTControlCharacters(stdout.slice(stdout.lastIndexOf("\u001b[H")));
}

const shows = (terminal: StartedProcess, pattern: RegExp) =>
  eventually(() => expect(screenOf(terminal)).toMatch(pattern));

test("keys pause, resume and limit what is marked, and the terminal is as it was before", async () => {
  await using system = await startSystem();
  await system.apply();
  await system.producer.enqueueMany({ action: "a", run: "spring", customers: customers(3) });
  await system.producer.destinations.pause("https://api.example.com");
  await using terminal = startInTerminal(
    `before=$(stty -g); ${POSTRIDER} top --interval 0.5; echo "code $?"; [ "$before" = "$(stty -g)" ] && echo as before`,
    { POSTRIDER_REDIS_URL: system.redisUrl },
  );
  await shows(terminal, /bulk +no +3 [\s\S]*api\.example\.com +paused [\s\S]*spring +running +a@1 +░+ +0%/);

  terminal.write("\t\tp");
  await shows(terminal, /> spring +paused [\s\S]*spring paused/);
  expect(await system.producer.runs.get("spring")).toMatchObject({ state: "paused" });
  terminal.write("cn");
  await shows(terminal, /not cancelled/);
  terminal.write("cy");
  await shows(terminal, /spring cancelled/);
  terminal.write("\u001b[Zl50\r");
  await shows(terminal, /is limited to 50 requests a second/);
  terminal.write("r");
  await shows(terminal, /> https:\/\/api\.example\.com +limited +– +– +50 /);
  terminal.write("l0.0001\r");
  await shows(terminal, /limits\.ratePerSecond: must be a number from 0\.001/);
  terminal.write("?");
  await shows(terminal, /any key goes back/);
  terminal.write("xq");
  await terminal.waitForOutput(/as before/);

  expect(await system.producer.destinations.show("https://api.example.com")).toMatchObject({
    isPaused: false,
    limits: { ratePerSecond: 50 },
  });
  expect(terminal.stdout.slice(terminal.stdout.lastIndexOf(LEFT))).toMatch(/code 0\r\nas before\r\n$/);
  expect(terminal.stdout).toContain("\u001b[?25h");
});

test("a Redis that goes away is told of, and what it says is shown again when it is back", async () => {
  const { port, pathname } = new URL(await oneServerUrl());
  await using proxy = await startProxy(Number(port));
  await using terminal = startInTerminal(`${POSTRIDER} top --interval 0.5`, {
    POSTRIDER_REDIS_URL: `${proxy.url}${pathname}`,
  });
  await shows(terminal, /every destination flows freely/);
  proxy.leadTo(await closedPort());
  proxy.cut();
  await shows(terminal, /Redis has not answered for \d+ s/);
  terminal.write("\t");
  proxy.leadTo(Number(port));
  await shows(terminal, /▸ DESTINATIONS[\s\S]*q quit/);
  terminal.write("\u0003");

  expect(await terminal.exited).toEqual({ code: 130, signal: null });
  expect(terminal.stdout.lastIndexOf(LEFT)).toBeGreaterThan(terminal.stdout.lastIndexOf(ENTERED));
});

test("ctrl-z gives the terminal to the shell, fg takes it back, and SIGTERM leaves it as it was", async () => {
  const POSTRIDER_REDIS_URL = await isolatedRedisUrl();
  await using terminal = startInTerminal(
    `exec bash -c 'set -m; ${POSTRIDER} top; echo stopped $?; jobs -p; fg > /dev/null; echo ended $?'`,
    { POSTRIDER_REDIS_URL },
  );
  await shows(terminal, /no worker is alive/);
  terminal.write("\u001a");
  const [, pid] = await terminal.waitForOutput(/stopped 148\r\n(\d+)\r\n/);
  const { stdout } = terminal;
  expect(stdout.lastIndexOf(LEFT, stdout.indexOf("stopped"))).toBeGreaterThan(0);
  await eventually(() =>
    expect(terminal.stdout.lastIndexOf(ENTERED)).toBeGreaterThan(terminal.stdout.indexOf("stopped")),
  );
  terminal.write("?");
  await shows(terminal, /any key goes back/);

  process.kill(Number(pid), "SIGTERM");
  expect(await terminal.exited).toMatchObject({ code: 0 });
  expect(terminal.stdout.slice(terminal.stdout.lastIndexOf(LEFT))).toMatch(/ended 143\r\n$/);
});

test("without a terminal it says what to ask for instead: --once as text, --json by the look", async () => {
  const redisUrl = await isolatedRedisUrl();
  const environment = { POSTRIDER_REDIS_URL: redisUrl };
  const producer = await createProducer({ redis: redisUrl });
  await producer.destinations.limit("https://api.example.com", { concurrency: 2 });
  await producer.close();

  expect(await run(["top"], environment)).toMatchObject({ code: 2, stderr: expect.stringMatching(/--once/) });
  const once = await run(["top", "--once"], environment);
  expect(once).toMatchObject({ code: 0, stderr: "" });
  expect(once.stdout).toMatch(/^postrider {2}20.*\n {2}LANES [\s\S]*https:\/\/api\.example\.com +limited/);
  expect(once.stdout).toBe(stripVTControlCharacters(once.stdout));
  expect(JSON.parse((await run(["top", "--once", "--json"], environment)).stdout)).toMatchObject({
    endedPerSecond: 0,
    destinations: [{ origin: "https://api.example.com", state: "limited", concurrency: 2 }],
    workers: [],
  });

  await using looks = startPostrider(["top", "--json", "--interval", "0.5"], environment);
  await eventually(() => expect(looks.stdout.split("\n").length).toBeGreaterThan(2));
  looks.kill("SIGINT");
  expect(await looks.exited).toEqual({ code: 130, signal: null });
});
