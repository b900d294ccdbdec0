// Buys one account and prints what was delivered: node client.mjs HOST KEY
const [host, key] = process.argv.slice(2);

const response = await fetch(`${host}/api/v2/orders`, {
  method: "POST",
  headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
  body: JSON.stringify({ productId: 315, quantity: 1, idempotencyKey: crypto.randomUUID() }),
});
const body = await response.json();
if (response.status !== 201) {
  throw new Error(`${body.error.code}: ${body.error.message}`);
}
console.log(`bought ${body.code}: ${body.items[0].data}`);
