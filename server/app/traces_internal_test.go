package app

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/order"
)

// placer is a store of which only its identity matters.
type placer struct{ order.Store }

// While nothing is traced, nothing is wrapped in anything.
func TestNothingIsWrappedUntraced(t *testing.T) {
	a := &App{}
	require.NoError(t, a.openTracing(t.Context()))
	require.Empty(t, a.closers)
	store := &placer{}
	require.Same(t, store, a.tracedPlacements(store))
	mux := http.NewServeMux()
	require.Same(t, mux, a.tracedHTTP(mux, nil))
	require.True(t, a.callTracer() == nil)
	require.Nil(t, a.trailOf())
	require.Nil(t, a.tracedTransport())
}
