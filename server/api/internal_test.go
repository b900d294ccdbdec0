package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/event"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/operator"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

func TestAccessesHaveEveryMethodOfEveryService(t *testing.T) {
	known := make(map[string]bool)
	for _, method := range methods() {
		name := "/" + string(method.Parent().FullName()) + "/" + string(method.Name())
		known[name] = true
		assert.NotZero(t, accesses[name], "%s is missing and takes nobody's key", name)
	}
	for name := range accesses {
		assert.True(t, known[name], "%s is no method", name)
	}
	protoregistry.GlobalFiles.RangeFilesByPackage("orderhub.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				name := "/" + string(service.FullName()) + "/" + string(service.Methods().Get(j).Name())
				assert.True(t, known[name], "%s is of the contract and not served", name)
			}
		}
		return true
	})
}

func TestMethodOutsideTheTableIsDenied(t *testing.T) {
	for _, p := range []account.Principal{
		{Scope: account.ScopeAdmin},
		{Scope: account.ScopeMerchant},
		{Scope: account.ScopeRead},
		{Scope: account.ScopeOrders},
		{},
		{Scope: account.ScopeAdmin, OperatorID: 1, Roles: operator.RolesOf(operator.Admin)},
	} {
		assert.ErrorIs(t, accesses["/orderhub.v1.OrderService/Missing"].check(&p), errOutOfScope)
	}
}

