package console_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/operator"
	"orderhub/server/store/storetest"
)

// lister is a provider that only lists.
type lister struct{ items []dialect.Item }

func (*lister) Idempotent() bool { return true }

func (*lister) Place(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{}, errors.New("sells nothing")
}

func (l *lister) ListItems(_ context.Context, take func([]dialect.Item) error) error {
	return take(append([]dialect.Item(nil), l.items...))
}

func listedItem(sku string, cost int64) dialect.Item {
	return dialect.Item{
		SKU: sku, Name: "Item " + sku, Cost: storetest.Baht(cost), Currency: storetest.THB, Stock: -1, Available: true,
	}
}

func TestFollowingAList(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, keeper := h.browser("vera", operator.Viewer), h.browser("carl", operator.Catalogue)
		l := &lister{items: []dialect.Item{listedItem("OWN", 10), listedItem("A", 20), listedItem("B", 20)}}
		p := h.Product("OWN", 100, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
		h.Supplied(p, "topups", l)
		const at = "/console/providers/topups"
		require.Contains(t, viewer.get(at).body, "Read only when somebody asks")
		require.NotContains(t, viewer.get(at).body, "Read its list now")
		for _, act := range []string{"/follow", "/policy", "/proposals/accept", "/proposals/dismiss"} {
			require.Equal(t, http.StatusForbidden, viewer.post(at+act, nil).StatusCode, act)
		}
		require.Contains(t, keeper.post(at+"/policy", url.Values{
			"interval": {"15"}, "newItems": {"import"}, "holdGonePercent": {"30"}, "holdRisePercent": {""},
		}).body, "Read every 15 minutes; new items: import")
		wrong := keeper.post(at+"/policy", url.Values{"interval": {"soon"}, "newItems": {"import"}})
		require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
		require.Contains(t, wrong.body, "This is not a whole number.")

		first := keeper.post(at+"/follow", nil)
		require.Contains(t, first.body, "The list was read: applied.")
		require.Contains(t, first.body, "/console/providers/topups")
		require.Contains(t, viewer.get(at).body, "/console/syncs/1")

		proposals := keeper.get(at + "/proposals")
		require.Contains(t, proposals.body, "Item A")
		require.Contains(t, keeper.post(at+"/proposals/accept", url.Values{"category": {"things"}}).body,
			"Tick what is meant.")
		require.Contains(t, keeper.post(at+"/proposals/accept", url.Values{
			"proposals": {"1"}, "category": {"things"}, "markupPercent": {"10"},
		}).body, "Imported 1.")
		require.Contains(t, keeper.post(at+"/proposals/accept", url.Values{"proposals": {"2"}, "dismiss": {"1"}}).body,
			"Dismissed 1.")
		require.Contains(t, keeper.get(at+"/proposals").body, "Nothing is proposed.")

		l.items = []dialect.Item{listedItem("OWN", 10), listedItem("A", 50)}
		held := keeper.post(at+"/follow", nil)
		require.Contains(t, held.body, "The list was read: held.")
		require.Contains(t, held.body, "the cost of A went from THB 20.00 to THB 50.00")
		require.Contains(t, keeper.post("/console/syncs/2/approve", nil).body, "Approved: the list is taken over.")
		require.Equal(t, http.StatusForbidden, viewer.post("/console/syncs/2/undo", nil).StatusCode)
		require.Contains(t, keeper.post("/console/syncs/2/undo-change", url.Values{"change": {"2"}}).body, "Undone.")
		require.Contains(t, keeper.post("/console/syncs/2/undo", url.Values{"lock": {"1"}}).body, "Undone, wherever")
	})
}
