package api_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/store/storetest"
)

// slowLister lists one item as often as it is told, once it is let.
type slowLister struct {
	gate  chan struct{}
	times atomic.Int32
}

func (*slowLister) Idempotent() bool { return true }

func (*slowLister) Place(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{}, errors.New("sells nothing")
}

func (l *slowLister) ListItems(ctx context.Context, take func([]dialect.Item) error) error {
	select {
	case <-l.gate:
	case <-ctx.Done():
		return ctx.Err()
	}
	for range l.times.Load() {
		err := take([]dialect.Item{{SKU: "OWN", Cost: storetest.Baht(11), Currency: storetest.THB, Available: true}})
		if err != nil {
			return err
		}
	}
	return nil
}

// A reading that takes longer than its call is read on, and a bad list is no list for comparing either.
func TestListsOverTheContract(t *testing.T) {
	h := startHub(t, nil)
	list := &slowLister{gate: make(chan struct{})}
	list.times.Store(1)
	h.Supplied(h.Product("OWN", 100, func(p *catalog.Product) { p.Source = catalog.SourceProvider }), "topups", list)
	supplies := orderhubv1.NewSupplyServiceClient(h.conn)

	short, cancel := context.WithTimeout(h.asAdmin(), 5*time.Second+300*time.Millisecond)
	defer cancel()
	begun, err := supplies.RunSync(short, &orderhubv1.RunSyncRequest{Provider: "topups"})
	require.NoError(t, err)
	require.Equal(t, orderhubv1.SyncStatus_SYNC_STATUS_PLANNING, begun.GetSync().GetStatus())
	_, err = supplies.RunSync(h.asAdmin(), &orderhubv1.RunSyncRequest{Provider: "topups"})
	refused(t, err, codes.Aborted, "SYNC_RUNNING")
	close(list.gate)
	require.Eventually(t, func() bool {
		now, err := supplies.GetSync(h.asAdmin(), &orderhubv1.GetSyncRequest{Sync: begun.GetSync().GetId()})
		return err == nil && now.GetSync().GetStatus() == orderhubv1.SyncStatus_SYNC_STATUS_APPLIED
	}, time.Minute, 5*time.Millisecond)

	list.times.Store(2)
	for _, apply := range []bool{false, true} {
		_, err = h.catalog().SyncProvider(
			h.asAdmin(), &orderhubv1.SyncProviderRequest{Provider: "topups", Apply: apply},
		)
		refused(t, err, codes.FailedPrecondition, "PROVIDER_LIST_REFUSED")
	}
}
