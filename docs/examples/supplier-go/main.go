// An example of a supplier for the connector "http" of orderhub: docs/http-supplier.md has the contract.
// It forgets its orders when it ends; a real one keeps them in a database, under the reference.
package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type object = map[string]any

var (
	mu     sync.Mutex
	orders = map[string]object{} // by reference
)

// answer makes an order once, however often it is asked to under one reference.
func answer(kind, reference, sku string, quantity int) (status int, what object) {
	mu.Lock()
	defer mu.Unlock()
	order, found := orders[reference]
	switch same := found && order["sku"] == sku && order["quantity"] == quantity; {
	case kind == "list":
		return 200, object{"items": []object{{"sku": "GIFT_10", "name": "Gift card", "cost": "8.50", "currency": "THB"}}}
	case kind == "lookup" && found, kind == "place" && same:
		return 200, order
	case kind == "lookup":
		return refuse(404, "not_found")
	case kind != "place":
		return refuse(400, "not_supported")
	case found:
		return refuse(409, "reference_conflict")
	case sku != "GIFT_10" || quantity < 1:
		return refuse(404, "item_not_found")
	}
	goods, cents := make([]object, quantity), quantity*850
	for i := range goods {
		goods[i] = object{"content": rand.Text()}
	}
	orders[reference] = object{
		"reference": reference, "sku": sku, "quantity": quantity, "status": "delivered", "goods": goods,
		"total": fmt.Sprintf("%d.%02d", cents/100, cents%100), "currency": "THB",
	}
	return 200, orders[reference]
}

func refuse(status int, code string) (int, object) {
	return status, object{"error": object{"code": code}}
}

func main() {
	hub, err := webhooks.NewWebhook(os.Getenv("REQUEST_SECRET"))
	if err != nil || os.Getenv("REQUEST_SECRET") == "" {
		log.Fatal("REQUEST_SECRET must be the secret that the hub signs with")
	}
	listener, err := net.Listen("tcp", os.Getenv("ADDRESS"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		var call struct {
			Type, Reference, SKU string
			Quantity             int
		}
		status, what := refuse(401, "unauthenticated")
		if body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20)); err != nil || hub.Verify(body, r.Header) == nil {
			if status, what = refuse(400, "invalid_request"); err == nil && json.Unmarshal(body, &call) == nil {
				status, what = answer(call.Type, call.Reference, call.SKU, call.Quantity)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(what)
	})
	server := http.Server{ReadTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}
