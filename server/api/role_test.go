package api_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
	"orderhub/server/operator"
)

var everyRole = []operator.Role{
	operator.Viewer, operator.Support, operator.Catalogue, operator.Finance, operator.Admin,
}

// asOperator calls as a new operator with these roles.
func (h *services) asOperator(name string, roles ...operator.Role) context.Context {
	h.t.Helper()
	operators := operator.NewService(h.Store.Operators)
	o, err := operators.Create(h.t.Context(), operator.New{Name: name, Roles: operator.RolesOf(roles...)})
	require.NoError(h.t, err)
	_, key, err := operators.IssueKey(h.t.Context(), operator.Key{OperatorID: o.ID})
	require.NoError(h.t, err)
	return withKey(h.t, key)
}

// callEachMethod calls every method of the contract over the connection, with an empty request.
func callEachMethod(
	ctx context.Context, t *testing.T, conn grpc.ClientConnInterface, told func(method string, err error),
) {
	t.Helper()
	protoregistry.GlobalFiles.RangeFilesByPackage("orderhub.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				m := service.Methods().Get(j)
				name := "/" + string(service.FullName()) + "/" + string(m.Name())
				told(name, callEmpty(ctx, t, conn, name, m))
			}
		}
		return true
	})
}

func callEmpty(
	ctx context.Context, t *testing.T, conn grpc.ClientConnInterface, name string, m protoreflect.MethodDescriptor,
) error {
	t.Helper()
	request, answer := newMessage(t, m.Input()), newMessage(t, m.Output())
	if !m.IsStreamingServer() {
		return conn.Invoke(ctx, name, request, answer)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, name)
	require.NoError(t, err)
	require.NoError(t, stream.SendMsg(request))
	require.NoError(t, stream.CloseSend())
	return stream.RecvMsg(answer)
}

func newMessage(t *testing.T, m protoreflect.MessageDescriptor) proto.Message {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(m.FullName())
	require.NoError(t, err)
	return kind.New().Interface()
}

// Each method lets in the role that the table names, and admins; whoever lacks it is told which it is.
func TestRolesOfEveryMethod(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 10, 1)
	_, err := h.orders().CreateOrder(h.asShop(), newOrder("watched", line("CODE", 1))) // what a stream has to tell at once
	require.NoError(t, err)
	for _, has := range everyRole {
		t.Run(has.String(), func(t *testing.T) {
			ctx := h.asOperator(has.String(), has)
			callEachMethod(ctx, t, h.conn, func(method string, err error) {
				p := problemOf(err)
				needs := api.RoleOf(method)
				switch {
				case needs == 0:
					assert.Equal(t, "PERMISSION_DENIED", p.Reason, method)
				case operator.RolesOf(has).Allow(needs):
					assert.NotEqual(t, codes.PermissionDenied, p.Code, "%s: %v", method, err)
				default:
					assert.Equal(t, codes.PermissionDenied, p.Code, method)
					assert.Equal(t, "ROLE_MISSING", p.Reason, method)
					assert.Equal(t, needs.String(), p.Metadata["role"], method)
				}
			})
		})
	}
	t.Run("key of admin scope", func(t *testing.T) {
		callEachMethod(h.asAdmin(), t, h.conn, func(method string, err error) {
			denied := problemOf(err).Code == codes.PermissionDenied
			assert.Equal(t, api.RoleOf(method) == 0, denied, "%s: %v", method, err)
		})
	})
}

func TestFieldsOfMerchantsNeedTheirRoles(t *testing.T) {
	h := startHub(t, nil)
	finance, admin := h.asOperator("ada", operator.Finance), h.asOperator("grace", operator.Admin)
	change := func(ctx context.Context, m *orderhubv1.Merchant, paths ...string) error {
		_, err := h.admin().UpdateMerchant(ctx, &orderhubv1.UpdateMerchantRequest{
			Merchant: "shop", Changes: m, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
		})
		return err
	}
	require.NoError(t, change(finance, &orderhubv1.Merchant{CreditLimit: "10.00", LowBalance: "5.00"}))
	for _, paths := range [][]string{nil, {"email"}, {"credit_limit", "settings.storeName"}} {
		err := change(finance, &orderhubv1.Merchant{CreditLimit: "20.00", Email: "thief@example.com"}, paths...)
		assert.Equal(t, "admin", refused(t, err, codes.PermissionDenied, "ROLE_MISSING").Metadata["role"])
	}
	m, err := h.admin().GetMerchant(finance, &orderhubv1.GetMerchantRequest{Merchant: "shop"})
	require.NoError(t, err)
	assert.Equal(t, []string{"10.00", ""}, []string{m.GetMerchant().GetCreditLimit(), m.GetMerchant().GetEmail()})
	require.NoError(t, change(admin, &orderhubv1.Merchant{Email: "shop@example.com", CreditLimit: "30.00"}))
}

