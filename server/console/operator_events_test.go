package console_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
	"orderhub/server/operatorevent"
)

func TestOperatorEvents(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		vera := h.browser("vera", operator.Viewer)
		require.Contains(t, vera.get("/console/events").body, "Nothing happened yet.")
		require.NoError(t, h.Store.OperatorEvents.Add(t.Context(), operatorevent.Event{
			Kind: "cost.differs", Message: "It cost " + evil, Data: map[string]any{"charged": evil},
		}))
		list := vera.get("/console/events").body
		plainly(t, list)
		require.Contains(t, list, "cost.differs")
		require.Contains(t, list, "&#34;charged&#34;")
		require.Contains(t, vera.get("/console/events?kind=list.held").body, "No event is like this.")
		for _, wrong := range []string{"from=tomorrow", "provider=nobody", "product=NOTHING"} {
			answer := vera.get("/console/events?" + wrong)
			require.NotEqual(t, http.StatusOK, answer.StatusCode, wrong)
			require.Contains(t, answer.body, `aria-invalid="true"`, wrong)
		}
		plainly(t, vera.get("/console/events?kind="+url.QueryEscape(evil)).body)
	})
}
