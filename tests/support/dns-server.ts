// A name server for a test: one UDP socket that answers A and AAAA questions by a script (RFC 1035, as little
// of it as that takes).

import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

export interface NameServer {
  /** `address:port`, as POSTRIDER_DNS_SERVERS takes it. */
  readonly place: string;
  /** Names that were asked for, with the type, in order. */
  readonly asked: string[];
  /** Those of them that were answered. */
  readonly answered: string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** All addresses of a name, of both families; null: no such name; "silence": no answer at all. */
export type Zone = (name: string, nth: number) => readonly string[] | null | "silence";

const TYPES: Readonly<Record<number, "A" | "AAAA">> = { 1: "A", 28: "AAAA" };
const NAME_ERROR = 3;

/** An answer is kept back until this resolves; null: sent at once. */
export type Hold = (name: string, type: "A" | "AAAA") => Promise<unknown> | null;

export async function startNameServer(
  zone: Zone,
  ttlSeconds = 60,
  holdBack: Hold = () => null,
): Promise<NameServer> {
  const asked: string[] = [];
  const answered: string[] = [];
  let isOpen = true;
  const socket = createSocket("udp4");
  socket.on("message", (query, { address, port }) => {
    const { name, type, end } = readQuestion(query);
    asked.push(`${name} ${type}`);
    const addresses = zone(name, asked.filter((entry) => entry === `${name} ${type}`).length);
    if (addresses === "silence") return;
    const records = (addresses ?? []).filter((text) => text.includes(":") === (type === "AAAA"));
    const header = Buffer.alloc(12);
    header.writeUInt16BE(query.readUInt16BE(0), 0);
    header.writeUInt16BE(0x8180 | (addresses === null ? NAME_ERROR : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    const answers = records.map((text) => toRecord(text, type === "A" ? 1 : 28, ttlSeconds));
    const answer = Buffer.concat([header, query.subarray(12, end), ...answers]);
    const send = (): void => {
      if (isOpen) socket.send(answer, port, address, () => answered.push(`${name} ${type}`));
    };
    const held = holdBack(name, type);
    if (held === null) send();
    else void held.then(send);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    place: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    asked,
    answered,
    async [Symbol.asyncDispose]() {
      isOpen = false;
      socket.close();
      await once(socket, "close");
    },
  };
}

function readQuestion(query: Buffer): { name: string; type: "A" | "AAAA"; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return {
    name: labels.join(".").toLowerCase(),
    type: TYPES[query.readUInt16BE(at + 1)] ?? "A",
    end: at + 5,
  };
}

function toRecord(address: string, type: number, ttlSeconds: number): Buffer {
  const data = toBytes(address);
  const head = Buffer.alloc(12);
  // A pointer to the question's name.
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttlSeconds, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function toBytes(address: string): Buffer {
  if (!address.includes(":")) return Buffer.from(address.split(".").map(Number));
  // Node writes addresses out in full nowhere, but the URL standard's serializer is canonical enough to
  // expand.
  const [head = "", tail = ""] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === "" ? [] : tail.split(":");
  const groups = [...first, ...new Array<string>(8 - first.length - last.length).fill("0"), ...last];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}
