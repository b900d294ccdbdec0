package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/api"
	"orderhub/server/catalog"
	"orderhub/server/dialect/sim"
)

// startChecking starts a hub that sells GOLD from a simulator that knows Ann, and lets each key check so many.
func startChecking(t *testing.T, perMinute int) (*services, orderhubv1.RecipientServiceClient) {
	t.Helper()
	h := startHub(t, func(o *api.Options) {
		o.Auth.LimitChecks(perMinute)
		o.Auth.SetDefaultLimit(account.RateLimit{RequestsPerMinute: account.MaxRequests, Burst: account.MaxRequests})
	})
	h.Simulated("GOLD", 50, sim.Script{})
	h.Players(map[string]string{"player-1": "Ann"})
	return h, orderhubv1.NewRecipientServiceClient(h.conn)
}

func asked(sku, user string) *orderhubv1.CheckRecipientRequest {
	return &orderhubv1.CheckRecipientRequest{Sku: sku, Recipient: &orderhubv1.Recipient{UserId: user}}
}

// wantChecks has the product's recipients checked from now on.
func (h *services) wantChecks(t *testing.T, sku string, within time.Duration) *orderhubv1.Product {
	t.Helper()
	answer, err := h.catalog().UpdateProduct(h.asAdmin(), &orderhubv1.UpdateProductRequest{
		Product: sku, Changes: &orderhubv1.Product{RecipientCheckWithin: durationpb.New(within)},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"recipient_check_within"}},
	})
	require.NoError(t, err)
	return answer.GetProduct()
}

// A merchant finds out who exists, and orders then; without, the order is refused with a reason of its own.
func TestCheckRecipient(t *testing.T) {
	h, checks := startChecking(t, 100)
	check := func(user string) *orderhubv1.RecipientCheck {
		t.Helper()
		answer, err := checks.CheckRecipient(h.asShop(), asked("GOLD", user))
		require.NoError(t, err)
		require.Equal(t, "GOLD", answer.GetCheck().GetSku())
		return answer.GetCheck()
	}
	create := func(user string) error {
		_, err := h.orders().CreateOrder(h.asShop(), &orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{
			ReferenceId: "for-" + user, Recipient: &orderhubv1.Recipient{UserId: user},
			Lines: []*orderhubv1.OrderLine{{Sku: "GOLD", Quantity: 1}},
		}})
		return err
	}
	c := check("player-1")
	require.Equal(t, orderhubv1.RecipientResult_RECIPIENT_RESULT_EXISTS, c.GetResult())
	require.Equal(t, "Ann", c.GetName())
	require.Nil(t, c.GetExpireTime(), "the product asks for none")

	require.Equal(t, time.Hour, h.wantChecks(t, "GOLD", time.Hour).GetRecipientCheckWithin().AsDuration())
	shown, err := h.catalog().GetProduct(h.asShop(), &orderhubv1.GetProductRequest{Product: "GOLD"})
	require.NoError(t, err)
	require.Equal(t, time.Hour, shown.GetProduct().GetRecipientCheckWithin().AsDuration(), "merchants have to know")
	p := refused(t, create("player-1"), codes.FailedPrecondition, "RECIPIENT_UNCHECKED")
	require.Equal(t, "1", p.Metadata["lines"])
	require.Contains(t, p.Violations, "lines[0].sku")
	quote, err := h.orders().QuoteOrder(h.asShop(), &orderhubv1.QuoteOrderRequest{
		Recipient: &orderhubv1.Recipient{UserId: "player-1"}, Lines: []*orderhubv1.OrderLine{{Sku: "GOLD", Quantity: 1}},
	})
	require.NoError(t, err)
	require.False(t, quote.GetQuote().GetOrderable())
	require.Equal(t, "RECIPIENT_UNCHECKED", quote.GetQuote().GetLines()[0].GetFailureCode())

	c = check("player-1")
	require.Equal(t, c.GetCheckTime().AsTime().Add(time.Hour), c.GetExpireTime().AsTime())
	require.NoError(t, create("player-1"))
	c = check("player-2")
	require.Equal(t, orderhubv1.RecipientResult_RECIPIENT_RESULT_NOT_FOUND, c.GetResult())
	refused(t, create("player-2"), codes.FailedPrecondition, "RECIPIENT_NOT_FOUND")

	h.Players(nil)
	c = check("player-3")
	require.Equal(t, orderhubv1.RecipientResult_RECIPIENT_RESULT_UNKNOWN, c.GetResult())
	require.Equal(t, orderhubv1.RecipientUnknownCause_RECIPIENT_UNKNOWN_CAUSE_NOT_SUPPORTED, c.GetCause())
	require.Nil(t, c.GetExpireTime())
	refused(t, create("player-3"), codes.FailedPrecondition, "RECIPIENT_UNCHECKED")
	require.NotContains(t, h.log.String(), "player-")
	require.NotContains(t, h.log.String(), "Ann")
}

