package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
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
		require.NotContains(t, viewer.get("/console/today").body, "finding of a statement")
		proof, theirs := h.finds()
		require.Contains(t, viewer.get("/console/today").body, "<b>2</b> findings of statements are open, the first for ")
		listed := viewer.get("/console/findings").body
		for _, part := range []string{proof, theirs, "may.csv", "T-4711"} {
			require.Contains(t, listed, part)
		}
		require.NotContains(t, listed, "Statements of the last year together", "who works on findings waits for no sums")
		require.Contains(t, listed, `href="/console/findings?sums=year&amp;provider=#sums"`)
		summed := viewer.get("/console/findings?sums=year&provider=").body
		require.Contains(t, summed, "Statements of the last year together")
		require.Contains(t, summed, `<span class="amount">0.00 <abbr>THB`)
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

// telling is a provider that says what was bought from it.
type telling struct {
	lister
	entries []dialect.Entry
}

func (p *telling) ReadStatement(_ context.Context, _, _ time.Time, take func([]dialect.Entry) error) error {
	return take(append([]dialect.Entry(nil), p.entries...))
}

// A provider that tells by itself what was bought from it is asked on the page, and nobody chooses one that does not.
func TestAskingForAStatement(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, fin := h.browser("vera", operator.Viewer), h.browser("fin", operator.Finance)
		bought := func(p *catalog.Product) { p.Source = catalog.SourceProvider }
		h.Supplied(h.Product("MUTE", 10, bought), "silent", mute{})
		require.NotContains(t, fin.get("/console/findings").body, "Ask a provider for its statement…")
		at := time.Now().UTC().Add(-time.Hour)
		h.Supplied(h.Product("OWN", 10, bought), "telling", &telling{entries: []dialect.Entry{{
			ProviderReference: "T-4711", At: at, Says: dialect.SaysCharged,
			Sum: money.Sum{Amount: storetest.Baht(5), Currency: storetest.THB},
		}}})
		require.NotContains(t, viewer.get("/console/findings").body, "Ask a provider for its statement…")
		require.Equal(t, http.StatusForbidden, viewer.post("/console/findings/compare", nil).StatusCode)
		page := fin.get("/console/findings").body
		require.Contains(t, page, `<option value="telling"`)
		require.NotContains(t, page, `<option value="silent"`)

		form := url.Values{"provider": {"telling"}, "fromTime": {"soon"}, "toTime": {""}}
		wrong := fin.post("/console/findings/compare", form)
		require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
		require.Contains(t, wrong.body, `id="f-compare-fromTime-error"`)
		const minutes = "2006-01-02T15:04"
		form.Set("fromTime", at.Add(-time.Hour).Format(minutes))
		require.Equal(t, http.StatusBadRequest, fin.post("/console/findings/compare", form).StatusCode, "it has no end")
		form.Set("toTime", at.Add(time.Hour).Format(minutes))
		for _, want := range []string{"Compared: 1 finding is new, 1 open.", "Compared: 0 findings are new, 1 open."} {
			require.Contains(t, fin.post("/console/findings/compare", form).body, want)
		}
		require.Contains(t, viewer.get("/console/findings").body, "T-4711")
		form.Set("provider", "silent")
		require.Contains(t, fin.post("/console/findings/compare", form).body, "PROVIDER_TELLS_NO_STATEMENT")
		storetest.RequireClean(t, h.Store)
	})
}

// A comparison that was left before it was done goes on by its button.
func TestGoingOnWithAStatement(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, fin := h.browser("vera", operator.Viewer), h.browser("fin", operator.Finance)
		h.finds()
		require.NotContains(t, fin.get("/console/findings").body, "Go on with")
		_, err := h.Store.WriteDB.ExecContext(
			t.Context(), `UPDATE reconciliations SET status = 'matching', stage = 'clean', ended_at = NULL`,
		)
		require.NoError(t, err)
		require.NotContains(t, viewer.get("/console/findings").body, "Go on with")
		page := fin.get("/console/findings").body
		require.Contains(t, page, "Go on with")
		_, form, found := strings.Cut(page, `action="/console/findings/go-on"`)
		require.True(t, found)
		done := fin.post("/console/findings/go-on", url.Values{
			"provider": hiddenOf(form, "provider")[:1], "reconciliation": hiddenOf(form, "reconciliation")[:1],
		})
		require.Contains(t, done.body, "Compared: ")
		require.NotContains(t, done.body, "Go on with")
	})
}
