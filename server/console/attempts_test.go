package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
)

func TestAttempts(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, support := h.browser("vera", operator.Viewer), h.browser("sam", operator.Support)
		require.Contains(t, viewer.get("/console/attempts").body, "Nothing waits for a person.")
		first, second, third := h.parked("r-1"), h.parked("r-2"), h.parked("r-3")
		list := support.get("/console/attempts")
		for _, o := range []string{first.Number, second.Number, third.Number} {
			require.Contains(t, list.body, o)
		}
		require.NotContains(t, viewer.get("/console/attempts").body, "Resolve those chosen")
		ids := valuesOf(list.body, "attempt")
		require.Len(t, ids, 3)

		refused := viewer.post(
			"/console/attempts/resolve", url.Values{"attempt": ids, "action": {"failed"}, "evidence": {"x"}},
		)
		require.Equal(t, http.StatusForbidden, refused.StatusCode)
		for said, form := range map[string]url.Values{
			"<p>Attempt: ":          {"action": {"failed"}, "evidence": {"they said so"}},
			"<p>Action: ":           {"attempt": ids, "evidence": {"they said so"}},
			`id="f-evidence-error"`: {"attempt": ids, "action": {"failed"}},
		} {
			wrong := support.post("/console/attempts/resolve", form)
			require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
			require.Contains(t, wrong.body, said)
		}
		done := support.post("/console/attempts/resolve", url.Values{
			"attempt": {ids[0], ids[1], "999"}, "action": {"failed"}, "evidence": {"they said so"},
		})
		require.Contains(t, done.body, "2 of 3 resolved. Not so 999: ")
		require.Len(t, valuesOf(done.body, "attempt"), 1)

		one := "/console/attempts/" + ids[2]
		require.NotContains(t, viewer.get(one).body, "<textarea")
		require.Contains(t, support.get(one).body, "The units fail, and the merchant is paid back")
		missing := support.post(one+"/resolve", url.Values{"action": {"delivered"}, "evidence": {"seen"}})
		require.Equal(t, http.StatusBadRequest, missing.StatusCode)
		require.Contains(t, missing.body, `id="f-goods-error"`)
		require.Contains(t, missing.body, `value="delivered" required checked`, "what was chosen is kept")
		done = support.post(one+"/resolve", url.Values{
			"action": {"delivered"}, "evidence": {"seen on their site"}, "goods": {"one\r\ntwo\r\n"},
		})
		require.Equal(t, http.StatusOK, done.StatusCode)
		require.Contains(t, done.body, "Attempt "+ids[2]+" is resolved.")
		require.Contains(t, done.body, "seen on their site")
	})
}

// valuesOf are those of a form's checkboxes of a name.
func valuesOf(page, name string) (values []string) {
	for _, rest := range strings.Split(page, `type="checkbox" name="`+name+`" value="`)[1:] {
		value, _, _ := strings.Cut(rest, `"`)
		values = append(values, value)
	}
	return values
}
