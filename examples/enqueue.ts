// A campaign engine's side of it, whole: save an action, enqueue a run of customers, wait until a worker has delivered it.
//
//     npm start                                                        # Redis and a worker, in another terminal
//     npx tsx examples/enqueue.ts https://api.example.com/people       # where the requests go

import { createProducer } from "@postrider/producer";

const [, , url = "http://127.0.0.1:9000/people"] = process.argv;

/** Whatever yields customers: a database cursor, a file, a stream. Only a few hundred are held in memory. */
async function* customers() {
  for (let index = 1; index <= 1_000; index++) {
    yield { id: `customer-${index}`, email: `customer-${index}@example.com` };
  }
}

const producer = await createProducer({
  redis: process.env["POSTRIDER_REDIS_URL"] ?? "redis://127.0.0.1:6379",
});
try {
  const { id, version } = await producer.actions.apply({
    id: "example",
    url,
    body: '{"id": "{{ customer.id }}", "email": "{{ customer.email }}"}',
  });
  // The same run again would enqueue only what is missing: that is how a producer that died is started again.
  const run = `example-${Date.now()}`;
  const { enqueued } = await producer.enqueueMany({
    action: `${id}@${version}`,
    customers: customers(),
    run,
  });
  console.log(`run ${run}: ${enqueued} enqueued`);

  for (;;) {
    const { delivered, failed, waiting, inFlight, retries } = await producer.runs.get(run);
    if (waiting + inFlight === 0) {
      console.log(`run ${run}: ${delivered} delivered, ${failed} failed, ${retries} retries`);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
} finally {
  await producer.close();
}
