// Orders diamonds and polls until they are there: node gameso.mjs HOST
const host = process.argv[2];
const headers = { "X-API-Key": "your_api_key_here", "Content-Type": "application/json" };

const created = await fetch(`${host}/v1/orders`, {
  method: "POST",
  headers,
  body: JSON.stringify({ reference_id: "js/1", user_id: "user_001", items: [{ sku: "DIAMOND_100", quantity: 2 }] }),
});
if (!created.ok) throw new Error(await created.text());
let order = await created.json();
while (order.status === "pending" || order.status === "processing") {
  await new Promise((resolve) => setTimeout(resolve, 50));
  const read = await fetch(`${host}/v1/orders/${encodeURIComponent(order.reference_id)}`, { headers });
  if (!read.ok) throw new Error(await read.text());
  order = await read.json();
}
console.log(`${order.status} ${order.total_amount} ${order.items[0].completed_quantity}`);
