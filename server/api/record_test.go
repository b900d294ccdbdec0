package api_test

import (
	"context"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
	"orderhub/server/approval"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/operator"
	"orderhub/server/session"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

// acting is an operator who does one thing after the other, each of which has to be on record.
type acting struct {
	*services
	ctx  context.Context //nolint:containedctx // of everything that the operator does
	done map[string]bool
}

// entries are those of the record, newest first.
func (h *services) entries(f audit.Filter) []audit.Entry {
	h.t.Helper()
	found, err := h.Store.Records.Entries(h.t.Context(), f)
	require.NoError(h.t, err)
	return found
}

// do calls a method, which has to succeed, and returns its answer.
func do[Q, A proto.Message](
	a *acting, method string, request Q, target audit.Target,
) A {
	a.t.Helper()
	var zero A
	answer := zero.ProtoReflect().New().Interface().(A)
	before := len(a.entries(audit.Filter{Method: method}))
	service := "/orderhub.v1." + strings.Replace(method, ".", "/", 1)
	require.NoError(a.t, a.conn.Invoke(a.ctx, service, request, answer), method)
	found := a.entries(audit.Filter{Method: method})
	require.Greater(a.t, len(found), before, "%s left no entry", method)
	e := found[0]
	assert.Equal(a.t, []string{audit.KindOperator, "ada", "127.0.0.1", "grpc"}, []string{
		e.Actor.Kind, e.Actor.Name, e.Address, e.Via,
	}, method)
	assert.NotZero(a.t, e.Actor.KeyID, method)
	assert.NotEmpty(a.t, e.RequestID, method)
	assert.Equal(a.t, target, e.Target, method)
	a.done[service] = true
	return answer
}

func asText(id int64) string { return strconv.FormatInt(id, 10) }

func to(kind, name string) audit.Target { return audit.Target{Kind: kind, Name: name} }

// Whatever an operator may change is on record, in the transaction of the change, and the chain holds.
func TestEveryChangeIsRecorded(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		store := open()
		limits, err := approval.ParseLimits([]string{"1000"})
		require.NoError(t, err)
		h := startHubOn(t, store, func(o *api.Options) {
			o.Webhooks = webhook.NewService(store.Endpoints, true)
			o.Approvals = approval.NewService(store.Approvals, o.Accounts, limits, time.Hour)
		})
		a := &acting{h, h.asOperator("ada", operator.Admin), make(map[string]bool)}
		a.merchants()
		a.catalogue()
		a.prices()
		a.rates()
		a.supply()
		a.orders()
		a.purchases()
		a.claims()
		a.reconciliations()
		a.endpoints()
		a.operatorEndpoints()
		a.operators()
		a.approvals()
		for _, method := range api.Changing() {
			assert.True(t, a.done[method], "%s changes something, and is not tried here", method)
		}
		storetest.RequireClean(t, h.Store)
		for _, e := range h.entries(audit.Filter{}) {
			for _, hidden := range []string{"s3cret", "@example.com", "CONTENT", "player", "token="} {
				assert.NotContains(t, e.Request+e.Before+e.After, hidden, e.Method)
			}
		}
	})
}

