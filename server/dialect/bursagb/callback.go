package bursagb

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"

	"orderhub/server/order"
)

// headerAPIKey carries the key of the account that a callback goes to.
const headerAPIKey = "Apikey"

// Callback is what is sent of a line's present state, section 6.
func Callback(l *order.Line) ([]byte, error) { return json.Marshal(toDelivery(l)) }

// CallbackHeaders go with a callback to the account that has the key.
func CallbackHeaders(apiKey string) http.Header {
	header := make(http.Header)
	header.Set("Content-Type", "application/json")
	header.Set(headerAPIKey, apiKey)
	return header
}

// sameKey compares in constant time, whatever the lengths; no key is nobody's.
func sameKey(want, got string) bool {
	a, b := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(got))
	return want != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
