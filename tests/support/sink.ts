// A receiver that takes everything at once and keeps nothing, for runs too long to remember.

import { createServer } from "node:http";
import { listenOnLoopback } from "./listen.ts";

export function startSink() {
  return listenOnLoopback(
    createServer((request, response) => {
      request.resume().once("end", () => response.end("ok"));
    }),
  );
}