func TestErrorTable(t *testing.T) {
	const thb = money.Currency("THB")
	tests := []struct {
		err    error
		code   codes.Code
		reason string
	}{
		{errs.Invalid("name", "is bad"), codes.InvalidArgument, "VALIDATION_FAILED"},
		{errs.ErrUnavailable, codes.Unavailable, "UNAVAILABLE"},
		{webhook.ErrDeliveryNotFound, codes.NotFound, "WEBHOOK_DELIVERY_NOT_FOUND"},
		{&event.BeyondEndError{}, codes.FailedPrecondition, "POSITION_OF_ANOTHER_LOG"},
		{&event.NoLongerKeptError{}, codes.FailedPrecondition, "POSITION_NO_LONGER_KEPT"},
		{webhook.ErrNowhere, codes.FailedPrecondition, "ENDPOINT_NOT_ACTIVE"},
		{errUndecodable, codes.InvalidArgument, "VALIDATION_FAILED"},
		{errOutOfScope, codes.PermissionDenied, "PERMISSION_DENIED"},
		{account.ErrUnauthenticated, codes.Unauthenticated, "UNAUTHENTICATED"},
		{account.ErrSuspended, codes.PermissionDenied, "MERCHANT_SUSPENDED"},
		{operator.ErrSuspended, codes.PermissionDenied, "OPERATOR_SUSPENDED"},
		{&operator.MissingRoleError{Role: operator.Finance}, codes.PermissionDenied, "ROLE_MISSING"},
		{&account.ScopeMissingError{}, codes.PermissionDenied, "SCOPE_MISSING"},
		{&account.ScopeTooWideError{}, codes.PermissionDenied, "SCOPE_TOO_WIDE"},
		{&account.TooManyKeysError{}, codes.FailedPrecondition, "TOO_MANY_KEYS"},
		{account.ErrOwnKey, codes.FailedPrecondition, "OWN_KEY"},
		{operator.ErrNotFound, codes.NotFound, "OPERATOR_NOT_FOUND"},
		{operator.ErrKeyNotFound, codes.NotFound, "KEY_NOT_FOUND"},
		{operator.ErrLastAdmin, codes.FailedPrecondition, "LAST_ADMIN"},
		{&operator.AlreadyExistsError{Field: "name"}, codes.AlreadyExists, "ALREADY_EXISTS"},
		{account.ErrAddressNotAllowed, codes.PermissionDenied, "ADDRESS_NOT_ALLOWED"},
		{&account.RateLimitedError{RetryAfter: time.Second}, codes.ResourceExhausted, "RATE_LIMITED"},
		{account.ErrMerchantNotFound, codes.NotFound, "MERCHANT_NOT_FOUND"},
		{account.ErrKeyNotFound, codes.NotFound, "KEY_NOT_FOUND"},
		{account.ErrNoWallet, codes.FailedPrecondition, "NO_WALLET"},
		{account.ErrCurrencyMismatch, codes.InvalidArgument, "CURRENCY_MISMATCH"},
		{account.ErrReferenceReused, codes.AlreadyExists, "DUPLICATE_REFERENCE"},
		{&account.AlreadyExistsError{Field: "email"}, codes.AlreadyExists, "ALREADY_EXISTS"},
		{order.ErrNotFound, codes.NotFound, "ORDER_NOT_FOUND"},
		{order.ErrNotCancellable, codes.FailedPrecondition, "NOT_CANCELLABLE"},
		{order.ErrMerchantSuspended, codes.PermissionDenied, "MERCHANT_SUSPENDED"},
		{&order.RetryLaterError{Err: order.ErrOverloaded, After: time.Second}, codes.ResourceExhausted, "OVERLOADED"},
		{&order.RetryLaterError{Err: order.ErrContended, After: time.Second}, codes.Unavailable, "OVERLOADED"},
		{&order.RetryLaterError{Err: order.ErrShuttingDown, After: time.Second}, codes.Unavailable, "UNAVAILABLE"},
		{&order.DuplicateReferenceError{OrderNumber: "ord_1"}, codes.AlreadyExists, "DUPLICATE_REFERENCE"},
		{&order.InsufficientBalanceError{Currency: thb, Missing: 1}, codes.FailedPrecondition, "INSUFFICIENT_BALANCE"},
		{&order.PriceChangedError{Currency: thb}, codes.FailedPrecondition, "PRICE_CHANGED"},
		{&order.CouponError{Cause: order.CouponExpired}, codes.InvalidArgument, "COUPON_INVALID"},
		{refusal(order.ReasonProductNotFound), codes.NotFound, "PRODUCT_NOT_FOUND"},
		{refusal(order.ReasonProductNotAvailable), codes.FailedPrecondition, "PRODUCT_NOT_AVAILABLE"},
		{refusal(order.ReasonQuantityNotAllowed), codes.InvalidArgument, "QUANTITY_NOT_ALLOWED"},
		{refusal(order.ReasonFieldInvalid), codes.InvalidArgument, "FIELD_INVALID"},
		{refusal(order.ReasonDateNotAvailable), codes.FailedPrecondition, "DATE_NOT_AVAILABLE"},
		{refusal(order.ReasonOutOfStock), codes.FailedPrecondition, "OUT_OF_STOCK"},
		{catalog.ErrProductNotFound, codes.NotFound, "PRODUCT_NOT_FOUND"},
		{catalog.ErrCategoryNotFound, codes.NotFound, "CATEGORY_NOT_FOUND"},
		{catalog.ErrListingNotFound, codes.NotFound, "LISTING_NOT_FOUND"},
		{catalog.ErrCouponNotFound, codes.NotFound, "COUPON_NOT_FOUND"},
		{catalog.ErrStaleVersion, codes.Aborted, "STALE_VERSION"},
		{&catalog.AlreadyExistsError{Kind: "product", Name: "x"}, codes.AlreadyExists, "ALREADY_EXISTS"},
		{fulfil.ErrProviderNotFound, codes.NotFound, "PROVIDER_NOT_FOUND"},
		{fulfil.ErrOfferNotFound, codes.NotFound, "OFFER_NOT_FOUND"},
		{&fulfil.AlreadyExistsError{Kind: "offer"}, codes.AlreadyExists, "ALREADY_EXISTS"},
		{webhook.ErrEndpointNotFound, codes.NotFound, "WEBHOOK_ENDPOINT_NOT_FOUND"},
		{&webhook.TooManyError{Most: 20}, codes.InvalidArgument, "VALIDATION_FAILED"},
		{status.Error(codes.Unimplemented, "method X"), codes.Unimplemented, "NOT_IMPLEMENTED"},
		{context.DeadlineExceeded, codes.Unavailable, "UNAVAILABLE"}, // ours, not the caller's
		{errors.New("the disk is on fire"), codes.Internal, "INTERNAL"},
	}
	for _, tt := range tests {
		t.Run(tt.err.Error(), func(t *testing.T) {
			g := &guard{log: slog.New(slog.DiscardHandler)}
			ctx := context.WithValue(t.Context(), callKey{}, &call{requestID: "req_1"})
			err := g.explain(ctx, fmt.Errorf("doing it: %w", tt.err))
			s := status.Convert(err)
			assert.Equal(t, tt.code, s.Code())
			assert.Equal(t, tt.reason, reasonOf(err))
			assert.NotEmpty(t, s.Message())
			assert.NotContains(t, s.Message(), "fire")
			last := s.Details()[len(s.Details())-1]
			assert.Equal(t, "req_1", last.(*errdetails.RequestInfo).GetRequestId())
			assert.Equal(t, err, g.explain(ctx, err), "explaining twice changes nothing")
		})
	}
}

func refusal(reason order.LineReason) error {
	return &order.LinesError{Problems: []order.LineProblem{{Reason: reason, Message: "no"}}}
}

