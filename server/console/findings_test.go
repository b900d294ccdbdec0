package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/operator"
	"orderhub/server/reconcile"
	"orderhub/server/store/storetest"
)

// finds compares a statement that has a parked attempt as refused, and a purchase that nobody made.
func (h *hub) finds() (proof, theirs string) {
	h.t.Helper()
	ctx := h.t.Context()
	h.parked("shop-4711")
	parked, err := h.Engine.ListAttempts(ctx, fulfil.AttemptFilter{Status: fulfil.AttemptParked, Limit: 1})
	require.NoError(h.t, err)
	a := parked[0]
	service := reconcile.NewService(h.Store.Reconciliations, h.Engine, time.Now)
	begun, err := service.Begin(ctx, reconcile.Run{ProviderID: a.ProviderID, Name: "may.csv"})
	require.NoError(h.t, err)
	require.NoError(h.t, service.Add(ctx, begun.ID, []reconcile.Row{
		{Line: 2, Reference: a.Reference, At: a.SubmittedAt, State: reconcile.Refused},
		{
			Line: 3, ProviderReference: "T-4711", At: a.SubmittedAt.Add(time.Second), State: reconcile.Purchased,
			Sum: money.Sum{Amount: storetest.Baht(5), Currency: storetest.THB},
		},
	}))
	done, err := service.Compare(ctx, begun.ID)
	require.NoError(h.t, err)
	require.Equal(h.t, int64(2), done.Found)
	found, err := service.Findings(ctx, reconcile.FindingFilter{SeenID: begun.ID, Limit: 2})
	require.NoError(h.t, err)
	return fmt.Sprintf("/console/findings/%d", found[1].ID), fmt.Sprintf("/console/findings/%d", found[0].ID)
}

func TestFindings(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, sue, fin := h.browser("vera", operator.Viewer), h.browser("sue", operator.Support),
			h.browser("fin", operator.Finance)
		require.Contains(t, viewer.get("/console/findings").body, "Nothing is to be looked at.")
		proof, theirs := h.finds()
		listed := viewer.get("/console/findings").body
		for _, part := range []string{proof, theirs, "may.csv", "T-4711"} {
			require.Contains(t, listed, part)
		}
		require.NotContains(t, viewer.get("/console/findings?kind=missing_here").body, `href="`+proof+`"`)
		require.NotContains(t, viewer.get("/console/findings?status=accepted").body, `href="`+theirs+`"`)
		require.Contains(t, viewer.get("/console/findings?provider=nobody").body, "PROVIDER_NOT_FOUND")
		looked := viewer.get(theirs).body
		require.Contains(t, looked, "takes the role finance")
		require.NotContains(t, looked, "Book it…")
		require.Equal(t, http.StatusForbidden, viewer.post(theirs+"/accept", nil).StatusCode)
		require.Equal(t, http.StatusNotFound, viewer.get("/console/findings/4711").StatusCode)

		require.Contains(t, fin.post(theirs+"/accept", nil).body, "Say why")
		require.Contains(t, fin.post(theirs+"/book", url.Values{"note": {"invoice"}}).body, "NOT_BOOKABLE")
		require.Contains(t, fin.post(theirs+"/accept", url.Values{"note": {"by hand"}}).body, "The finding is accepted")
		require.Contains(t, viewer.get("/console/findings?status=all").body, theirs)
		require.Contains(t, sue.get(proof).body, "pay the units back")
		require.Contains(t, sue.post(proof+"/settle", url.Values{"action": {"failed"}}).body, "Say how you know.")
		settled := sue.post(proof+"/settle", url.Values{"action": {"failed"}, "evidence": {"their statement"}})
		require.Contains(t, settled.body, "is refused.")
		storetest.RequireClean(t, h.Store)
	})
}
