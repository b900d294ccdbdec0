package main

import (
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

// call is what the hub asks, as far as this supplier looks at it.
type call struct {
	Type, Reference, SKU string
	Quantity             int
	Recipient            struct{ UserID string }
}

var lock sync.Mutex // one thing at a time

func refuse(status int, code string) (int, any) { return status, object{"error": object{"code": code}} }

// serve answers what the hub has signed.
func serve(answer func(call) (int, any)) {
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
		var asked call
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		lock.Lock()
		status, what := refuse(400, "invalid_request")
		if err == nil && hub.Verify(body, r.Header) != nil {
			status, what = refuse(401, "unauthenticated")
		} else if err == nil && json.Unmarshal(body, &asked) == nil {
			status, what = answer(asked)
		}
		text, _ := json.Marshal(what)
		lock.Unlock()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(text)
	})
	server := http.Server{ReadTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}