func TestEndOfTheCallersContextComesFirst(t *testing.T) {
	g := &guard{log: slog.New(slog.DiscardHandler)}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	err := g.explain(cancelled, fmt.Errorf("%w: %w", errs.ErrUnavailable, context.Canceled))
	assert.Equal(t, codes.Canceled, status.Code(err))
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	err = g.explain(late, context.DeadlineExceeded)
	assert.Equal(t, codes.DeadlineExceeded, status.Code(err))
	assert.Equal(t, "DEADLINE_EXCEEDED", reasonOf(err))
}

func TestUnknownErrorsAreLoggedInFull(t *testing.T) {
	var log strings.Builder
	g := &guard{log: slog.New(slog.NewTextHandler(&log, nil))}
	_ = g.explain(t.Context(), errors.New("the disk is on fire"))
	assert.Contains(t, log.String(), "the disk is on fire")
}

// Over the network violations travel in trailers, of which clients take little.
func TestErrorsStaySmall(t *testing.T) {
	bad := &errs.InvalidError{}
	for i := range 10_000 {
		bad.Add(fmt.Sprintf("contents[%d]", i), "must have at least 1 byte")
	}
	bad.Violations[0].Field = `metadata["` + strings.Repeat("é", 10_000) + `"]`
	p := invalid(bad.Violations)
	// As base64 it is a third longer; C clients take 8 KiB of trailers.
	assert.Less(t, proto.Size(p.status("req_1").Proto()), 6_000)
	all := &order.LinesError{}
	for i := range order.MaxLines {
		all.Problems = append(
			all.Problems, order.LineProblem{Index: i, Reason: order.ReasonOutOfStock, Message: "out of stock"},
		)
	}
	assert.Len(t, refusedLines(all).badRequest().GetFieldViolations(), order.MaxLines, "a whole order fits")
}

func TestJSONPath(t *testing.T) {
	for path, want := range map[string]string{
		"":                           "",
		"reference_id":               "referenceId",
		"lines[0].use_date":          "lines[0].useDate",
		`metadata["a_key"]`:          "metadata.a_key",
		`lines[3].fields["user_id"]`: "lines[3].fields.user_id",
		`metadata["a b"]`:            `metadata["a b"]`,
		`metadata["a\"].b_c"].d_e`:   `metadata["a\"].b_c"].dE`,
		`metadata["`:                 `metadata["`,
		"a[":                         "a[",
	} {
		assert.Equal(t, want, jsonPath(path), "%s", path)
	}
}

func TestPageTokenRoundTrip(t *testing.T) {
	request := &orderhubv1.ListOrdersRequest{PageSize: 7, ReferenceIdPrefix: "a"}
	first, err := openPage(t.Context(), request, 2)
	require.NoError(t, err)
	assert.Equal(t, 7, first.size)
	assert.Equal(t, 8, first.limit())
	assert.Zero(t, first.key(1))
	for _, keys := range [][]int64{{0, 0}, {1, -1}, {1 << 62, -(1 << 62)}} {
		request.PageToken = first.token(keys...)
		next, err := openPage(t.Context(), request, 2)
		require.NoError(t, err)
		assert.Equal(t, keys, next.after)
	}
	_, err = openPage(t.Context(), request, 1)
	assert.Error(t, err, "a keyset of another length")
}

func TestMask(t *testing.T) {
	changes := &orderhubv1.Merchant{Email: "a@example.com"}
	set, err := maskOf(changes, nil)
	require.NoError(t, err)
	assert.Equal(t, fieldSet{"email": true}, set)
	set, err = maskOf(&orderhubv1.Merchant{
		RateLimit: &orderhubv1.RateLimit{Burst: 2}, Settings: &orderhubv1.MerchantSettings{},
	}, nil)
	require.NoError(t, err)
	assert.Equal(t, fieldSet{"rate_limit.burst": true}, set, "a part with nothing in it changes nothing")
	set, err = maskOf(&orderhubv1.Provider{Settings: &structpb.Struct{}, Timeout: durationpb.New(0)}, nil)
	require.NoError(t, err)
	assert.Equal(t, fieldSet{"settings": true, "timeout": true}, set, "what has no parts is a value")
	set, err = maskOf(changes, &fieldmaskpb.FieldMask{Paths: []string{"creditLimit", "rate_limit.burst"}})
	require.NoError(t, err)
	assert.True(t, set.has("credit_limit"))
	assert.True(t, set.has("rate_limit"))
	assert.False(t, set.has("email"))
	_, err = maskOf(changes, &fieldmaskpb.FieldMask{Paths: []string{"no_such"}})
	assert.Error(t, err)
}