func (a *acting) merchants() {
	const service = "AdminService."
	buyer := to("merchant", "buyer")
	do[*orderhubv1.CreateMerchantRequest, *orderhubv1.CreateMerchantResponse](a, service+"CreateMerchant",
		&orderhubv1.CreateMerchantRequest{Merchant: &orderhubv1.Merchant{
			Name: "buyer", Currency: "THB", Email: "buyer@example.com",
		}}, buyer)
	do[*orderhubv1.UpdateMerchantRequest, *orderhubv1.UpdateMerchantResponse](a, service+"UpdateMerchant",
		&orderhubv1.UpdateMerchantRequest{Merchant: "buyer", Changes: &orderhubv1.Merchant{
			Email: "other@example.com", CreditLimit: "10.00",
		}}, buyer)
	do[*orderhubv1.SuspendMerchantRequest, *orderhubv1.SuspendMerchantResponse](a, service+"SuspendMerchant",
		&orderhubv1.SuspendMerchantRequest{Merchant: "buyer"}, buyer)
	do[*orderhubv1.ResumeMerchantRequest, *orderhubv1.ResumeMerchantResponse](a, service+"ResumeMerchant",
		&orderhubv1.ResumeMerchantRequest{Merchant: "buyer"}, buyer)
	password := "s3cret-password"
	do[*orderhubv1.SetCredentialsRequest, *orderhubv1.SetCredentialsResponse](a, service+"SetCredentials",
		&orderhubv1.SetCredentialsRequest{Merchant: "buyer", Password: &password}, buyer)
	do[*orderhubv1.DepositRequest, *orderhubv1.DepositResponse](a, service+"Deposit",
		&orderhubv1.DepositRequest{Merchant: "buyer", Amount: "50.00"}, buyer)
	do[*orderhubv1.AdjustWalletRequest, *orderhubv1.AdjustWalletResponse](a, service+"AdjustWallet",
		&orderhubv1.AdjustWalletRequest{Merchant: "buyer", Amount: "-20.00", Reason: "booked twice"}, buyer)
	key := do[*orderhubv1.CreateKeyRequest, *orderhubv1.CreateKeyResponse](a, service+"CreateKey",
		&orderhubv1.CreateKeyRequest{Merchant: "buyer", Key: &orderhubv1.ApiKey{Label: "till"}}, buyer)
	do[*orderhubv1.RevokeKeyRequest, *orderhubv1.RevokeKeyResponse](a, service+"RevokeKey",
		&orderhubv1.RevokeKeyRequest{Merchant: "buyer", Key: key.GetKey().GetId()}, buyer)
	made, revoked := a.entries(audit.Filter{Method: service + "CreateKey"})[0], a.entries(audit.Filter{
		Method: service + "RevokeKey",
	})[0]
	assert.Contains(a.t, made.After, `"label":"till"`)
	assert.JSONEq(a.t, made.After, revoked.Before)
	assert.JSONEq(a.t, made.Before, revoked.After)

	e := a.entries(audit.Filter{Method: service + "AdjustWallet"})[0]
	assert.Equal(a.t, []string{"booked twice", `{"balance":"50.00"}`, `{"balance":"30.00"}`},
		[]string{e.Reason, e.Before, e.After})
	e = a.entries(audit.Filter{Method: service + "UpdateMerchant"})[0]
	assert.Contains(a.t, e.Before, `"creditLimit":"0.00"`)
	assert.Contains(a.t, e.After, `"creditLimit":"10.00"`)
}

// changed asserts what the last entry of a method says of before and after.
func (a *acting) changed(method, before, after string) {
	a.t.Helper()
	e := a.entries(audit.Filter{Method: method})[0]
	assert.JSONEq(a.t, before, e.Before, method)
	assert.JSONEq(a.t, after, e.After, method)
}

