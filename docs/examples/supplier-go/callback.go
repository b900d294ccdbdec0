package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// callback is https://HUB/callbacks/NAME; without it the hub asks by itself, after so many seconds.
var (
	callback = os.Getenv("CALLBACK_URL")
	patience = map[bool]int{true: 1, false: 600}[callback == ""]
)

// later does what an order needs, and tells the hub, again until it has heard.
func later(reference string, do func()) {
	time.AfterFunc(200*time.Millisecond, func() {
		lock.Lock()
		do()
		lock.Unlock()
		for times := 0; callback != "" && times < 5 && !notify(reference); times++ {
			time.Sleep(5 * time.Second)
		}
	})
}

func notify(reference string) (heard bool) {
	body, _ := json.Marshal(object{"type": "updated", "reference": reference})
	secret, err := webhooks.NewWebhook(os.Getenv("CALLBACK_SECRET"))
	if err != nil {
		log.Fatal("CALLBACK_SECRET must be the secret that the hub knows")
	}
	id, at := "done-"+reference, time.Now()
	signature, _ := secret.Sign(id, at, body)
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, callback, bytes.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Webhook-Id", id)
	request.Header.Set("Webhook-Timestamp", fmt.Sprint(at.Unix()))
	request.Header.Set("Webhook-Signature", signature)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}
