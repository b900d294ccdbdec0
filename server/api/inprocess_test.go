package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// A client learns why its stream was refused from what it receives, however
// early that was; sending the request never fails for it.
func TestStreamRefusedBeforeItsRequest(t *testing.T) {
	h := startHub(t, nil)
	for name, conn := range map[string]grpc.ClientConnInterface{"connection": h.conn, "in process": h.server.InProcess()} {
		t.Run(name, func(t *testing.T) {
			stream, err := conn.NewStream(withKey(t, "wrong"), &orderhubv1.OrderService_ServiceDesc.Streams[0],
				orderhubv1.OrderService_WatchOrders_FullMethodName)
			require.NoError(t, err)
			refused(t, stream.RecvMsg(&orderhubv1.WatchOrdersResponse{}), codes.Unauthenticated, "UNAUTHENTICATED")
			require.NoError(t, stream.SendMsg(&orderhubv1.WatchOrdersRequest{}))
		})
	}
}
