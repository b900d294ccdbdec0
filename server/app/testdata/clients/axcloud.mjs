// Registers an order of two tickets and waits for the supplier: node axcloud.mjs HOST < order.json
import { readFileSync } from "node:fs";

const host = process.argv[2];
const headers = { Authorization: "Token api_key_secret", Channel: "Code code_secret", "Content-Type": "application/json" };

const created = await fetch(`${host}/v1/channel/orders/day-ticket`, { method: "POST", headers, body: readFileSync(0) });
const { data } = await created.json();
const [line] = data.depth_combinations;
let status = line.ax_order_status;
while (status === "New") {
  await new Promise((resolve) => setTimeout(resolve, 50));
  const read = await fetch(`${host}/v1/channel/orders/day-ticket/${line.ax_order_code}`, { headers });
  status = (await read.json()).data[0].ax_order_status;
}
console.log(`${created.status} ${status} ${line.tickets.length}`);
