package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/client"
	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/demo"
	"orderhub/server/nettest"
)

// Another module has the client by a requirement and a replacement, and buys with it. Nothing is asked of a network.
func TestClientFromAnotherModule(t *testing.T) {
	h := startDemo(t, sqliteConfig(t))
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	program := t.TempDir()
	for name, from := range map[string]string{
		"main.go": "docs/examples/client-go/main.go", "go.sum": "go.sum",
	} {
		content, err := os.ReadFile(filepath.Join(root, from))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(program, name), content, 0o600))
	}
	module := "module example.com/shop\n\ngo 1.26.0\n\nrequire orderhub v0.0.0\n\nreplace orderhub => " + root + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(program, "go.mod"), []byte(module), 0o600))

	run := func(key, sku string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "go", "run", ".", h.Addresses().GRPC, sku)
		cmd.Dir = program
		cmd.Env = append(
			os.Environ(), "GOFLAGS=-mod=mod "+os.Getenv("GOFLAGS"), "GOPROXY=off", "CGO_ENABLED=0", "ORDERHUB_API_KEY="+key,
		)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := run(demo.MerchantKey, "DIAMOND_100")
	require.NoError(t, err, out)
	require.Regexp(t, `(?s)costs 100.00 THB\nplaced \w{26}\n1 order.created\n.*\d order.completed\ndelivered SIM-`, out)
	out, err = run(demo.PoorKey, "DIAMOND_100")
	require.Error(t, err)
	require.Contains(t, out, "90.00 THB are missing")
}

// The hub's own webhooks pass the client's verification, and what others post does not.
func TestClientReadsWebhooks(t *testing.T) {
	cfg := sqliteConfig(t)
	cfg.AllowLocalTargets = true
	h := startDemo(t, cfg)
	hub, err := client.New(h.Addresses().GRPC, demo.MerchantKey, client.WithPlaintext())
	require.NoError(t, err)
	defer hub.Close()

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	type read struct {
		webhook *client.Webhook
		err     error
	}
	received, verifiers := make(chan read, 100), make(chan *client.WebhookVerifier, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		verifier := <-verifiers
		verifiers <- verifier
		webhook, err := verifier.Read(r)
		received <- read{webhook, err}
	}))
	defer receiver.Close()
	made, err := orderhubv1.NewWebhookServiceClient(hub.Conn()).CreateEndpoint(ctx, &orderhubv1.CreateEndpointRequest{
		Endpoint: &orderhubv1.WebhookEndpoint{Url: receiver.URL, EventTypes: []string{"order.completed"}},
	})
	require.NoError(t, err)
	const another = "whsec_bm90IHRoZSBodWIncyBvbmUgYnV0IGFub3RoZXI="
	verifier, err := client.NewWebhookVerifier(another, made.GetEndpoint().GetSecret())
	require.NoError(t, err)
	verifiers <- verifier
	order, err := hub.CreateOrder(ctx, &orderhubv1.Order{
		Lines: []*orderhubv1.OrderLine{{Sku: "EMAIL_BASIC", Quantity: 1}},
	})
	require.NoError(t, err)
	select {
	case got := <-received:
		require.NoError(t, got.err)
		require.Equal(t, "order.completed", got.webhook.Type)
		require.Equal(t, order.GetOrderNumber(), got.webhook.Order.GetOrderNumber())
		require.Equal(t, order.GetOrderNumber(), got.webhook.Event.GetOrderNumber())
		require.NotEmpty(t, got.webhook.ID)
	case <-ctx.Done():
		t.Fatal("nothing was posted")
	}
	response, err := http.Post(receiver.URL, "application/json", nil)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.ErrorIs(t, (<-received).err, client.ErrWebhookTime)
}

// A watcher that loses its hub goes on where it was: each event comes once.
func TestClientWatchesOverRestarts(t *testing.T) {
	cfg := sqliteConfig(t)
	h := startDemo(t, cfg)
	relay := nettest.Pass(t, h.Addresses().GRPC)
	hub, err := client.New(relay.Address, demo.MerchantKey, client.WithPlaintext(),
		client.WithBackoff(10*time.Millisecond, 100*time.Millisecond), client.WithAttempts(100))
	require.NoError(t, err)
	defer hub.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	place := func() {
		_, err := hub.CreateOrder(ctx, &orderhubv1.Order{
			Lines: []*orderhubv1.OrderLine{{Sku: "EMAIL_BASIC", Quantity: 1}},
		})
		require.NoError(t, err)
	}
	const orders, each = 3, 2 // order.created and order.completed of each
	seen, enough := make(chan int64, 100), errors.New("enough")
	ended := make(chan error, 1)
	go func() {
		ended <- hub.Watch(ctx, client.WatchOptions{}, func(_ context.Context, e *orderhubv1.OrderEvent) error {
			seen <- e.GetSequence()
			if e.GetSequence() == orders*each {
				return enough
			}
			return nil
		})
	}()
	next := int64(1)
	for range orders {
		place()
		for range each {
			select {
			case sequence := <-seen:
				require.Equal(t, next, sequence)
				next++
			case <-ctx.Done():
				t.Fatal("an event is missing: ", next)
			}
		}
		if next <= orders*each {
			require.NoError(t, h.stop())
			h = start(t, cfg)
			relay.To(h.Addresses().GRPC)
		}
	}
	require.Equal(t, enough, <-ended)
	require.Empty(t, seen)
}

