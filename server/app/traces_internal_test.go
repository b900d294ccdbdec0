package app

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/fulfil"
	"orderhub/server/order"
	"orderhub/server/shutdown"
	"orderhub/server/store/attempts"
	"orderhub/server/store/deliveries"
	"orderhub/server/store/stores"
)

// placer is a store of which only its identity matters.
type placer struct{ order.Store }

// While nothing is traced, nothing is wrapped in anything.
func TestNothingIsWrappedUntraced(t *testing.T) {
	a := &App{}
	require.NoError(t, a.openTracing(t.Context()))
	require.Equal(t, &shutdown.Steps{}, &a.closing)
	store := &placer{}
	require.Same(t, store, a.tracing.Placements(store))
	mux := http.NewServeMux()
	require.Same(t, mux, a.tracedHTTP(mux, nil))
	require.True(t, a.callTracer() == nil)
	require.Nil(t, a.trailOf())
	require.Nil(t, a.tracedTransport())
	require.True(t, a.tracer() == nil)
	a.store = &stores.All{Attempts: attempts.New(nil), Deliveries: &deliveries.Store{}}
	require.Same(t, a.store.Attempts, a.tracedAttempts())
	require.Same(t, a.store.Deliveries, a.tracing.Outbox(a.store.Deliveries, a.store.Orders))
	canceller := &fulfil.Engine{}
	require.Same(t, canceller, a.tracing.Canceller(canceller, a.store.Orders))
}
