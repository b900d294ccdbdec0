package api_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/api"
	"orderhub/server/order"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// eachMethod runs body for every unary method of the contract.
func eachMethod(t *testing.T, body func(t *testing.T, name string, in, out func() proto.Message)) {
	protoregistry.GlobalFiles.RangeFilesByPackage("orderhub.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				if method.IsStreamingServer() {
					continue
				}
				name := "/" + string(service.FullName()) + "/" + string(method.Name())
				t.Run(name, func(t *testing.T) {
					body(t, name, maker(t, method.Input()), maker(t, method.Output()))
				})
			}
		}
		return true
	})
}

func maker(t *testing.T, d protoreflect.MessageDescriptor) func() proto.Message {
	found, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	require.NoError(t, err)
	return func() proto.Message { return found.New().Interface() }
}

func TestEveryMethodAsksForAKey(t *testing.T) {
	h := startHub(t, nil)
	eachMethod(t, func(t *testing.T, name string, in, out func() proto.Message) {
		refused(t, h.conn.Invoke(t.Context(), name, in(), out()), codes.Unauthenticated, "UNAUTHENTICATED")
		refused(t, h.server.InProcess().Invoke(t.Context(), name, in(), out()), codes.Unauthenticated, "UNAUTHENTICATED")
		refused(t, h.conn.Invoke(withKey(t, "wrong"), name, in(), out()), codes.Unauthenticated, "UNAUTHENTICATED")
	})
}

func TestEveryMethodChecksItsScope(t *testing.T) {
	h := startHub(t, nil)
	eachMethod(t, func(t *testing.T, name string, in, out func() proto.Message) {
		method := name[strings.LastIndexByte(name, '/')+1:]
		buying := method == "CreateOrder" || method == "BatchCreateOrders" || method == "CreateWatchTicket" ||
			method == "HoldOrder" || method == "ExtendHold" || method == "ConfirmHold" || strings.Contains(name, "KeyService")
		reading := strings.Contains(name, "CatalogService") && (method == "ListCategories" || method == "ListProducts" ||
			method == "GetProduct")
		forAdmins := strings.Contains(name, "AdminService") || strings.Contains(name, "OperatorService") ||
			strings.Contains(name, "ApprovalService") || strings.Contains(name, "ReportService") ||
			strings.Contains(name, "OperatorEventService") || strings.Contains(name, "ExchangeService") ||
			strings.Contains(name, "PurchaseService") || strings.Contains(name, "SupplyService") ||
			strings.Contains(name, "PriceService") || strings.Contains(name, "FundsService") ||
			strings.Contains(name, "OperatorWebhookService") || strings.Contains(name, "ReconciliationService") ||
			(strings.Contains(name, "CatalogService") && !reading) ||
			method == "EraseRecipient" || method == "FindGoods" || method == "AnswerClaim" || method == "DisputeClaim" ||
			method == "EndDispute" || method == "SetClaimPolicy"
		asShop := problemOf(h.conn.Invoke(h.asShop(), name, in(), out()))
		asAdmin := problemOf(h.conn.Invoke(h.asAdmin(), name, in(), out()))
		assert.Equal(t, forAdmins, asShop.Reason == "PERMISSION_DENIED", "%v", asShop)
		assert.Equal(t, buying, asAdmin.Reason == "PERMISSION_DENIED", "%v", asAdmin)
	})
}

// Whatever is sent, the fault is never ours: databases differ in what they take.
func TestEveryMethodSurvivesBadInput(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil)
		h.shelf("x", nil)
		eachMethod(t, func(t *testing.T, name string, in, out func() proto.Message) {
			h.sendBadInput(t, name, in, out)
		})
		assert.NotContains(t, h.log.String(), "call failed")
		assert.NotContains(t, h.log.String(), "panicked")
	})
}

// sendBadInput sends requests that are bad all over, and requests that are good
// but for one field, so that the others cannot keep it from the database.
func (h *services) sendBadInput(t *testing.T, name string, in, out func() proto.Message) {
	texts := []string{
		"", "\x00", "1", "-1", "x", "shop", strings.Repeat("9", 30), strings.Repeat("é", 10_000), "%", "2030-02-31", "a\nb",
		"\\",
	}
	numbers := []int64{0, 1, -1, math.MaxInt32, math.MinInt64, math.MaxInt64}
	var requests []proto.Message
	for i, text := range texts {
		number := numbers[i%len(numbers)]
		message := in()
		fill(message.ProtoReflect(), text, number, 3)
		requests = append(requests, message)
		for j := range message.ProtoReflect().Descriptor().Fields().Len() {
			field := message.ProtoReflect().Descriptor().Fields().Get(j)
			single := in()
			fill(single.ProtoReflect(), "x", 1, 3)
			single.ProtoReflect().Set(field, message.ProtoReflect().Get(field))
			requests = append(requests, single)
		}
	}
	for _, key := range []string{h.shopKey, h.adminKey} {
		for _, request := range requests {
			for _, conn := range []grpc.ClientConnInterface{h.conn, h.server.InProcess()} {
				code := status.Code(conn.Invoke(withKey(t, key), name, request, out()))
				assert.NotContains(t, []codes.Code{codes.Internal, codes.Unknown}, code, "%.200v", request)
			}
		}
	}
}