// A batch is answered row by row, and each row's reference says afterwards what became of it.
func TestClientPlacesBatches(t *testing.T) {
	h := startDemo(t, sqliteConfig(t))
	hub, err := client.New(h.Addresses().GRPC, demo.MerchantKey, client.WithPlaintext())
	require.NoError(t, err)
	defer hub.Close()
	orders := []*orderhubv1.Order{
		{Lines: []*orderhubv1.OrderLine{{Sku: "EMAIL_BASIC", Quantity: 1}}},
		{Lines: []*orderhubv1.OrderLine{{Sku: "NOTHING", Quantity: 1}}},
	}
	for range 2 { // the second time nothing is bought
		rows, err := hub.BatchCreateOrders(t.Context(), orders, false)
		require.NoError(t, err)
		require.Len(t, rows, 2)
		require.Equal(t, orders[0].GetReferenceId(), rows[0].GetOrder().GetReferenceId())
		require.Equal(t, string(client.ReasonProductNotFound), rows[1].GetError().GetReason())
	}
	placed, err := hub.GetReference(t.Context(), orders[0].GetReferenceId())
	require.NoError(t, err)
	require.Equal(t, orderhubv1.ReferenceState_REFERENCE_STATE_ORDER, placed.GetState())
	refused, err := hub.GetReference(t.Context(), orders[1].GetReferenceId())
	require.NoError(t, err)
	require.Equal(t, orderhubv1.ReferenceState_REFERENCE_STATE_REFUSED, refused.GetState())
}

// What an order may go through, with the client: held, extended, confirmed, claimed, replaced and exported.
func TestClientAfterTheSale(t *testing.T) {
	h := startDemo(t, sqliteConfig(t), exportsAtOnce)
	hub, err := client.New(h.Addresses().GRPC, demo.MerchantKey, client.WithPlaintext())
	require.NoError(t, err)
	defer hub.Close()
	operator, err := client.New(h.Addresses().GRPC, demo.OperatorKey, client.WithPlaintext())
	require.NoError(t, err)
	defer operator.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	wanted := func() *orderhubv1.Order {
		return &orderhubv1.Order{Lines: []*orderhubv1.OrderLine{{Sku: "EMAIL_BASIC", Quantity: 2}}}
	}
	released, err := hub.HoldOrder(ctx, wanted(), 0)
	require.NoError(t, err)
	released, err = hub.ReleaseHold(ctx, released.GetHoldNumber())
	require.NoError(t, err)
	require.Equal(t, orderhubv1.HoldStatus_HOLD_STATUS_RELEASED, released.GetStatus())

	held, err := hub.HoldOrder(ctx, wanted(), time.Minute)
	require.NoError(t, err)
	require.NotEmpty(t, held.GetReferenceId())
	account, err := hub.GetAccount(ctx)
	require.NoError(t, err)
	require.Equal(t, "20.40", account.GetHeldBalance())
	held, err = hub.ExtendHold(ctx, held.GetHoldNumber(), time.Hour)
	require.NoError(t, err)
	require.EqualValues(t, 1, held.GetExtensions())
	order, err := hub.ConfirmHold(ctx, held.GetHoldNumber())
	require.NoError(t, err)
	require.Len(t, order.GetLines()[0].GetGoods(), 2)
	again, err := hub.ConfirmHold(ctx, held.GetHoldNumber())
	require.NoError(t, err)
	require.Equal(t, order.GetOrderNumber(), again.GetOrderNumber())
	held, err = hub.GetHold(ctx, held.GetHoldNumber())
	require.NoError(t, err)
	require.Equal(t, orderhubv1.HoldStatus_HOLD_STATUS_CONFIRMED, held.GetStatus())

	bad := order.GetLines()[0].GetGoods()[0].GetUnit()
	claim, err := hub.CreateClaim(ctx, &orderhubv1.CreateClaimRequest{
		OrderNumber: order.GetOrderNumber(), Units: []int64{bad}, Reason: orderhubv1.ClaimReason_CLAIM_REASON_NOT_WORKING,
	})
	require.NoError(t, err)
	_, err = orderhubv1.NewClaimServiceClient(operator.Conn()).AnswerClaim(ctx, &orderhubv1.AnswerClaimRequest{
		Claim: claim.GetId(), Answer: orderhubv1.ClaimAnswer_CLAIM_ANSWER_REPLACE,
	})
	require.NoError(t, err)
	claim, err = hub.GetClaim(ctx, claim.GetId())
	require.NoError(t, err)
	require.Equal(
		t, orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_REPLACED, claim.GetUnits()[0].GetStatus(), claim.GetUnits(),
	)
	sold := exportedOf(ctx, t, hub, "orders", order.GetOrderNumber())
	require.Equal(t, "completed", sold["status"])
	require.Equal(t, "20.40", sold["total"])
	claimed := exportedOf(ctx, t, hub, "claims", order.GetOrderNumber())
	require.Equal(t, fmt.Sprint(bad), claimed["unit"])
	require.Equal(t, "replaced", claimed["status"])
	require.Equal(t, fmt.Sprint(claim.GetUnits()[0].GetReplacementUnit()), claimed["replacement_unit"])
}

// exportedOf is the one row that an export has of an order, by column.
func exportedOf(ctx context.Context, t *testing.T, hub *client.Client, kind, orderNumber string) map[string]string {
	t.Helper()
	stream, err := orderhubv1.NewExportServiceClient(hub.Conn()).Export(ctx, &orderhubv1.ExportRequest{Kind: kind})
	require.NoError(t, err)
	var found []map[string]string
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			require.Len(t, found, 1, "rows of %s in %s", orderNumber, kind)
			return found[0]
		}
		require.NoError(t, err)
		for _, exported := range part.GetRows() {
			row := make(map[string]string)
			for i, column := range part.GetColumns() {
				row[column] = exported.GetCells()[i]
			}
			if row["order_number"] == orderNumber {
				found = append(found, row)
			}
		}
	}
}
