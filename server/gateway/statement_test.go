package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/store/storetest"
)

// A statement is fetched as the document that it is, and what is not whole does not look so.
func TestStatementOverREST(t *testing.T) {
	h := startHub(t)
	const path = "/hub/v1/account/statement"
	page := h.call(http.MethodGet, path, "", "Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	require.Equal(t, http.StatusOK, page.Status, page.Text)
	require.Equal(t, "text/html; charset=utf-8", page.Header.Get("Content-Type"))
	require.Empty(t, page.Header.Get("Content-Disposition"), "a browser shows it")
	require.True(t, strings.HasPrefix(page.Text, "<!doctype html>"))
	require.Contains(t, page.Text, `At last</td><td class="amount">1000.00</td>`)
	const asText = path + "?format=text&createTimeTo=2026-01-01T00:00:00Z"
	text := h.call(http.MethodGet, asText, "", "Accept", "application/json")
	require.Equal(t, "text/plain; charset=utf-8", text.Header.Get("Content-Type"))
	require.Regexp(t, `(?s)^STATEMENT OF THE WALLET OF shop\nuntil before 2026-01-01 .* at last +0\.00\n`, text.Text)
	require.Equal(t, http.StatusOK, h.call(http.MethodHead, path, "").Status)

	wrong := h.call(http.MethodGet, path+"?format=pdf", "")
	require.Equal(t, http.StatusBadRequest, wrong.Status)
	require.Equal(t, "application/json", wrong.Header.Get("Content-Type"))
	require.Equal(t, []string{"format"}, wrong.fields())
	require.Equal(t, http.StatusUnauthorized, h.call(http.MethodGet, path, "", "X-Api-Key", "none").Status)
	require.Equal(t, http.StatusNotFound, h.asAdmin(http.MethodGet, path+"?merchant=nobody", "").Status)
	require.Equal(t, http.StatusOK, h.asAdmin(http.MethodGet, path+"?merchant=shop", "").Status)

	deposit := account.Deposit{MerchantID: h.shop.ID, Amount: storetest.Baht(1), Currency: storetest.THB}
	for range 300 {
		_, _, err := h.Accounts.Deposit(t.Context(), deposit)
		require.NoError(t, err)
	}
	_, err := h.Store.WriteDB.ExecContext(
		t.Context(), `UPDATE transfers SET balance_micros = 7 WHERE id = (SELECT max(id) FROM transfers)`,
	)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+path, http.NoBody)
	require.NoError(t, err)
	request.Header.Set("X-Api-Key", h.shopKey)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	_, err = io.ReadAll(answer.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "it does not add up")
}
