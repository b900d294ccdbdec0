// Client-go buys from an orderhub with the client of this repository: it asks for a price, places an order, follows it
// until it is final and says what was delivered. Made a program of its own it needs two lines of go.mod, see
// docs/clients.md.
//
//	ORDERHUB_API_KEY=demo-key go run ./docs/examples/client-go 127.0.0.1:9090 DIAMOND_100
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"time"

	"orderhub/client"
	orderhubv1 "orderhub/gen/orderhub/v1"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: ORDERHUB_API_KEY=… client-go HOST:PORT SKU")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	// A hub on another machine is called over TLS, which takes no option.
	hub, err := client.New(os.Args[1], os.Getenv("ORDERHUB_API_KEY"), client.WithPlaintext())
	if err != nil {
		log.Fatal(err)
	}
	if err := buy(ctx, hub, os.Args[2]); err != nil {
		log.Fatal(errors.Join(err, hub.Close()))
	}
	if err := hub.Close(); err != nil {
		log.Fatal(err)
	}
}

var errFinal = errors.New("the order is final")

func buy(ctx context.Context, hub *client.Client, sku string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	lines := []*orderhubv1.OrderLine{{Sku: sku, Quantity: 1}}
	quote, err := hub.QuoteOrder(ctx, &orderhubv1.QuoteOrderRequest{Lines: lines})
	if err != nil {
		return err
	}
	fmt.Println("costs", quote.GetTotalAmount(), quote.GetCurrency())

	// Your own reference is better: it finds the order again after this program has died.
	order, err := hub.CreateOrder(ctx, &orderhubv1.Order{Lines: lines, ExpectedTotalAmount: quote.GetTotalAmount()})
	if refused, ok := errors.AsType[*client.Error](err); ok {
		switch refused.Reason {
		case client.ReasonInsufficientBalance:
			return fmt.Errorf("%s %s are missing", refused.Metadata["missing_amount"], refused.Metadata["currency"])
		case client.ReasonOutOfStock, client.ReasonProductNotFound:
			return fmt.Errorf("not sold: %s", refused.Reason)
		}
	}
	if err != nil {
		return err
	}
	fmt.Println("placed", order.GetReferenceId())

	err = hub.Watch(ctx, client.WatchOptions{}, func(_ context.Context, e *orderhubv1.OrderEvent) error {
		if e.GetOrderNumber() != order.GetOrderNumber() {
			return nil
		}
		fmt.Println(e.GetSequence(), e.GetType())
		switch e.GetType() {
		case "order.completed", "order.failed", "order.cancelled":
			return errFinal
		}
		return nil
	})
	if !errors.Is(err, errFinal) {
		return err
	}
	if order, err = hub.GetOrder(ctx, order.GetOrderNumber()); err != nil {
		return err
	}
	for _, line := range order.GetLines() {
		for _, goods := range line.GetGoods() {
			fmt.Println("delivered", goods.GetContent())
		}
	}
	return nil
}