func (a *acting) catalogue() {
	const service = "CatalogService."
	do[*orderhubv1.CreateCategoryRequest, *orderhubv1.CreateCategoryResponse](a, service+"CreateCategory",
		&orderhubv1.CreateCategoryRequest{Category: &orderhubv1.Category{Slug: "codes", Name: "Codes"}},
		to("category", "codes"))
	do[*orderhubv1.UpdateCategoryRequest, *orderhubv1.UpdateCategoryResponse](a, service+"UpdateCategory",
		&orderhubv1.UpdateCategoryRequest{Category: "codes", Changes: &orderhubv1.Category{Name: "E-pins"}},
		to("category", "codes"))
	for _, sku := range []string{"PIN", "DAY"} {
		do[*orderhubv1.CreateProductRequest, *orderhubv1.CreateProductResponse](a, service+"CreateProduct",
			&orderhubv1.CreateProductRequest{Product: &orderhubv1.Product{
				Sku: sku, Name: sku, Category: &orderhubv1.ProductCategory{Slug: "codes"}, Price: "5.00",
				Currency: "THB",
				Source:   orderhubv1.ProductSource_PRODUCT_SOURCE_STOCK, Format: "code", Dated: sku == "DAY",
			}}, to("product", sku))
	}
	pin := to("product", "PIN")
	do[*orderhubv1.UpdateProductRequest, *orderhubv1.UpdateProductResponse](a, service+"UpdateProduct",
		&orderhubv1.UpdateProductRequest{Product: "PIN", Changes: &orderhubv1.Product{Price: "6.00"}}, pin)
	assert.JSONEq(a.t, `{"price_micros":5000000}`, a.entries(audit.Filter{Method: service + "UpdateProduct"})[0].Before)
	do[*orderhubv1.ImportUnitsRequest, *orderhubv1.ImportUnitsResponse](a, service+"ImportUnits",
		&orderhubv1.ImportUnitsRequest{Product: "PIN", Contents: []string{"CONTENT-1", "CONTENT-2"}}, pin)
	units, err := a.catalog().ListUnits(a.ctx, &orderhubv1.ListUnitsRequest{Product: "PIN"})
	require.NoError(a.t, err)
	unit := units.GetUnits()[0]
	do[*orderhubv1.SetUnitAsideRequest, *orderhubv1.SetUnitAsideResponse](a, service+"SetUnitAside",
		&orderhubv1.SetUnitAsideRequest{Unit: unit.GetId()}, to("unit", asText(unit.GetId())))
	a.changed(service+"SetUnitAside", `{"status":"available"}`, `{"status":"set_aside"}`)
	do[*orderhubv1.PutUnitBackRequest, *orderhubv1.PutUnitBackResponse](a, service+"PutUnitBack",
		&orderhubv1.PutUnitBackRequest{Unit: unit.GetId()}, to("unit", asText(unit.GetId())))
	a.changed(service+"PutUnitBack", `{"status":"set_aside"}`, `{"status":"available"}`)
	do[*orderhubv1.VoidUnitRequest, *orderhubv1.VoidUnitResponse](a, service+"VoidUnit",
		&orderhubv1.VoidUnitRequest{Unit: unit.GetId()}, to("unit", asText(unit.GetId())))
	a.changed(service+"VoidUnit", `{"status":"available"}`, `{"status":"void"}`)
	imports, err := a.catalog().ListUnitImports(a.ctx, &orderhubv1.ListUnitImportsRequest{})
	require.NoError(a.t, err)
	imported := imports.GetUnitImports()[0].GetId()
	do[*orderhubv1.WithdrawUnitImportRequest, *orderhubv1.WithdrawUnitImportResponse](a, service+"WithdrawUnitImport",
		&orderhubv1.WithdrawUnitImportRequest{UnitImport: imported}, to("unit_import", asText(imported)))
	do[*orderhubv1.SetAllotmentsRequest, *orderhubv1.SetAllotmentsResponse](a, service+"SetAllotments",
		&orderhubv1.SetAllotmentsRequest{
			Product: "DAY", Allotments: []*orderhubv1.Allotment{{UseDate: "2030-05-01", Capacity: 3}},
		}, to("product", "DAY"))
	a.changed(service+"SetAllotments", `{"2030-05-01":null}`, `{"2030-05-01":3}`)
	listing := do[*orderhubv1.CreateListingRequest, *orderhubv1.CreateListingResponse](a, service+"CreateListing",
		&orderhubv1.CreateListingRequest{Merchant: "buyer", Listing: &orderhubv1.Listing{
			ExternalId: "4711", Product: "PIN",
		}}, to("merchant", "buyer")).GetListing().GetId()
	do[*orderhubv1.DeleteListingRequest, *orderhubv1.DeleteListingResponse](a, service+"DeleteListing",
		&orderhubv1.DeleteListingRequest{Merchant: "buyer", Listing: listing}, to("listing", asText(listing)))
	assert.Contains(a.t, a.entries(audit.Filter{Method: service + "DeleteListing"})[0].Before, `"externalId":"4711"`)
	ten := to("coupon", "TEN")
	do[*orderhubv1.CreateCouponRequest, *orderhubv1.CreateCouponResponse](a, service+"CreateCoupon",
		&orderhubv1.CreateCouponRequest{Coupon: &orderhubv1.Coupon{Code: "TEN", Percent: "10"}}, ten)
	do[*orderhubv1.UpdateCouponRequest, *orderhubv1.UpdateCouponResponse](a, service+"UpdateCoupon",
		&orderhubv1.UpdateCouponRequest{Code: "TEN", Changes: &orderhubv1.Coupon{Percent: "11"}}, ten)
	do[*orderhubv1.ArchiveCouponRequest, *orderhubv1.ArchiveCouponResponse](a, service+"ArchiveCoupon",
		&orderhubv1.ArchiveCouponRequest{Code: "TEN"}, ten)
	do[*orderhubv1.ArchiveProductRequest, *orderhubv1.ArchiveProductResponse](a, service+"ArchiveProduct",
		&orderhubv1.ArchiveProductRequest{Product: "PIN"}, pin)
}

