// Signs in, orders an e-pin and reads the line: node bursagb.mjs HOST
const host = process.argv[2];

async function call(method, path, token, body) {
  const response = await fetch(host + path, {
    method,
    headers: { "Content-Type": "application/json; charset=utf-8", ...(token && { Authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  if (!answer.success) throw new Error(`${response.status} ${answer.message}`);
  return answer.data;
}

const login = await call("POST", "/Login/Customer/Api/Verify", null, { Email: "reseller@example.com", Password: "demo-password" });
const order = await call("POST", "/order/create", login.Token, {
  basketData: [{ deliverID: "js-1", customerStoreProductID: "2", quantity: 1 }],
});
const line = await call("GET", `/Order/detail/${order.details[0].OrderDetailID}`, login.Token);
console.log(`${line.Status} ${order.details[0].Price} ${line.DeliveryData.length}`);