// What a product may ask for, and what a check has to say.
func TestCheckRecipientRefuses(t *testing.T) {
	h, checks := startChecking(t, 100)
	h.Product("STOCK", 1, nil)
	h.Product("GONE", 1, func(p *catalog.Product) { p.Status, p.Source = catalog.StatusArchived, catalog.SourceProvider })
	update := func(sku string, within time.Duration) error {
		_, err := h.catalog().UpdateProduct(h.asAdmin(), &orderhubv1.UpdateProductRequest{
			Product: sku, Changes: &orderhubv1.Product{RecipientCheckWithin: durationpb.New(within)},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"recipient_check_within"}},
		})
		return err
	}
	for _, within := range []time.Duration{-1, time.Second, time.Minute + 1, 25 * time.Hour} {
		p := refused(t, update("GOLD", within), codes.InvalidArgument, "VALIDATION_FAILED")
		require.NotEmpty(t, p.Violations, within)
	}
	refused(t, update("STOCK", time.Hour), codes.InvalidArgument, "VALIDATION_FAILED")
	for _, sku := range []string{"NONE", "GONE"} {
		_, err := checks.CheckRecipient(h.asShop(), asked(sku, "player-1"))
		refused(t, err, codes.NotFound, "PRODUCT_NOT_FOUND")
	}
	for _, r := range []*orderhubv1.CheckRecipientRequest{
		{Sku: "GOLD"},
		{Sku: "GOLD", Fields: map[string]string{"none": "of its own"}},
		{Recipient: &orderhubv1.Recipient{}},
		asked("GOLD", strings.Repeat("x", 256)), asked("GOLD", "a\nb"),
	} {
		_, err := checks.CheckRecipient(h.asShop(), r)
		refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	}
	answer, err := checks.CheckRecipient(h.asShop(), asked("STOCK", "player-1"))
	require.NoError(t, err)
	require.Equal(t, orderhubv1.RecipientResult_RECIPIENT_RESULT_UNKNOWN, answer.GetCheck().GetResult())
	reading := withKey(t, h.issueKey(h.shop.ID, account.ScopeRead))
	_, err = checks.CheckRecipient(reading, asked("GOLD", "player-1"))
	refused(t, err, codes.PermissionDenied, "SCOPE_MISSING")
	other := asked("GOLD", "player-1")
	other.Merchant = "somebody"
	_, err = checks.CheckRecipient(h.asShop(), other)
	refused(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
}

// Who tries accounts one by one comes to an end, with keys that a merchant makes itself too; others are not held up,
// and nothing shows that another merchant asked.
func TestEnumeratingRecipients(t *testing.T) {
	h, checks := startChecking(t, 5)
	h.wantChecks(t, "GOLD", time.Hour)
	key := h.issueKey(h.shop.ID, account.ScopeOrders)
	second := h.issueKey(h.shop.ID, account.ScopeOrders)
	let := func(key string) (answered int) {
		t.Helper()
		for i := range 20 {
			_, err := checks.CheckRecipient(withKey(t, key), asked("GOLD", "player-"+string(rune('a'+i))))
			if err == nil {
				answered++
				continue
			}
			p := refused(t, err, codes.ResourceExhausted, "RATE_LIMITED")
			require.Positive(t, p.Retry)
		}
		return answered
	}
	require.Equal(t, 5, let(h.shopKey), "what was answered before counts too")
	require.Equal(t, 5, let(h.shopKey)+let(key)+let(second), "those of fewer rights share one limit")
	_, err := h.orders().ListOrders(withKey(t, key), &orderhubv1.ListOrdersRequest{})
	require.NoError(t, err, "the ordinary limit is another one")

	stranger := h.Merchant("stranger", 100)
	theirs := h.issueKey(stranger.ID, account.ScopeMerchant)
	answer, err := checks.CheckRecipient(withKey(t, theirs), asked("GOLD", "player-a"))
	require.NoError(t, err)
	require.WithinDuration(t, h.Store.Now(), answer.GetCheck().GetCheckTime().AsTime(), 10*time.Second)
	require.Equal(t, 5, let(theirs)+1)
}

// Support asks for a merchant or for nobody, without a limit, and each time is on record without whom it was about.
func TestOperatorsCheckRecipients(t *testing.T) {
	h, checks := startChecking(t, 1)
	h.wantChecks(t, "GOLD", time.Hour)
	for range 3 {
		answer, err := checks.CheckRecipient(h.asAdmin(), asked("GOLD", "player-1"))
		require.NoError(t, err)
		require.Equal(t, "Ann", answer.GetCheck().GetName())
		require.Nil(t, answer.GetCheck().GetExpireTime(), "it counts for nobody")
	}
	forShop := asked("GOLD", "player-1")
	forShop.Merchant = "shop"
	answer, err := checks.CheckRecipient(h.asAdmin(), forShop)
	require.NoError(t, err)
	require.NotNil(t, answer.GetCheck().GetExpireTime())
	_, err = h.orders().CreateOrder(h.asShop(), &orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{
		ReferenceId: "r", Recipient: &orderhubv1.Recipient{UserId: "player-1"},
		Lines: []*orderhubv1.OrderLine{{Sku: "GOLD", Quantity: 1}},
	}})
	require.NoError(t, err)
	record, err := orderhubv1.NewOperatorServiceClient(h.conn).ListAuditEntries(
		h.asAdmin(), &orderhubv1.ListAuditEntriesRequest{PageSize: 100},
	)
	require.NoError(t, err)
	times := 0
	for _, e := range record.GetEntries() {
		if e.GetMethod() != "RecipientService.CheckRecipient" {
			continue
		}
		times++
		require.NotContains(t, e.String(), "player-1")
		require.Contains(t, e.GetTarget(), "GOLD")
	}
	require.Equal(t, 4, times)
}
