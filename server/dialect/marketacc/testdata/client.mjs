// Makes purchases one after another and prints a line for each:
//
//   node client.mjs HOST KEY "PRODUCT QUANTITY [IDEMPOTENCY-KEY]"...
import { randomUUID } from "node:crypto";

const [host, apiKey, ...purchases] = process.argv.slice(2);
const endpoint = new URL("/api/v2/orders", host);
const headers = new Headers({ "Content-Type": "application/json" });
headers.set("Authorization", "Bearer " + apiKey);

function describe(status, answer) {
  if (status === 201) {
    const goods = answer.items.flatMap((item) => item.data?.split("\n") ?? []);
    return [answer.code, answer.status, answer.balance, JSON.stringify(goods)].join(" ");
  }
  return answer.error ? `${status} ${answer.error.code}: ${answer.error.message}` : `${status} without an error`;
}

for (const purchase of purchases) {
  const [product, quantity, idempotencyKey = randomUUID()] = purchase.split(" ");
  const wanted = { productId: Number(product), quantity: Number(quantity), idempotencyKey };
  const response = await fetch(endpoint, { method: "POST", headers, body: JSON.stringify(wanted) });
  console.log(describe(response.status, await response.json()));
}
