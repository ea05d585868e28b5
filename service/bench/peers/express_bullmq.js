// What a Node user would write by hand: Express, twilio's validator, BullMQ, Node's own fetch.
//
//     node express_bullmq.js receiver | worker
//
// REDIS_SOCKET: path of Redis's unix socket. LISTEN_FD: descriptor of the open listening socket (receiver).
// SUBSCRIBERS: their URLs, comma-separated. PUBLIC_URL and TWILIO_AUTH_TOKEN: what the signatures are checked against.
const express = require("express");
const twilio = require("twilio");
const { Queue, Worker } = require("bullmq");

const connection = { path: process.env.REDIS_SOCKET };

async function work() {
  const worker = new Worker("fanout", async ({ data }) => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(data.url, { method: "POST", body: data.body, headers });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(String(answer.status));
  }, { connection, concurrency: 50 });
  await worker.waitUntilReady();
  console.log("ready");
}

async function receive() {
  const subscribers = process.env.SUBSCRIBERS.split(",");
  const queue = new Queue("fanout", { connection });
  await queue.waitUntilReady();
  const app = express();
  app.use(express.text({ type: "*/*" }));
  app.post("/twilio/orchestrator", async (request, response) => {
    const url = process.env.PUBLIC_URL + request.originalUrl;
    const signature = request.get("x-twilio-signature") || "";
    if (!twilio.validateRequestWithBody(process.env.TWILIO_AUTH_TOKEN, signature, url, request.body)) {
      return response.status(403).end();
    }
    const opts = { attempts: 5, backoff: { type: "exponential", delay: 1000 }, removeOnComplete: true };
    await queue.addBulk(subscribers.map((url) => ({ name: "deliver", data: { url, body: request.body }, opts })));
    response.status(204).end();
  });
  app.listen({ fd: Number(process.env.LISTEN_FD) }, () => console.log("ready"));
}

// The bench holds the other end of standard input: whatever becomes of it, this process does not outlive it.
process.stdin.resume().on("end", () => process.exit());
process.argv[2] === "worker" ? work() : receive();
