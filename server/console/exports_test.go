package console_test

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
)

// Every kind is a file in both forms, of what the filters say, and is gone on with behind a row.
func TestExports(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		h.Stocked("EPIN", 25, 9)
		for _, reference := range []string{"=1+1", "two", "three"} {
			h.place(reference, "EPIN", 1)
		}
		fay := h.browser("fay", operator.Finance)
		sheet := func(query string) [][]string {
			file := fay.get("/console/exports/file?format=csv&" + query)
			require.Equal(t, "text/csv; charset=utf-8", file.Header.Get("Content-Type"), file.body)
			rows, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
			require.NoError(t, err)
			return rows
		}
		orders := fay.get("/console/exports/file?format=csv&kind=orders&merchant=shop&from=2020-01-01T00:00")
		require.Equal(t, `attachment; filename="orders.csv"`, orders.Header.Get("Content-Disposition"))
		rows := sheet("kind=orders&merchant=shop&from=2020-01-01T00:00")
		require.Len(t, rows, 4)
		require.Equal(t, "cursor", rows[0][len(rows[0])-1])
		require.Equal(t, "'=1+1", rows[1][1])
		rest := sheet("kind=orders&merchant=shop&from=2020-01-01T00:00&after=" + rows[2][len(rows[2])-1])
		require.Equal(t, rows[3:], rest, "who goes on has the heading")
		require.Len(t, sheet("kind=orders&to=2020-01-01T00:00"), 1)
		require.Len(t, sheet("kind=transfers&status=charge"), 4)
		require.Len(t, sheet("kind=units"), 13, "nine came in and three went out")

		lines := fay.get("/console/exports/file?format=jsonl&kind=orders&status=completed")
		require.Equal(t, "application/jsonl", lines.Header.Get("Content-Type"))
		require.Equal(t, `attachment; filename="orders.jsonl"`, lines.Header.Get("Content-Disposition"))
		var order map[string]string
		from := json.NewDecoder(strings.NewReader(lines.body))
		for i := range 3 {
			require.NoError(t, from.Decode(&order))
			require.Equal(t, rows[i+1][0], order["order_number"])
		}
		require.Equal(t, rows[3][len(rows[3])-1], order["cursor"])
		require.False(t, from.More())
		for _, kind := range []string{"lines", "attempts", "claims"} {
			none := fay.get("/console/exports/file?format=jsonl&to=2020-01-01T00:00&kind=" + kind)
			require.Equal(t, `attachment; filename="`+kind+`.jsonl"`, none.Header.Get("Content-Disposition"))
			require.Empty(t, none.body)
		}
	})
}

// What is wrong with the filters is said at their fields, with what was typed in.
func TestWrongExports(t *testing.T) {
	h := startSQLite(t)
	fay := h.browser("fay", operator.Finance)
	for query, field := range map[string]string{
		"kind=orders&from=yesterday":    "from",
		"kind=orders&after=nowhere":     "after",
		"kind=units&merchant=shop":      "merchant",
		"kind=lines&merchant=nobody":    "merchant",
		"kind=secrets&merchant=shop":    "kind",
		"kind=orders&to=2026-13-01T9:9": "to",
	} {
		wrong := fay.get("/console/exports/file?format=csv&" + query)
		require.GreaterOrEqual(t, wrong.StatusCode, 400, query)
		require.Contains(t, wrong.body, `id="f-`+field+`-error"`, query)
		require.Contains(t, wrong.body, "Download as JSON lines", query)
		require.Empty(t, wrong.Header.Get("Content-Disposition"))
	}
	require.Equal(t, http.StatusBadRequest, fay.get("/console/exports/file?kind=orders&format=xls").StatusCode)

	vera := h.browser("vera", operator.Viewer)
	require.NotContains(t, vera.get("/console/orders").body, `href="/console/exports"`)
	for _, path := range []string{"/console/exports", "/console/exports/file?kind=orders&format=csv"} {
		refused := vera.get(path)
		require.Equal(t, http.StatusForbidden, refused.StatusCode)
		require.Contains(t, refused.body, "Your roles do not allow this.")
	}
}

// An export that fails on the way is no whole file.
func TestBrokenExport(t *testing.T) {
	h := startSQLite(t)
	fay := h.browser("fay", operator.Finance)
	_, err := h.Store.WriteDB.ExecContext(t.Context(), `ALTER TABLE claimed_units RENAME TO lost`)
	require.NoError(t, err)
	for _, format := range []string{"csv", "jsonl"} {
		file, err := fay.client.Do(fay.request("/console/exports/file?kind=claims&format=" + format))
		if err == nil {
			_, err = io.ReadAll(file.Body)
			require.NoError(t, file.Body.Close())
		}
		require.Error(t, err, "it looks whole")
	}
	require.Contains(t, h.log.String(), "a download broke off")
}
