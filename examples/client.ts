// A campaign engine that is nowhere near Redis: over the HTTP API, it saves an action, streams a run of customers, and reads what became of each.
//
//     npm start                                                     # Redis, the API and a worker, in another terminal
//     npx tsx examples/client.ts https://api.example.com/people     # where the requests go

import { createClient } from "@postrider/client";

const [, , url = "http://127.0.0.1:9000/people"] = process.argv;
const token = process.env["POSTRIDER_TOKEN"];

const postrider = createClient({
  url: process.env["POSTRIDER_URL"] ?? "http://127.0.0.1:8080",
  ...(token !== undefined && { token }),
});

/** Whatever yields customers: a database cursor, a file, a stream. It is read as fast as the API takes them. */
async function* customers() {
  for (let index = 1; index <= 1_000; index++) {
    yield { id: `customer-${index}`, email: `customer-${index}@example.com` };
  }
}

const { id, version } = await postrider.call("saveAction", {
  params: { id: "example" },
  body: { id: "example", url, body: '{"id": "{{ customer.id }}", "email": "{{ customer.email }}"}' },
});

// The same run again would enqueue only what is missing: that is how a process that died is started again.
const run = `example-${Date.now()}`;
const sent = await postrider.sendCustomers({
  action: `${id}@${version}`,
  run,
  customers: customers(),
  onProgress: ({ acknowledged }) => console.log(`${acknowledged} acknowledged`),
});
console.log(`run ${run}: ${sent.enqueued} enqueued`);

let delivered = 0;
for await (const outcome of postrider.outcomes({ start: "oldest" })) {
  if (outcome.run !== run) continue;
  if (outcome.outcome === "delivered") delivered += 1;
  else console.log(`customer ${outcome.customer}: ${outcome.outcome}, ${outcome.reason}`);
  if (delivered === sent.enqueued) break;
}
console.log(`run ${run}: ${delivered} delivered`);