func TestAddressCountsProxiesOnlyWhenTrusted(t *testing.T) {
	g := &guard{proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	tests := []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"direct", "192.0.2.1:4000", nil, "192.0.2.1"},
		{"forged", "192.0.2.1:4000", []string{"198.51.100.7"}, "192.0.2.1"},
		{"behind a proxy", "10.0.0.1:4000", []string{"198.51.100.7"}, "198.51.100.7"},
		{"forged before a proxy", "10.0.0.1:4000", []string{"203.0.113.9, 198.51.100.7"}, "198.51.100.7"},
		{"two proxies", "10.0.0.1:4000", []string{"203.0.113.9, 198.51.100.7", "10.0.0.2"}, "198.51.100.7"},
		{"only proxies", "10.0.0.1:4000", []string{"10.0.0.3"}, "10.0.0.3"},
		{"nonsense", "10.0.0.1:4000", []string{"198.51.100.7, unknown"}, "10.0.0.1"},
		{"nothing forwarded", "10.0.0.1:4000", nil, "10.0.0.1"},
		{"IPv4 in IPv6", "[::ffff:192.0.2.1]:4000", nil, "192.0.2.1"},
		{"IPv6", "[2001:db8::1]:4000", nil, "2001:db8::1"},
		{"no address", "@", nil, "invalid IP"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			from := httpPeer{addr: parseAddress(tt.peer), forwarded: tt.forwarded}
			assert.Equal(t, tt.want, g.resolve(from).String())
		})
	}
}

func TestPercent(t *testing.T) {
	bad := &errs.InvalidError{}
	for text, points := range map[string]int64{"10": 1000, "12.5": 1250, "0.01": 1, "100.00": 10_000, "": 0} {
		assert.Equal(t, points, fromAPIPercent(bad, text), "%s", text)
	}
	for points, text := range map[int64]string{1000: "10", 1250: "12.5", 1: "0.01", 10_000: "100", 29: "0.29"} {
		assert.Equal(t, text, toAPIPercent(points))
	}
	assert.NoError(t, bad.OrNil())
}

func TestBound(t *testing.T) {
	bad := &errs.InvalidError{}
	assert.Nil(t, fromAPIBound(bad, "min_price", ""))
	assert.Equal(t, money.Amount(10_500_000), *fromAPIBound(bad, "min_price", "10.5"))
	assert.Equal(t, money.Amount(999_999_999_999_999_999), *fromAPIBound(bad, "min_price", "999999999999.999999"))
	assert.NoError(t, bad.OrNil())
	fromAPIBound(bad, "min_price", "1.0000001")
	assert.Error(t, bad.OrNil())
}

func TestStart(t *testing.T) {
	_, err := NewServer(Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	assert.Error(t, err, "options are missing")
}

func BenchmarkNewValidator(b *testing.B) {
	for b.Loop() {
		if _, err := newValidator(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidateOrder(b *testing.B) {
	v, err := newValidator()
	require.NoError(b, err)
	request := &orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{
		ReferenceId: "ref", Recipient: &orderhubv1.Recipient{UserId: "player"},
		Lines: []*orderhubv1.OrderLine{{Sku: "CODE", Quantity: 1, Fields: map[string]string{"userid": "player"}}},
	}}
	for b.Loop() {
		if err := v.check(request); err != nil {
			b.Fatal(err)
		}
	}
}

// What only operators need is told too.
func TestWhatOperatorsAreTold(t *testing.T) {
	since := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	assert.True(t, toAPIMerchant(&account.Merchant{EmailUnread: true}).GetEmailUnread())
	assert.Equal(t, since, toAPIEndpoint(&webhook.Endpoint{FailingSince: &since}, "shop").GetFailingSinceTime().AsTime())
	assert.Nil(t, toAPIEndpoint(&webhook.Endpoint{}, "shop").GetFailingSinceTime())
	changed := toAPIItem(&fulfil.Change{Offer: fulfil.Offer{ID: 1, Cost: money.Unit, Currency: "TRY"}})
	assert.Equal(t, "TRY 1.00", changed.GetOfferCurrency()+" "+changed.GetOfferCost())
}

// The channel within the process reports io.EOF for an answer that it dropped because the call's time was over.
func TestCallWhoseAnswerIsDropped(t *testing.T) {
	dropped := func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error { return io.EOF }
	over, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	err := endedEarly(over, "", nil, nil, nil, dropped)
	require.Equal(t, codes.DeadlineExceeded, status.Code(err), "%v", err)
	require.ErrorIs(t, endedEarly(t.Context(), "", nil, nil, nil, dropped), io.EOF, "any other is a fault")
}
