package orderhub

import (
	"context"
	"encoding/json"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
)

// another is a hub that refuses orders until it was asked about their recipient.
type another struct {
	orderhubv1.UnimplementedOrderServiceServer
	orderhubv1.UnimplementedRecipientServiceServer

	t             *testing.T
	reason        string
	says          orderhubv1.RecipientResult
	orders, asked int
}

func (a *another) CreateOrder(_ context.Context, r *orderhubv1.CreateOrderRequest) (
	*orderhubv1.CreateOrderResponse, error,
) {
	if a.orders++; a.asked == 0 || a.says != orderhubv1.RecipientResult_RECIPIENT_RESULT_EXISTS {
		return nil, failure(a.t, codes.FailedPrecondition, a.reason, 0)
	}
	return &orderhubv1.CreateOrderResponse{Order: &orderhubv1.Order{
		ReferenceId: r.GetOrder().GetReferenceId(), OrderNumber: "N", Status: orderhubv1.OrderStatus_ORDER_STATUS_PENDING,
		Lines: r.GetOrder().GetLines(),
	}}, nil
}

func (a *another) CheckRecipient(context.Context, *orderhubv1.CheckRecipientRequest) (
	*orderhubv1.CheckRecipientResponse, error,
) {
	a.asked++
	return &orderhubv1.CheckRecipientResponse{Check: &orderhubv1.RecipientCheck{Result: a.says}}, nil
}

// What another hub was told of a recipient once is not the last word: it is asked anew, once for each purchase.
func TestPlaceAsksAboutTheRecipient(t *testing.T) {
	const exists = orderhubv1.RecipientResult_RECIPIENT_RESULT_EXISTS
	const nobody = orderhubv1.RecipientResult_RECIPIENT_RESULT_NOT_FOUND
	for _, tt := range []struct {
		name   string
		hub    another
		want   dialect.State
		orders int
	}{
		{"not asked about", another{reason: reasonUnchecked, says: exists}, dialect.Accepted, 2},
		{"not found before", another{reason: reasonNotFound, says: exists}, dialect.Accepted, 2},
		{"not found again", another{reason: reasonNotFound, says: nobody}, dialect.Refused, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.hub.t = t
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			server := grpc.NewServer()
			orderhubv1.RegisterOrderServiceServer(server, &tt.hub)
			orderhubv1.RegisterRecipientServiceServer(server, &tt.hub)
			ended := make(chan error, 1)
			go func() { ended <- server.Serve(listener) }()
			t.Cleanup(func() {
				server.Stop()
				require.NoError(t, <-ended)
			})
			settings, err := json.Marshal(map[string]any{"address": listener.Addr().String(), "insecure": true})
			require.NoError(t, err)
			c, err := NewConnector(outbound.Setup{
				Settings: settings, Credentials: map[string]string{"api_key": "k"}, Now: time.Now,
			})
			require.NoError(t, err)
			defer c.Close()
			outcome, err := c.Place(t.Context(), dialect.Purchase{SKU: "GOLD", Quantity: 1, Reference: "r"})
			require.NoError(t, err)
			require.Equal(t, tt.want, outcome.State)
			require.Equal(t, tt.orders, tt.hub.orders)
			require.Equal(t, 1, tt.hub.asked)
		})
	}
}
