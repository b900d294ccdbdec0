// An example of a supplier for the connector "http" of orderhub: docs/http-supplier.md has the contract.
// It forgets its orders when it ends; a real one keeps them in a database, under the reference.
package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

type object = map[string]any

func main() {
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv("REQUEST_SECRET"), "whsec_"))
	if err != nil || len(secret) == 0 {
		log.Fatal("REQUEST_SECRET must be the secret that the hub signs with")
	}
	listener, err := net.Listen("tcp", os.Getenv("ADDRESS")) //nolint:noctx // it is listened on until the end
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	supplier := http.Server{Handler: &supplier{secret: secret, orders: map[string]object{}}, ReadTimeout: 10 * time.Second}
	log.Fatal(supplier.Serve(listener))
}

type supplier struct {
	secret []byte
	mu     sync.Mutex
	orders map[string]object // by reference
}

func (s *supplier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	var call struct {
		Type, Reference, SKU string
		Quantity             int
	}
	switch {
	case err != nil || json.Unmarshal(body, &call) != nil:
		refuse(w, 400, "invalid_request")
	case !s.signed(r.Header, body):
		refuse(w, 401, "unauthenticated")
	case call.Type == "list":
		answer(w, 200, object{"items": []object{{"sku": "GIFT_10", "name": "Gift card", "cost": "8.50", "currency": "THB"}}})
	case call.Type == "place":
		s.place(w, call.Reference, call.SKU, call.Quantity)
	case call.Type == "lookup":
		s.mu.Lock()
		defer s.mu.Unlock()
		if order, found := s.orders[call.Reference]; found {
			answer(w, 200, order)
		} else {
			refuse(w, 404, "not_found")
		}
	default:
		refuse(w, 400, "not_supported")
	}
}

// place makes an order once, however often it is asked to under one reference.
func (s *supplier) place(w http.ResponseWriter, reference, sku string, quantity int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	order, found := s.orders[reference]
	switch {
	case found && (order["sku"] != sku || order["quantity"] != quantity):
		refuse(w, 409, "reference_conflict")
		return
	case !found && (sku != "GIFT_10" || quantity < 1):
		refuse(w, 404, "item_not_found")
		return
	case !found:
		goods := []object{}
		for range quantity {
			goods = append(goods, object{"content": rand.Text()})
		}
		order = object{
			"reference": reference, "sku": sku, "quantity": quantity, "status": "delivered", "goods": goods,
			"total": fmt.Sprintf("%d.%02d", quantity*850/100, quantity*850%100), "currency": "THB",
		}
		s.orders[reference] = order
	}
	answer(w, 200, order)
}

// signed reports a call that the hub has signed, and not long ago.
func (s *supplier) signed(header http.Header, body []byte) bool {
	sent, err := strconv.ParseInt(header.Get("Webhook-Timestamp"), 10, 64)
	if err != nil || time.Since(time.Unix(sent, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, s.secret)
	fmt.Fprintf(mac, "%s.%d.%s", header.Get("Webhook-Id"), sent, body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, given := range strings.Fields(header.Get("Webhook-Signature")) { // several while secrets change
		if hmac.Equal([]byte(given), []byte(want)) {
			return true
		}
	}
	return false
}

func refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, object{"error": object{"code": code}})
}

func answer(w http.ResponseWriter, status int, what object) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(what)
}