func (a *acting) orders() {
	const service = "OrderService."
	a.Supplied(a.Product("GOLD", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider }), "mute", mute{})
	a.Stocked("CODE", 10, 3)
	waiting := a.placed("waiting", "GOLD") // a provider is asked by nobody yet
	do[*orderhubv1.CancelOrderRequest, *orderhubv1.CancelOrderResponse](a, service+"CancelOrder",
		&orderhubv1.CancelOrderRequest{OrderNumber: waiting, Reason: "asked for"}, to("order", waiting))
	assert.Equal(a.t, "asked for", a.entries(audit.Filter{Method: service + "CancelOrder"})[0].Reason)

	parked, err := a.Orders.Create(a.t.Context(), storetest.Draft(a.shop, "parked", "GOLD", 1))
	require.NoError(a.t, err)
	a.Finish(parked.Order)
	attempts, err := a.admin().ListAttempts(
		a.ctx, &orderhubv1.ListAttemptsRequest{Status: orderhubv1.AttemptStatus_ATTEMPT_STATUS_PARKED},
	)
	require.NoError(a.t, err)
	attempt := attempts.GetAttempts()[0].GetId()
	do[*orderhubv1.ResolveAttemptRequest, *orderhubv1.ResolveAttemptResponse](a, "AdminService.ResolveAttempt",
		&orderhubv1.ResolveAttemptRequest{
			Attempt: attempt, Action: orderhubv1.AttemptAction_ATTEMPT_ACTION_DELIVERED, Evidence: "they said so",
			Goods: []string{"CONTENT-GOLD"},
		}, to("attempt", asText(attempt)))

	held, err := a.Orders.Hold(a.t.Context(), storetest.Draft(a.shop, "held", "CODE", 1), 0)
	require.NoError(a.t, err)
	do[*orderhubv1.ReleaseHoldRequest, *orderhubv1.ReleaseHoldResponse](a, "HoldService.ReleaseHold",
		&orderhubv1.ReleaseHoldRequest{HoldNumber: held.Hold.Number}, to("hold", held.Hold.Number))
	a.changed("HoldService.ReleaseHold", `{"hold":"held"}`, `{"hold":"released"}`)

	sold := a.placed("sold", "CODE")
	do[*orderhubv1.EraseOrderRequest, *orderhubv1.EraseOrderResponse](a, service+"EraseOrder",
		&orderhubv1.EraseOrderRequest{OrderNumber: sold}, to("order", sold))
	a.placed("other", "CODE")
	do[*orderhubv1.EraseRecipientRequest, *orderhubv1.EraseRecipientResponse](a, service+"EraseRecipient",
		&orderhubv1.EraseRecipientRequest{
			Recipient: &orderhubv1.Recipient{UserId: "player"}, Merchant: "shop", PageSize: 1000,
		}, to("merchant", "shop"))
}

// placed is the number of an order of the shop's.
func (a *acting) placed(reference, sku string) string {
	a.t.Helper()
	placed, err := a.Orders.Create(a.t.Context(), storetest.Draft(a.shop, reference, sku, 1))
	require.NoError(a.t, err)
	return placed.Order.Number
}