// fill sets every field, down to a depth.
func fill(m protoreflect.Message, text string, number int64, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		switch {
		case field.IsMap():
			if field.MapValue().Kind() == protoreflect.StringKind {
				m.Mutable(field).Map().Set(protoreflect.ValueOfString(text).MapKey(), protoreflect.ValueOfString(text))
			}
		case field.IsList():
			list := m.Mutable(field).List()
			item := list.NewElement()
			list.Append(scalar(field, item, text, number, depth))
		default:
			m.Set(field, scalar(field, m.NewField(field), text, number, depth))
		}
	}
}

func scalar(
	field protoreflect.FieldDescriptor, blank protoreflect.Value, text string, number int64, depth int,
) protoreflect.Value {
	switch field.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(text)
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(number%2 != 0)
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(number))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(number)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(int32(number)))
	case protoreflect.MessageKind:
		if depth > 0 {
			fill(blank.Message(), text, number, depth-1)
		}
	}
	return blank
}

// rawCodec sends bytes as they are.
type rawCodec struct{ encoding.CodecV2 }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}
func (rawCodec) Unmarshal(mem.BufferSlice, any) error { return nil }

func TestUndecodableBytesAreTheCallersFault(t *testing.T) {
	h := startHub(t, nil)
	for name, sent := range map[string][]byte{
		"garbage":       {0xff, 0xff, 0xff},
		"cut short":     {0x0a, 0x7f, 0x01},
		"invalid UTF-8": {0x0a, 0x04, 0x12, 0x02, 0xc3, 0x28},
	} {
		t.Run(name, func(t *testing.T) {
			err := h.conn.Invoke(h.asShop(), orderhubv1.OrderService_CreateOrder_FullMethodName, &sent, new([]byte),
				grpc.ForceCodecV2(rawCodec{encoding.GetCodecV2("proto")}))
			refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
		})
	}
}

func TestKeysAndRequestIDs(t *testing.T) {
	h := startHub(t, nil)
	call := func(pairs ...string) (metadata.MD, error) {
		var header metadata.MD
		_, err := h.account().GetAccount(
			metadata.AppendToOutgoingContext(t.Context(), pairs...), &orderhubv1.GetAccountRequest{}, grpc.Header(&header),
		)
		return header, err
	}
	for name, pairs := range map[string][]string{
		"x-api-key":         {"x-api-key", h.shopKey},
		"Bearer":            {"authorization", "Bearer " + h.shopKey},
		"bearer":            {"authorization", "bearer  " + h.shopKey},
		"BEARER":            {"authorization", "BEARER " + h.shopKey},
		"empty, and Bearer": {"x-api-key", " ", "authorization", "Bearer " + h.shopKey},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := call(pairs...)
			require.NoError(t, err)
		})
	}
	_, err := call("authorization", h.shopKey)
	refused(t, err, codes.Unauthenticated, "UNAUTHENTICATED")
	_, err = call("authorization", "Basic "+h.shopKey)
	refused(t, err, codes.Unauthenticated, "UNAUTHENTICATED")

	header, err := call("x-api-key", h.shopKey, "x-request-id", "my-id.1")
	require.NoError(t, err)
	assert.Equal(t, []string{"my-id.1"}, header.Get("x-request-id"))
	header, err = call("x-request-id", "bad id")
	made := header.Get("x-request-id")
	require.Len(t, made, 1)
	assert.Regexp(t, "^req_", made[0])
	assert.Equal(t, made[0], problemOf(err).RequestID)
	assert.Contains(t, h.log.String(), made[0])
	assert.NotContains(t, h.log.String(), "bad id")
}

func TestSuspendedFencedAndLimited(t *testing.T) {
	h := startHub(t, nil)
	key := func(change account.MerchantChange, name string) context.Context {
		m := h.Merchant(name, 10)
		_, err := h.Accounts.UpdateMerchant(t.Context(), m.ID, change)
		require.NoError(t, err)
		return withKey(t, h.issueKey(m.ID, account.ScopeMerchant))
	}
	get := func(ctx context.Context) error {
		_, err := h.account().GetAccount(ctx, &orderhubv1.GetAccountRequest{})
		return err
	}
	suspended := account.StatusSuspended
	refused(
		t, get(key(account.MerchantChange{Status: &suspended}, "suspended")), codes.PermissionDenied, "MERCHANT_SUSPENDED",
	)
	limited := key(account.MerchantChange{RateLimit: &account.RateLimit{RequestsPerMinute: 1}}, "limited")
	require.NoError(t, get(limited))
	p := refused(t, get(limited), codes.ResourceExhausted, "RATE_LIMITED")
	assert.Positive(t, p.Retry)
}