// Goods are for who asks for them and may see them.
func TestGoodsAreWithheld(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 10, 5)
	placed, err := h.orders().CreateOrder(h.asShop(), newOrder("one", line("CODE", 2)))
	require.NoError(t, err)
	content := placed.GetOrder().GetLines()[0].GetGoods()[0].GetContent()
	require.NotEmpty(t, content)
	number := placed.GetOrder().GetOrderNumber()
	get := func(ctx context.Context, show bool) (*orderhubv1.Goods, error) {
		answer, err := h.orders().GetOrder(ctx, &orderhubv1.GetOrderRequest{OrderNumber: number, ShowGoods: show})
		if err != nil {
			return nil, err
		}
		byReference, err := h.orders().GetOrderByReference(
			ctx, &orderhubv1.GetOrderByReferenceRequest{Merchant: "shop", ReferenceId: "one", ShowGoods: show},
		)
		require.NoError(t, err)
		require.True(t, proto.Equal(answer.GetOrder(), byReference.GetOrder()))
		return answer.GetOrder().GetLines()[0].GetGoods()[0], nil
	}
	viewer, support := h.asOperator("ada", operator.Viewer, operator.Finance), h.asOperator("grace", operator.Support)
	for name, tt := range map[string]struct {
		ctx   context.Context //nolint:containedctx // one of a table
		show  bool
		shown bool
	}{
		"viewer":             {viewer, false, false},
		"support":            {support, false, false},
		"support who asks":   {support, true, true},
		"key of admin scope": {h.asAdmin(), false, true},
		"the merchant":       {h.asShop(), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			goods, err := get(tt.ctx, tt.show)
			require.NoError(t, err)
			assert.Equal(t, tt.shown, goods.GetContent() == content)
			assert.Equal(t, !tt.shown, goods.GetWithheld())
			assert.Equal(t, tt.shown, goods.GetContent() != "")
			assert.Equal(t, orderhubv1.GoodsStatus_GOODS_STATUS_DELIVERED, goods.GetStatus())
		})
	}
	_, err = get(viewer, true)
	assert.Equal(t, "support", refused(t, err, codes.PermissionDenied, "ROLE_MISSING").Metadata["role"])
}

// The whole life of an operator, over the API.
func TestOperatorService(t *testing.T) {
	h := startHub(t, nil)
	operators, admin := orderhubv1.NewOperatorServiceClient(h.conn), h.asAdmin()
	created, err := operators.CreateOperator(admin, &orderhubv1.CreateOperatorRequest{Operator: &orderhubv1.Operator{
		Name: "ada", Roles: []orderhubv1.OperatorRole{orderhubv1.OperatorRole_OPERATOR_ROLE_ADMIN},
	}})
	require.NoError(t, err)
	require.Equal(t, orderhubv1.OperatorStatus_OPERATOR_STATUS_ACTIVE, created.GetOperator().GetStatus())
	_, err = operators.CreateOperator(
		admin, &orderhubv1.CreateOperatorRequest{Operator: &orderhubv1.Operator{Name: "grace"}},
	)
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "roles")
	key, err := operators.CreateOperatorKey(
		admin, &orderhubv1.CreateOperatorKeyRequest{Operator: "ada", Key: &orderhubv1.OperatorKey{Label: "laptop"}},
	)
	require.NoError(t, err)
	ada := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+key.GetSecret())

	listed, err := operators.ListOperators(ada, &orderhubv1.ListOperatorsRequest{})
	require.NoError(t, err)
	require.Len(t, listed.GetOperators(), 1)
	keys, err := operators.ListOperatorKeys(ada, &orderhubv1.ListOperatorKeysRequest{Operator: "ada"})
	require.NoError(t, err)
	require.True(t, proto.Equal(key.GetKey(), keys.GetKeys()[0]))

	suspend := &orderhubv1.UpdateOperatorRequest{
		Operator: "ada", Changes: &orderhubv1.Operator{Status: orderhubv1.OperatorStatus_OPERATOR_STATUS_SUSPENDED},
	}
	_, err = operators.UpdateOperator(ada, suspend)
	refused(t, err, codes.FailedPrecondition, "LAST_ADMIN")
	_, err = operators.RevokeOperatorKey(
		ada, &orderhubv1.RevokeOperatorKeyRequest{Operator: "ada", Key: key.GetKey().GetId()},
	)
	refused(t, err, codes.FailedPrecondition, "LAST_ADMIN")
	h.asOperator("grace", operator.Admin)
	_, err = operators.UpdateOperator(ada, suspend)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := operators.GetOperator(ada, &orderhubv1.GetOperatorRequest{Operator: "grace"})
		return problemOf(err).Reason == "OPERATOR_SUSPENDED"
	}, time.Minute, 10*time.Millisecond)
	_, err = operators.GetOperator(admin, &orderhubv1.GetOperatorRequest{Operator: "nobody"})
	refused(t, err, codes.NotFound, "OPERATOR_NOT_FOUND")
	_, err = operators.UpdateOperator(admin, &orderhubv1.UpdateOperatorRequest{
		Operator: "ada", Changes: &orderhubv1.Operator{Name: "eve"},
	})
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "name")
	assert.NotContains(t, h.log.String(), key.GetSecret())
	assert.Contains(t, h.log.String(), `"operator":"ada"`)
}
