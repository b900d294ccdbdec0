package console_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
)

func TestChangePassword(t *testing.T) {
	h := startSQLite(t)
	viewer := h.browser("vera", operator.Viewer)
	const at, wanted = "/console/account/password", "another password of vera"
	wrong := viewer.post(at, url.Values{"old": {"not hers at all"}, "new_password": {wanted}, "again": {wanted}})
	require.Equal(t, http.StatusForbidden, wrong.StatusCode)
	require.Contains(t, wrong.body, `id="f-old-error">This is not your password`)
	require.NotContains(t, wrong.body, "name, password", "nobody typed a name")
	require.NotContains(t, wrong.body, "not hers at all")

	done := viewer.post(at, url.Values{"old": {passwordOf("vera")}, "new_password": {wanted}, "again": {wanted}})
	require.Equal(t, http.StatusOK, done.StatusCode, done.body)
	require.Contains(t, done.body, "The password is changed")
	again := h.stranger().post("/console/sign-in", url.Values{"name": {"vera"}, "password": {wanted}})
	require.Equal(t, http.StatusOK, again.StatusCode)
}