// TestOperatorsHaveNoDefaultLimit makes more calls at once than a merchant without a limit of its own may.
func TestOperatorsHaveNoDefaultLimit(t *testing.T) {
	h := startHub(t, nil)
	calls := func(m account.NewMerchant, scope account.Scope) error {
		m.RateLimit = account.RateLimit{RequestsPerMinute: account.DoorDefault}
		created, err := h.Accounts.CreateMerchant(t.Context(), m)
		require.NoError(t, err)
		ctx := withKey(t, h.issueKey(created.ID, scope))
		// At once: on a slow machine one call after the other is within any limit.
		answers := make(chan error, 2*account.HubRateLimit.Burst)
		for range cap(answers) {
			go func() {
				_, err := h.admin().ListMerchants(ctx, &orderhubv1.ListMerchantsRequest{})
				answers <- err
			}()
		}
		for range cap(answers) {
			if answer := <-answers; status.Code(answer) == codes.ResourceExhausted || err == nil {
				err = answer
			}
		}
		return err
	}
	require.NoError(t, calls(account.NewMerchant{Name: "ops-2", Role: account.RoleOperator}, account.ScopeAdmin))
	refused(
		t, calls(account.NewMerchant{Name: "default", Currency: "THB"}, account.ScopeMerchant), codes.ResourceExhausted,
		"RATE_LIMITED",
	)
}

type panicking struct{ api.Orders }

func (panicking) Get(context.Context, order.Viewer, string) (*order.Order, error) {
	panic("the secret of " + "the caller")
}

func TestPanicIsInternalAndKeepsQuiet(t *testing.T) {
	h := startHub(t, func(o *api.Options) { o.Orders = panicking{o.Orders} })
	_, err := h.orders().GetOrder(h.asShop(), &orderhubv1.GetOrderRequest{OrderNumber: "ord_1"})
	p := refused(t, err, codes.Internal, "INTERNAL")
	log := h.log.String()
	assert.Contains(t, log, "panicking")
	assert.Contains(t, log, p.RequestID)
	assert.NotContains(t, log, "the secret")
	assert.NotContains(t, err.Error(), "the secret")
	_, err = h.account().GetAccount(h.asShop(), &orderhubv1.GetAccountRequest{})
	require.NoError(t, err, "the server lives on")
}

func TestLogAndMetrics(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 1, 1)
	in := newOrder("very-private-reference", line("CODE", 1))
	in.Order.Recipient = &orderhubv1.Recipient{UserId: "somebody"}
	_, err := h.orders().CreateOrder(h.asShop(), in)
	require.NoError(t, err)
	_, err = h.orders().CreateOrder(h.asShop(), newOrder("very-private-reference", line("NONE", 1)))
	require.Error(t, err)

	log := h.log.String()
	for _, wanted := range []string{
		`"method":"/orderhub.v1.OrderService/CreateOrder"`, `"merchant":"shop"`, `"code":"OK"`, `"door":"hub"`,
		`"via":"grpc"`,
		`"reason":"DUPLICATE_REFERENCE"`, `"request_id":"req_`, `"took":`,
	} {
		assert.Contains(t, log, wanted)
	}
	for _, secret := range []string{"very-private-reference", "somebody", "CODE-1", h.shopKey} {
		assert.NotContains(t, log, secret)
	}
	count, err := testutil.GatherAndCount(h.registry, "grpc_server_handling_seconds")
	require.NoError(t, err)
	assert.Positive(t, count)
	problems, err := testutil.GatherAndLint(h.registry)
	require.NoError(t, err)
	assert.Empty(t, problems)
}

func TestHealthAndReflectionNeedNoKey(t *testing.T) {
	h := startHub(t, nil)
	check := func(service string) healthpb.HealthCheckResponse_ServingStatus {
		resp, err := healthpb.NewHealthClient(h.conn).Check(t.Context(), &healthpb.HealthCheckRequest{Service: service})
		require.NoError(t, err)
		return resp.GetStatus()
	}
	assert.Equal(t, healthpb.HealthCheckResponse_NOT_SERVING, check(""))
	h.server.SetServing(true)
	assert.Equal(t, healthpb.HealthCheckResponse_SERVING, check(""))
	assert.Equal(t, healthpb.HealthCheckResponse_SERVING, check("orderhub.v1.OrderService"))

	stream, err := reflectionpb.NewServerReflectionClient(h.conn).ServerReflectionInfo(t.Context())
	require.NoError(t, err)
	require.NoError(
		t,
		stream.Send(
			&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}},
		),
	)
	resp, err := stream.Recv()
	require.NoError(t, err)
	var names []string
	for _, service := range resp.GetListServicesResponse().GetService() {
		names = append(names, service.GetName())
	}
	assert.Contains(t, names, "orderhub.v1.CatalogService")
	assert.Contains(t, names, "grpc.reflection.v1alpha.ServerReflection")
}
