package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/clock"
)

const (
	tourTime     = time.Minute // for all of it
	deliveryTime = 15 * time.Second
	pollInterval = 50 * time.Millisecond
)

// tour is one walk through the demo. Its references are new in every walk, so
// that a database may be shown again.
type tour struct {
	*Guide

	rest   restClient
	orders orderhubv1.OrderServiceClient
	name   string
	step   int
}

// Tour places orders over a gRPC connection and over REST, as any client would,
// and shows what was sent and what came back. It takes a few seconds; an error
// means that something did not go as it should.
func (g *Guide) Tour(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, tourTime)
	defer cancel()
	connection, err := grpc.NewClient(g.doors.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	t := &tour{
		Guide: g, rest: newRESTClient(g.url()), orders: orderhubv1.NewOrderServiceClient(connection),
		name: "tour-" + time.Now().UTC().Format("20060102-150405.000"),
	}
	for _, stop := range []func(context.Context) error{
		t.fromStock, t.fromProvider, t.failedOver, t.abroad, t.partlyFailed, t.retried, t.refused,
		t.atGameSO, t.atBursaGB, t.atMarketacc, t.atAXCloud, t.parked, t.asked, t.statement, t.showEvents,
	} {
		if err := stop(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t *tour) begin(title string) {
	t.step++
	t.heading(fmt.Sprintf("%d  %s", t.step, title))
}

func (t *tour) reference() string { return fmt.Sprintf("%s-%d", t.name, t.step) }

// fromStock shows an order over gRPC that is complete in its answer.
func (t *tour) fromStock(ctx context.Context) error {
	t.begin("An order over gRPC: two accounts from stock, delivered in the answer")
	before, err := t.wallet(ctx)
	if err != nil {
		return err
	}
	request := &orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{
		ReferenceId: t.reference(), Lines: []*orderhubv1.OrderLine{{Sku: "EMAIL_BASIC", Quantity: 2}},
	}}
	t.showSent("OrderService/CreateOrder", request)
	response, err := t.orders.CreateOrder(metadata.AppendToOutgoingContext(ctx, "x-api-key", MerchantKey), request)
	if err != nil {
		return err
	}
	t.showOrder("OK", response.GetOrder())
	if err := expect(response.GetOrder(), orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED); err != nil {
		return err
	}
	return t.showWallet(ctx, before)
}

// fromProvider shows an order over REST that a provider delivers a moment later.
func (t *tour) fromProvider(ctx context.Context) error {
	t.begin("An order over REST: diamonds from a provider, delivered a moment later")
	return t.orderAndWait(ctx, &orderhubv1.Order{
		ReferenceId: t.reference(), Recipient: &orderhubv1.Recipient{UserId: "player-1", ServerId: "asia"},
		Lines: []*orderhubv1.OrderLine{{Sku: "DIAMOND_100", Quantity: 1}},
	}, orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED)
}

// failedOver shows how an order is completed by the second of two providers, and
// its whole story as an operator is told it.
func (t *tour) failedOver(ctx context.Context) error {
	t.begin("A failover: the first provider is down, the second delivers")
	order := &orderhubv1.Order{
		ReferenceId: t.reference(), Recipient: &orderhubv1.Recipient{UserId: "player-1"},
		Lines: []*orderhubv1.OrderLine{{Sku: "DIAMOND_FAILOVER", Quantity: 1}},
	}
	if err := t.orderAndWait(ctx, order, orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED); err != nil {
		return err
	}
	return t.showStory(ctx)
}

// showStory shows the whole story of this step's order as an operator is told it.
func (t *tour) showStory(ctx context.Context) error {
	var placed orderhubv1.Order
	if _, err := t.rest.get(
		ctx, MerchantKey, "/hub/v1/orders:byReference?referenceId="+t.reference(), &placed,
	); err != nil {
		return err
	}
	path := "/hub/v1/orders/" + placed.GetOrderNumber() + ":explain"
	t.printf("  %s\n", t.paint.sent("GET "+path+", with the key "+OperatorKey))
	var story orderhubv1.ExplainOrderResponse
	if _, err := t.rest.get(ctx, OperatorKey, path, &story); err != nil {
		return err
	}
	for _, step := range story.GetSteps() {
		t.printf("    %s  %s\n", step.GetTime().AsTime().Format("15:04:05.000"), step.GetText())
	}
	return nil
}

// partlyFailed shows that what cannot be delivered is given back.
func (t *tour) partlyFailed(ctx context.Context) error {
	t.begin("An order that fails in part: what was not delivered is given back")
	return t.orderAndWait(ctx, &orderhubv1.Order{
		ReferenceId: t.reference(), Coupon: "WELCOME10",
		Lines: []*orderhubv1.OrderLine{{Sku: "DIAMOND_PARTIAL", Quantity: 3}},
	}, orderhubv1.OrderStatus_ORDER_STATUS_FAILED)
}

func (t *tour) orderAndWait(ctx context.Context, order *orderhubv1.Order, want orderhubv1.OrderStatus) error {
	before, err := t.wallet(ctx)
	if err != nil {
		return err
	}
	placed, err := t.place(ctx, order)
	if err != nil {
		return err
	}
	final, err := t.wait(ctx, placed.GetOrderNumber())
	if err != nil {
		return err
	}
	t.printf("  %s\n", t.paint.sent("GET /hub/v1/orders/"+final.GetOrderNumber()))
	t.showOrder("200 OK", final)
	if err := expect(final, want); err != nil {
		return err
	}
	return t.showWallet(ctx, before)
}

func (t *tour) place(ctx context.Context, order *orderhubv1.Order) (*orderhubv1.Order, error) {
	t.showSent("POST /hub/v1/orders", order)
	var placed orderhubv1.Order
	status, err := t.rest.post(ctx, MerchantKey, "/hub/v1/orders", order, &placed)
	if err == nil {
		t.showOrder(status, &placed)
	}
	return &placed, err
}

func (t *tour) wait(ctx context.Context, number string) (*orderhubv1.Order, error) {
	ctx, cancel := context.WithTimeout(ctx, deliveryTime)
	defer cancel()
	for {
		var order orderhubv1.Order
		if _, err := t.rest.get(ctx, MerchantKey, "/hub/v1/orders/"+number, &order); err != nil {
			return nil, err
		}
		if order.GetCompleteTime() != nil {
			return &order, nil
		}
		if clock.Sleep(ctx, pollInterval) != nil {
			return nil, fmt.Errorf("order %s is still %s", number, order.GetStatus())
		}
	}
}

// retried shows that a request may be repeated without buying twice.
func (t *tour) retried(ctx context.Context) error {
	t.begin("The same request twice: one order, charged once")
	before, err := t.wallet(ctx)
	if err != nil {
		return err
	}
	order := &orderhubv1.Order{
		ReferenceId: t.reference(), Lines: []*orderhubv1.OrderLine{{Sku: "EMAIL_2FA", Quantity: 1}},
	}
	var numbers [2]string
	for i := range numbers {
		placed, err := t.place(ctx, order)
		if err != nil {
			return err
		}
		numbers[i] = placed.GetOrderNumber()
	}
	if numbers[0] != numbers[1] {
		return fmt.Errorf("one reference made two orders, %s and %s", numbers[0], numbers[1])
	}
	return t.showWallet(ctx, before)
}

var errNotRefused = errors.New("an order that should have been refused was accepted")

// refused shows an order that its merchant cannot pay.
func (t *tour) refused(ctx context.Context) error {
	t.begin("An order that is refused: the merchant \"poor\" has THB 10.00")
	order := &orderhubv1.Order{
		ReferenceId: t.reference(), Lines: []*orderhubv1.OrderLine{{Sku: "EMAIL_BASIC", Quantity: 1}},
	}
	t.showSent("POST /hub/v1/orders, with the key "+PoorKey, order)
	_, err := t.rest.post(ctx, PoorKey, "/hub/v1/orders", order, &orderhubv1.Order{})
	refusal, ok := errors.AsType[*restError](err)
	if !ok {
		return errors.Join(errNotRefused, err)
	}
	t.printf("  %s %s\n", t.paint.bad(refusal.Status), refusal.Body)
	return nil
}

func (t *tour) statement(ctx context.Context) error {
	t.begin("The wallet's statement, newest first")
	const shown = 5
	t.printf("  %s\n", t.paint.sent(fmt.Sprintf("GET /hub/v1/account/transfers?pageSize=%d", shown)))
	var statement orderhubv1.ListTransfersResponse
	path := fmt.Sprintf("/hub/v1/account/transfers?pageSize=%d", shown)
	if _, err := t.rest.get(ctx, MerchantKey, path, &statement); err != nil {
		return err
	}
	rows := [][]string{{"KIND", "AMOUNT", "BALANCE AFTER", "ORDER"}}
	for _, transfer := range statement.GetTransfers() {
		kind := kindNames[transfer.GetKind()]
		number := cmp.Or(transfer.GetOrderNumber(), transfer.GetHoldNumber())
		rows = append(rows, []string{kind, transfer.GetAmount(), transfer.GetBalanceAfter(), number})
	}
	t.table(rows)
	return nil
}

var kindNames = map[orderhubv1.TransferKind]string{
	orderhubv1.TransferKind_TRANSFER_KIND_DEPOSIT:    "deposit",
	orderhubv1.TransferKind_TRANSFER_KIND_CHARGE:     "charge",
	orderhubv1.TransferKind_TRANSFER_KIND_REFUND:     "refund",
	orderhubv1.TransferKind_TRANSFER_KIND_ADJUSTMENT: "adjustment",
	orderhubv1.TransferKind_TRANSFER_KIND_HOLD:       "hold",
	orderhubv1.TransferKind_TRANSFER_KIND_RELEASE:    "release",
}

func expect(order *orderhubv1.Order, want orderhubv1.OrderStatus) error {
	if order.GetStatus() != want {
		return fmt.Errorf("order %s is %s, not %s", order.GetOrderNumber(), order.GetStatus(), want)
	}
	return nil
}

func (t *tour) wallet(ctx context.Context) (*orderhubv1.Account, error) {
	var account orderhubv1.Account
	_, err := t.rest.get(ctx, MerchantKey, "/hub/v1/account", &account)
	return &account, err
}

func (t *tour) showWallet(ctx context.Context, before *orderhubv1.Account) error {
	after, err := t.wallet(ctx)
	if err != nil {
		return err
	}
	t.printf("  wallet: %s %s before, %s after\n", after.GetCurrency(), before.GetBalance(), after.GetBalance())
	return nil
}

func (t *tour) showSent(call string, message proto.Message) {
	t.printf("  %s\n    %s\n", t.paint.sent(call), compactJSON(message))
}

// units counts an order's units by how they ended.
func units(order *orderhubv1.Order) (delivered, failed int32) {
	for _, line := range order.GetLines() {
		delivered += line.GetCompletedQuantity()
		failed += line.GetFailedQuantity()
	}
	return delivered, failed
}

// showOrder shows the fields of the answer that matter here.
func (t *tour) showOrder(status string, order *orderhubv1.Order) {
	state := t.paint.good
	if order.GetStatus() == orderhubv1.OrderStatus_ORDER_STATUS_FAILED {
		state = t.paint.bad
	}
	t.printf("  %s %s %s, total %s %s", t.paint.good(status), order.GetOrderNumber(), state(order.GetStatus()),
		order.GetCurrency(), order.GetTotalAmount())
	for _, part := range []struct{ what, amount string }{
		{"discount", order.GetDiscountAmount()}, {"given back", order.GetRefundedAmount()},
	} {
		if part.amount != "" && part.amount != "0.00" {
			t.printf(", %s %s", part.what, part.amount)
		}
	}
	if delivered, failed := units(order); delivered > 0 && failed > 0 {
		t.printf(", partly delivered: %d of %d, the rest is paid back", delivered, delivered+failed)
	}
	t.printf("\n")
	for _, line := range order.GetLines() {
		t.printf(
			"    %s × %d: %d delivered, %d failed", line.GetSku(), line.GetQuantity(), line.GetCompletedQuantity(),
			line.GetFailedQuantity(),
		)
		if line.GetFailureCode() != "" {
			t.printf(" (%s: %s)", line.GetFailureCode(), line.GetFailureMessage())
		}
		t.printf("\n")
		for _, goods := range line.GetGoods() {
			t.printf("      %s\n", t.paint.good(goods.GetContent()))
		}
	}
}

// compactJSON is a message on one line. protojson puts in spaces at random, so
// that nobody relies on its bytes.
func compactJSON(message proto.Message) string {
	text, err := protojson.Marshal(message)
	if err != nil {
		return err.Error()
	}
	return compacted(text)
}
