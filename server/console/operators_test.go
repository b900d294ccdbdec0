package console_test

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
)

func TestOperators(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		admin, viewer := h.browser("ada", operator.Admin), h.browser("vera", operator.Viewer)
		list := viewer.get("/console/operators")
		require.Contains(t, list.body, "operators/ada")
		require.NotContains(t, list.body, "New operator")
		form := url.Values{"name": {"grace"}, "roles": {"support", "catalogue"}}
		require.Equal(t, http.StatusForbidden, viewer.post("/console/operators/create", form).StatusCode)
		for said, wrong := range map[string]url.Values{
			"<p>Roles: ": {"name": {"grace"}}, `id="f-name-error"`: {"name": {evil}, "roles": {"viewer"}},
		} {
			refused := admin.post("/console/operators/create", wrong)
			require.Equal(t, http.StatusBadRequest, refused.StatusCode)
			require.Contains(t, refused.body, said)
			require.NotContains(t, refused.body, "<script>alert")
		}
		made := admin.post("/console/operators/create", form)
		at := "/console/operators/grace"
		require.Equal(t, at, made.Request.URL.Path, made.body)
		require.Contains(t, made.body, "support, catalogue")

		look := viewer.get(at)
		require.Equal(t, http.StatusOK, look.StatusCode)
		require.NotContains(t, look.body, `method="post" action="`+at)
		require.NotContains(t, look.body, "Sessions")
		for act, form := range map[string]url.Values{
			"roles": {"roles": {"admin"}}, "suspend": nil, "let-in": nil, "invite": nil, "create-key": nil,
			"revoke-key": {"key": {"1"}}, "revoke-session": {"session": {"1"}},
		} {
			require.Equal(t, http.StatusForbidden, viewer.post(at+"/"+act, form).StatusCode, act)
		}
		same := admin.post(at+"/roles", url.Values{"roles": {"catalogue", "support"}})
		require.Contains(t, same.body, "Nothing was changed: these are the roles already.")
		require.Contains(t, admin.post(at+"/roles", url.Values{"roles": {"viewer"}}).body, "The roles are changed.")
		require.Contains(t, admin.post(at+"/suspend", nil).body, "Let in again")
		require.Contains(t, admin.post(at+"/let-in", nil).body, "Suspend…")
		last := admin.post("/console/operators/ada/suspend", nil)
		require.Equal(t, http.StatusBadRequest, last.StatusCode)
		require.Contains(t, last.body, "LAST_ADMIN")
		require.Equal(t, http.StatusNotFound, admin.get("/console/operators/nobody").StatusCode)
	})
}

// An invitation is in the answer to its post alone, and good for joining.
func TestInvitation(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		admin := h.browser("ada", operator.Admin)
		admin.post("/console/operators/create", url.Values{"name": {"grace"}, "roles": {"viewer"}})
		at := "/console/operators/grace"
		form := url.Values{"seen": {seenOf(t, admin.get(at).body, at+"/invite")}}
		shown := admin.post(at+"/invite", form)
		require.Equal(t, http.StatusOK, shown.StatusCode)
		require.Equal(t, "no-store", shown.Header.Get("Cache-Control"))
		_, code, found := strings.Cut(shown.body, h.server.URL+"/console/join#")
		require.True(t, found, shown.body)
		code, _, _ = strings.Cut(code, "<")
		require.NotContains(t, admin.get(at).body, code)
		require.Contains(t, admin.get(at).body, "good until")
		require.NotContains(t, h.log.String(), code)
		reloaded := admin.post(at+"/invite", form)
		require.Equal(t, http.StatusConflict, reloaded.StatusCode)
		require.Contains(t, reloaded.body, "An invitation was made meanwhile")
		require.Equal(t, http.StatusConflict, admin.post(at+"/invite", nil).StatusCode)
		grace := h.stranger()
		joined := grace.post("/console/join", url.Values{
			"invitation": {code}, "password": {passwordOf("grace")}, "again": {passwordOf("grace")},
		})
		require.Equal(t, http.StatusOK, joined.StatusCode, joined.body)
		require.NotContains(t, admin.get(at).body, "good until")
		require.Equal(t, http.StatusConflict, admin.post(at+"/invite", form).StatusCode, "also once it is used")
	})
}

func TestOperatorKeysAndSessions(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		admin, viewer := h.browser("ada", operator.Admin), h.browser("vera", operator.Viewer)
		at := "/console/operators/vera"
		form := url.Values{"label": {evil}, "seen": {seenOf(t, admin.get(at).body, at+"/create-key")}}
		shown := admin.post(at+"/create-key", form)
		require.Equal(t, http.StatusOK, shown.StatusCode)
		plainly(t, shown.body)
		_, secret, _ := strings.Cut(shown.body, `<code class="secret">`)
		secret, _, _ = strings.Cut(secret, "<")
		require.Greater(t, len(secret), 20)
		page := admin.get(at)
		plainly(t, page.body)
		require.NotContains(t, page.body, secret)
		require.NotContains(t, h.log.String(), secret)
		reloaded := admin.post(at+"/create-key", form)
		require.Equal(t, http.StatusConflict, reloaded.StatusCode)
		require.Contains(t, reloaded.body, "A key was made meanwhile")
		id := hidden(t, page.body, "key")
		require.Contains(t, admin.post(at+"/revoke-key", url.Values{"key": {id}}).body, "Key "+id+" is worthless now.")
		require.NotContains(t, admin.get(at).body, "Revoke key "+id)

		own := viewer.get("/console/operators/vera")
		require.Contains(t, own.body, "(this one)")
		theirs := hidden(t, admin.get("/console/operators/ada").body, "session")
		refused := viewer.post("/console/operators/ada/revoke-session", url.Values{"session": {theirs}})
		require.Equal(t, http.StatusForbidden, refused.StatusCode)
		sessions := admin.get(at).body
		session := hidden(t, sessions[strings.LastIndex(sessions, "<tr>"):], "session") // the one before is of joining
		over := admin.post(at+"/revoke-session", url.Values{"session": {session}})
		require.Contains(t, over.body, "Session "+session+" is over.")
		require.Equal(t, "/console/sign-in", viewer.get("/console/orders").Request.URL.Path)
	})
}

// The page says of the roles what the documentation does.
func TestRolesAreExplainedAlike(t *testing.T) {
	h := startSQLite(t)
	page := h.browser("vera", operator.Viewer).get("/console/operators").body
	text, err := os.ReadFile("../../docs/operators.md")
	require.NoError(t, err)
	roles := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 2 || !strings.HasPrefix(cells[0], "| `") {
			continue
		}
		role, may := strings.Trim(cells[0], "| `"), strings.TrimSuffix(cells[1], " |")
		if operator.ParseRoles(role) == 0 {
			continue
		}
		roles++
		require.Contains(t, page, `<th scope="row">`+role+"</th><td>"+strings.ToUpper(may[:1])+may[1:]+".</td>")
	}
	require.Equal(t, 5, roles)
}
