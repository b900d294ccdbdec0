package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// A caller that lost its answer is told what it was, with what the call would have said.
func TestGetReference(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 100, 1)
	references := orderhubv1.NewReferenceServiceClient(h.conn)
	ask := func(reference string) *orderhubv1.Reference {
		answer, err := references.GetReference(h.asShop(), &orderhubv1.GetReferenceRequest{ReferenceId: reference})
		require.NoError(t, err)
		return answer.GetReference()
	}
	require.Equal(t, orderhubv1.ReferenceState_REFERENCE_STATE_NOT_SEEN, ask("a/b").GetState())

	_, err := h.orders().CreateOrder(h.asShop(), newOrder("a/b", line("CODE", 2)))
	require.Error(t, err)
	was := ask("a/b")
	require.Equal(t, orderhubv1.ReferenceState_REFERENCE_STATE_REFUSED, was.GetState())
	require.Equal(t, "OUT_OF_STOCK", was.GetRefusal().GetReason())
	require.Equal(t, "FAILED_PRECONDITION", was.GetRefusal().GetCode())
	require.Equal(t, "1", was.GetRefusal().GetMetadata()["lines"])
	require.Equal(t, "lines[0].quantity", was.GetRefusal().GetViolations()[0].GetField())
	require.NotNil(t, was.GetRefuseTime())

	created, err := h.orders().CreateOrder(h.asShop(), newOrder("a/b", line("CODE", 1)))
	require.NoError(t, err)
	placed := ask("a/b")
	require.Equal(t, orderhubv1.ReferenceState_REFERENCE_STATE_ORDER, placed.GetState())
	require.Equal(t, created.GetOrder().GetOrderNumber(), placed.GetOrder().GetOrderNumber())
	require.Nil(t, placed.GetRefusal())
	require.Empty(t, placed.GetOrder().GetLines()[0].GetGoods(), "what it was, not what it delivered")

	_, err = references.GetReference(h.asAdmin(), &orderhubv1.GetReferenceRequest{ReferenceId: "a/b"})
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	asked, err := references.GetReference(
		h.asAdmin(), &orderhubv1.GetReferenceRequest{ReferenceId: "a/b", Merchant: "shop"},
	)
	require.NoError(t, err)
	require.Equal(t, "shop", asked.GetReference().GetMerchant())
	_, err = references.GetReference(h.asShop(), &orderhubv1.GetReferenceRequest{ReferenceId: "a/b", Merchant: "other"})
	refused(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
}
