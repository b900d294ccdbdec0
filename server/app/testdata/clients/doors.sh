#!/bin/sh
# One order at each door with curl alone: doors.sh HOST ORDER
set -eu
ask() { curl -sS --fail-with-body -H 'Content-Type: application/json' "$@"; echo; }

ask "$1/v1/orders" -H 'X-API-Key: your_api_key_here' \
  -d '{"reference_id": "curl-1", "user_id": "user_001", "items": [{"sku": "DIAMOND_100", "quantity": 5}]}'
token=$(ask "$1/Login/Customer/Api/Verify" -d '{"Email": "reseller@example.com", "Password": "demo-password"}' |
  sed 's/.*"Token":"\([^"]*\)".*/\1/')
ask "$1/Order/create" -H "Authorization: Bearer $token" \
  -d '{"basketData": [{"DeliverID": "curl-1", "CustomerStoreProductID": 2, "Quantity": 1}], "BillingAddressID": 1234}'
ask "$1/api/v2/orders" -H 'Authorization: Bearer YOUR_API_KEY' -d '{"productId": 315, "quantity": 1, "idempotencyKey": "curl-2"}'
ask "$1/v1/channel/orders/day-ticket" -H 'Authorization: Token api_key_secret' -H 'Channel: Code code_secret' -d "@$2"