func (a *acting) operators() {
	const service = "OperatorService."
	grace := to("operator", "grace")
	viewer := []orderhubv1.OperatorRole{orderhubv1.OperatorRole_OPERATOR_ROLE_VIEWER}
	do[*orderhubv1.CreateOperatorRequest, *orderhubv1.CreateOperatorResponse](a, service+"CreateOperator",
		&orderhubv1.CreateOperatorRequest{Operator: &orderhubv1.Operator{Name: "grace", Roles: viewer}}, grace)
	do[*orderhubv1.UpdateOperatorRequest, *orderhubv1.UpdateOperatorResponse](a, service+"UpdateOperator",
		&orderhubv1.UpdateOperatorRequest{Operator: "grace", Changes: &orderhubv1.Operator{
			Status: orderhubv1.OperatorStatus_OPERATOR_STATUS_SUSPENDED,
		}}, grace)
	do[*orderhubv1.InviteOperatorRequest, *orderhubv1.InviteOperatorResponse](a, service+"InviteOperator",
		&orderhubv1.InviteOperatorRequest{Operator: "grace"}, grace)
	c := &console{services: a.services, sessions: session.NewService(session.Options{
		Store: a.Store.Sessions, Guesses: a.Store.Guesses, Log: slog.New(slog.DiscardHandler),
	})}
	in, _ := c.signIn("lisa", operator.Viewer)
	do[*orderhubv1.RevokeOperatorSessionRequest, *orderhubv1.RevokeOperatorSessionResponse](
		a, service+"RevokeOperatorSession",
		&orderhubv1.RevokeOperatorSessionRequest{Operator: "lisa", Session: in.ID}, to("operator", "lisa"),
	)
	key := do[*orderhubv1.CreateOperatorKeyRequest, *orderhubv1.CreateOperatorKeyResponse](a,
		service+"CreateOperatorKey",
		&orderhubv1.CreateOperatorKeyRequest{Operator: "grace", Key: &orderhubv1.OperatorKey{}}, grace)
	do[*orderhubv1.RevokeOperatorKeyRequest, *orderhubv1.RevokeOperatorKeyResponse](a, service+"RevokeOperatorKey",
		&orderhubv1.RevokeOperatorKeyRequest{Operator: "grace", Key: key.GetKey().GetId()}, grace)
}

func (a *acting) approvals() {
	const service = "ApprovalService."
	mary := a.asOperator("mary", operator.Finance)
	ask := func(ctx context.Context) (id int64, target audit.Target) {
		asked, err := a.admin().Deposit(ctx, &orderhubv1.DepositRequest{Merchant: "buyer", Amount: "2000"})
		require.NoError(a.t, err)
		return asked.GetApproval().GetId(), to("approval", asText(asked.GetApproval().GetId()))
	}
	id, target := ask(mary)
	do[*orderhubv1.ApproveRequest, *orderhubv1.ApproveResponse](
		a, service+"Approve", &orderhubv1.ApproveRequest{Approval: id}, target,
	)
	id, target = ask(mary)
	do[*orderhubv1.RejectRequest, *orderhubv1.RejectResponse](
		a, service+"Reject", &orderhubv1.RejectRequest{Approval: id, Reason: "no such payment"}, target,
	)
	require.Equal(a.t, "no such payment", a.entries(audit.Filter{Method: service + "Reject"})[0].Reason)
	id, target = ask(a.ctx)
	do[*orderhubv1.WithdrawRequest, *orderhubv1.WithdrawResponse](
		a, service+"Withdraw", &orderhubv1.WithdrawRequest{Approval: id}, target,
	)
}

