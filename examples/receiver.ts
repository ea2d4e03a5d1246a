// A small API to send to: shows what it gets, and refuses a body whose email has no @.
//
//     npx tsx examples/receiver.ts [port]

import { createServer } from "node:http";

const [, , port = "9000"] = process.argv;

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const isGood = /"email": *"[^"]*@/.test(body);
  response.writeHead(isGood ? 200 : 400, { "content-type": "application/json" });
  response.end(isGood ? '{"ok": true}' : '{"error": "the email has no @"}');
  console.log(`${response.statusCode} ${request.method} ${request.url} ${body}`);
});
server.listen(Number(port), "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object") console.log(`listening on http://127.0.0.1:${address?.port}`);
});
