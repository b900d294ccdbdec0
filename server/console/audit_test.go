package console_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/operator"
)

// An act that takes several transactions is one act in the list, whatever else is done with the same method.
func TestAuditOfOneAct(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		finance := h.browser("fin", operator.Finance)
		for _, request := range []string{"one", "other"} {
			ctx := audit.With(t.Context(), audit.New(audit.Entry{
				Actor: audit.Actor{Kind: audit.KindOperator, ID: 7, Name: "kim"}, Address: "here", Via: "grpc",
				RequestID: request, Method: "CatalogService.CreateCategory",
			}))
			for i := range 2 {
				_, err := h.Catalog.CreateCategory(ctx, catalog.Category{Slug: fmt.Sprint(request, i), Name: "x"})
				require.NoError(t, err)
			}
		}
		list := finance.get("/console/audit?actor=kim").body
		require.Equal(t, 4, strings.Count(list, `<tr class="link"`))
		require.Equal(t, 2, strings.Count(list, "same act as"))
		act := finance.get(hrefOf(t, list, `href="/console/audit?act=`)).body
		require.Equal(t, 2, strings.Count(act, `<tr class="link"`), "the other one is left out")
		require.Equal(t, http.StatusBadRequest, finance.get("/console/audit?act=x").StatusCode)
		require.Contains(t, finance.get("/console/audit?act=99999").body, "error")

		for text, want := range map[string]int{
			"CreateCategory": 4, "category create": 4, "page Catalogue": 4, "page Rates": 0, "deposit,CreateCategory": 4,
		} {
			found := finance.get("/console/audit?actor=kim&method=" + url.QueryEscape(text)).body
			require.Equal(t, want, strings.Count(found, `<tr class="link"`), text)
		}
		wrong := finance.get("/console/audit?method=CreateCategori")
		require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
		require.Contains(t, wrong.body, "near it are: CreateCategory")
	})
}

func TestAudit(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		finance, keeper := h.browser("fin", operator.Finance), h.browser("kim", operator.Catalogue)
		for _, path := range []string{"/console/audit", "/console/audit/1", "/console/audit.csv", "/console/audit.jsonl"} {
			refused := keeper.get(path)
			require.Equal(t, http.StatusForbidden, refused.StatusCode, path)
			require.Contains(t, refused.body, "Your roles do not allow this.")
		}
		require.NotContains(t, keeper.get("/console/catalogue").body, `href="/console/audit`)
		categories := "/console/catalogue/categories"
		keeper.post(categories+"/create", url.Values{"slug": {"goods"}, "name": {evil}})
		for i := range 51 {
			at := categories + "/goods"
			name := strings.Repeat("x", i+1)
			keeper.post(at+"/change", url.Values{"seen": {hidden(t, keeper.get(at).body, "seen")}, "name": {name}})
		}
		list := finance.get("/console/audit?actor=kim")
		require.Contains(t, list.body, `list="done"`)
		require.Contains(t, list.body, `<option value="CatalogService.UpdateCategory"></option>`)
		require.Contains(t, list.body, `<option value="category set"></option>`)
		require.Contains(t, list.body, `<option value="page Catalogue"></option>`)
		require.NotContains(t, list.body, `<option value="OperatorService.ListAuditEntries"`, "it changes nothing")
		require.Equal(t, 50, strings.Count(list.body, `<tr class="link"`))
		require.Equal(t, 2+signIns, strings.Count(finance.get(hrefOf(t, list.body, `rel="next"`)).body, `<tr class="link"`))
		made := finance.get("/console/audit?method=CatalogService.CreateCategory&targetKind=category&target=goods")
		require.Equal(t, 1, strings.Count(made.body, `<tr class="link"`))
		entry := finance.get(hrefOf(t, made.body, `href="/console/audit/`))
		plainly(t, entry.body)
		require.Contains(t, entry.body, `CatalogService.CreateCategory</h1>`)
		require.Contains(t, entry.body, "127.0.0.1, by console")
		require.Contains(t, entry.body, "kim</a>, session ")

		newest := finance.get(hrefOf(t, list.body, `href="/console/audit/`))
		require.Contains(t, newest.body, `<td class="value">`+strings.Repeat("x", 50)+`</td><td class="value">`+
			strings.Repeat("x", 51)+`</td>`, "before and after are side by side")
		require.Contains(t, finance.get("/console/audit?from=2100-01-01T00:00").body, "No entry is like this.")
		require.Equal(t, http.StatusBadRequest, finance.get("/console/audit?to=tomorrow").StatusCode)
		require.Equal(t, http.StatusBadRequest, finance.get("/console/audit?target=goods").StatusCode)
		for _, path := range []string{"/console/audit/0", "/console/audit/x", "/console/audit/999999"} {
			require.Equal(t, http.StatusNotFound, finance.get(path).StatusCode, path)
		}
		plainly(t, finance.get("/console/audit?actor="+url.QueryEscape(evil)).body)
	})
}

// signIns is how many entries joining and signing in leave.
const signIns = 2

func TestAuditFiles(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		finance, keeper := h.browser("fin", operator.Finance), h.browser("kim", operator.Catalogue)
		keeper.post("/console/catalogue/categories/create", url.Values{"slug": {"goods"}, "name": {"=1+1"}})
		const filter = "?method=CatalogService.CreateCategory"
		sheet := finance.get("/console/audit.csv" + filter)
		require.Equal(t, "text/csv; charset=utf-8", sheet.Header.Get("Content-Type"))
		rows, err := csv.NewReader(strings.NewReader(sheet.body)).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 2)
		require.Equal(t, []string{"entry", "time", "actor_kind", "actor"}, rows[0][:4])
		require.Equal(t, []string{"session", "kim"}, rows[1][2:4])

		file := finance.get("/console/audit.jsonl" + filter)
		require.Equal(t, "application/jsonl", file.Header.Get("Content-Type"))
		require.Equal(t, `attachment; filename="audit.jsonl"`, file.Header.Get("Content-Disposition"))
		require.Equal(t, 1, strings.Count(file.body, "\n"))
		var entry struct{ ID, Actor, Method, Target string }
		require.NoError(t, json.Unmarshal([]byte(file.body), &entry))
		require.Equal(t, rows[1][0], entry.ID)
		require.Equal(t, "goods", entry.Target)
		all := finance.get("/console/audit.jsonl")
		require.Greater(t, strings.Count(all.body, "\n"), 1)
		require.Equal(t, http.StatusBadRequest, finance.get("/console/audit.csv?from=x").StatusCode)
		for _, path := range []string{"/console/audit.csv?act=999999999", "/console/audit.jsonl?act=999999999"} {
			none := finance.get(path)
			require.Equal(t, http.StatusNotFound, none.StatusCode, path)
			require.Contains(t, none.body, "Entry of the record not found.", path)
		}
	})
}