// Nothing that failed, changed nothing, only reads, or is a merchant's own is on record; goods that an operator was
// shown are.
func TestWhatIsRecorded(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil)
		h.Stocked("CODE", 10, 5)
		placed, err := h.orders().CreateOrder(h.asShop(), newOrder("one", line("CODE", 1)))
		require.NoError(t, err)
		number := placed.GetOrder().GetOrderNumber()
		support := h.asOperator("grace", operator.Support)
		_, err = h.orders().CancelOrder(support, &orderhubv1.CancelOrderRequest{OrderNumber: number})
		refused(t, err, codes.FailedPrecondition, "NOT_CANCELLABLE")
		_, err = h.admin().Deposit(support, &orderhubv1.DepositRequest{Merchant: "shop", Amount: "1"})
		refused(t, err, codes.PermissionDenied, "ROLE_MISSING")
		_, err = h.admin().ResumeMerchant(h.asAdmin(), &orderhubv1.ResumeMerchantRequest{Merchant: "shop"})
		require.NoError(t, err, "it is not suspended")
		_, err = h.orders().GetOrder(support, &orderhubv1.GetOrderRequest{OrderNumber: number})
		require.NoError(t, err)
		require.Empty(t, h.entries(audit.Filter{}))

		_, err = h.orders().GetOrder(support, &orderhubv1.GetOrderRequest{OrderNumber: number, ShowGoods: true})
		require.NoError(t, err)
		_, err = h.orders().GetOrder(h.asAdmin(), &orderhubv1.GetOrderRequest{OrderNumber: number})
		require.NoError(t, err)
		local := orderhubv1.NewAdminServiceClient(h.server.AsOperator("root"))
		_, err = local.Deposit(t.Context(), &orderhubv1.DepositRequest{Merchant: "shop", Amount: "1", Reference: "r"})
		require.NoError(t, err)
		_, err = local.Deposit(t.Context(), &orderhubv1.DepositRequest{Merchant: "shop", Amount: "1", Reference: "r"})
		require.NoError(t, err)

		finance := orderhubv1.NewOperatorServiceClient(h.conn)
		listed, err := finance.ListAuditEntries(h.asOperator("ada", operator.Finance),
			&orderhubv1.ListAuditEntriesRequest{})
		require.NoError(t, err)
		var told [][]string
		for _, e := range listed.GetEntries() {
			told = append(told, []string{
				e.GetActorKind().String(), e.GetActor(), e.GetVia(), e.GetMethod(),
				e.GetTarget(),
			})
		}
		require.Equal(t, [][]string{
			{"AUDIT_ACTOR_LOCAL", "root", "command", "AdminService.Deposit", "shop"},
			{"AUDIT_ACTOR_ADMIN_KEY", "operator", "grpc", "OrderService.GetOrder goods shown", number},
			{"AUDIT_ACTOR_OPERATOR", "grace", "grpc", "OrderService.GetOrder goods shown", number},
		}, told, "newest first")
		ofGrace, err := finance.ListAuditEntries(h.asAdmin(), &orderhubv1.ListAuditEntriesRequest{
			Actor: "grace", TargetKind: "order", Target: number, PageSize: 1,
		})
		require.NoError(t, err)
		require.Len(t, ofGrace.GetEntries(), 1)
		require.Empty(t, ofGrace.GetNextPageToken())
		one, err := finance.GetAuditEntry(
			h.asAdmin(), &orderhubv1.GetAuditEntryRequest{Entry: ofGrace.GetEntries()[0].GetId()},
		)
		require.NoError(t, err)
		require.Equal(t, ofGrace.GetEntries()[0].String(), one.GetEntry().String())
		_, err = finance.GetAuditEntry(h.asAdmin(), &orderhubv1.GetAuditEntryRequest{Entry: math.MaxInt64})
		refused(t, err, codes.NotFound, "AUDIT_ENTRY_NOT_FOUND")
		_, err = finance.GetAuditEntry(support, &orderhubv1.GetAuditEntryRequest{Entry: one.GetEntry().GetId()})
		refused(t, err, codes.PermissionDenied, "ROLE_MISSING")
		_, err = finance.ListAuditEntries(support, &orderhubv1.ListAuditEntriesRequest{})
		refused(t, err, codes.PermissionDenied, "ROLE_MISSING")
		storetest.RequireClean(t, h.Store)
	})
}

// Acts at once are numbered one after the other, each in its transaction.
func TestActsAtOnce(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil)
		_, failed := storetest.Together(16, func(int) error {
			_, err := h.admin().Deposit(h.asAdmin(), &orderhubv1.DepositRequest{Merchant: "shop", Amount: "1"})
			return err
		})
		require.Empty(t, failed)
		require.Len(t, h.entries(audit.Filter{Method: "AdminService.Deposit"}), 16)
		require.EqualValues(t, 16, storetest.RequireClean(t, h.Store).Acts)
	})
}
