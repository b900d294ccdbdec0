package console_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
)

// upload posts a form with a file.
func (b *browser) upload(path string, fields map[string]string, name, content string) answer {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for field, value := range fields {
		require.NoError(b.t, form.WriteField(field, value))
	}
	file, err := form.CreateFormFile("file", name)
	require.NoError(b.t, err)
	_, err = file.Write([]byte(content))
	require.NoError(b.t, err)
	require.NoError(b.t, form.Close())
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+path, &body)
	require.NoError(b.t, err)
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(request)
}

func TestImportUnits(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		keeper, viewer := h.browser("kim", operator.Catalogue), h.browser("vera", operator.Viewer)
		h.Stocked("CODE", 10, 2)
		at := "/console/catalogue/products/CODE"
		const file = "CODE-1\nGOODS-AAA\nGOODS\tBBB\nGOODS-AAA\n\nGOODS-CCC\n"
		require.Equal(t, http.StatusForbidden, viewer.get(at+"/units").StatusCode)
		for _, act := range []string{"preview", "import"} {
			require.Equal(t, http.StatusForbidden, viewer.upload(at+"/units/"+act, nil, "x.txt", file).StatusCode)
		}
		preview := keeper.upload(at+"/units/preview", nil, evil+".txt", file)
		require.Equal(t, http.StatusOK, preview.StatusCode, preview.body)
		require.Contains(t, preview.body, "<dd>2 units</dd>")
		require.Contains(t, preview.body, "<dd>2 lines</dd>")
		require.Contains(t, preview.body, "<dd>1 line</dd>")
		require.Contains(t, preview.body, `<td class="right">1</td><td>repeats an earlier line or import</td>`)
		require.Contains(t, preview.body, `<td class="right">3</td><td>contains a control character</td>`)
		require.Contains(t, preview.body, `<td class="right">4</td><td>repeats an earlier line or import</td>`)
		require.NotContains(t, preview.body, "GOODS-")
		require.NotContains(t, preview.body, "<script>alert")
		require.Contains(t, keeper.get(at).body, "<strong>2 units</strong> can be sold now", "nothing is imported yet")

		mark := map[string]string{"mark": hidden(t, preview.body, "mark")}
		other := keeper.upload(at+"/units/import", mark, "codes.txt", file+"MORE\n")
		require.Equal(t, http.StatusConflict, other.StatusCode)
		require.Contains(t, other.body, "This is not the file that was looked at before")
		require.Equal(t, http.StatusConflict, keeper.upload(at+"/units/import", nil, "codes.txt", file).StatusCode)
		h.Stocked("ELSE", 10, 1)
		elsewhere := keeper.upload("/console/catalogue/products/ELSE/units/import", mark, "codes.txt", file)
		require.Equal(t, http.StatusConflict, elsewhere.StatusCode, "looked at for another product")

		done := keeper.upload(at+"/units/import", mark, `"><img src=x>.txt`, file)
		require.Equal(t, at, done.Request.URL.Path, done.body)
		require.Contains(t, done.body, "put 2 units on sale, and refused 3 lines.")
		require.Contains(t, done.body, "<strong>4 units</strong> can be sold now")
		require.NotContains(t, done.body, "<img src=x>")
		require.NotContains(t, h.log.String(), "GOODS-")
		again := keeper.upload(at+"/units/import", mark, "codes.txt", file)
		require.Contains(t, again.body, "put 0 units on sale, and refused 5 lines.", "repeats are safe")

		id := hidden(t, done.body, "import")
		for name, b := range map[string]*browser{"keeper": keeper, "viewer": viewer} {
			list := b.get("/console/catalogue/imports?product=CODE")
			require.Equal(t, name == "keeper", strings.Contains(list.body, `<button class="danger">Withdraw import `+id), name)
			require.Equal(t, name == "keeper", strings.Contains(list.body, "<p>Takes the 2 units of it"), name)
		}
		withdraw := map[string][]string{"import": {id}}
		require.Equal(t, http.StatusForbidden, viewer.post("/console/catalogue/imports/withdraw", withdraw).StatusCode)
		gone := keeper.post("/console/catalogue/imports/withdraw", withdraw)
		require.Contains(t, gone.body, "Import "+id+" is withdrawn, and off sale: ")
		require.Equal(t, http.StatusBadRequest, keeper.post("/console/catalogue/imports/withdraw", nil).StatusCode)
	})
}

func TestFilesThatAreNone(t *testing.T) {
	h := startSQLite(t)
	keeper := h.browser("kim", operator.Catalogue)
	h.Stocked("CODE", 10, 1)
	at := "/console/catalogue/products/CODE/units"
	var many strings.Builder
	for i := range 10_001 {
		fmt.Fprintf(&many, "U-%d\n", i)
	}
	for name, c := range map[string]struct{ file, why string }{
		"empty":     {"", "There is nothing in this file."},
		"blank":     {"\n \n", "There is nothing in this file."},
		"UTF-16":    {"\xff\xfea\x00", "save it as UTF-8"},
		"too many":  {many.String(), "more than 10000 units"},
		"no column": {"code;price\nAAA;5\n", ""},
	} {
		answer := keeper.upload(at+"/preview", nil, "x.txt", c.file)
		if c.why == "" { // a file whose every line is refused is shown as that
			require.Equal(t, http.StatusOK, answer.StatusCode, name)
			require.NotContains(t, answer.body, "/import", name)
			continue
		}
		require.Equal(t, http.StatusBadRequest, answer.StatusCode, name)
		require.Contains(t, answer.body, c.why, name)
	}
	require.Contains(t, keeper.post(at+"/preview", nil).body, "Choose a file.")
	large := keeper.upload(at+"/preview", nil, "x.txt", strings.Repeat("x", 17<<20))
	require.Equal(t, http.StatusRequestEntityTooLarge, large.StatusCode)

	hardly := "GOOD-1\n" + strings.Repeat("a\tb\n", 30)
	preview := keeper.upload(at+"/preview", nil, "x.txt", hardly)
	require.Contains(t, preview.body, "this does not look like a list of units")
	mark := map[string]string{"mark": hidden(t, preview.body, "mark")}
	refused := keeper.upload(at+"/import", mark, "x.txt", hardly)
	require.Equal(t, http.StatusBadRequest, refused.StatusCode)
	require.Contains(t, refused.body, "Nothing was imported.")
	mark["force"] = "yes"
	forced := keeper.upload(at+"/import", mark, "x.txt", hardly)
	require.Contains(t, forced.body, "put 1 unit on sale, and refused 30 lines.")

	h.Ticket("PARK", 10, 5, "2030-01-01")
	dated := keeper.upload("/console/catalogue/products/PARK/units/preview", nil, "x.txt", "A\n")
	require.Equal(t, http.StatusBadRequest, dated.StatusCode)
}
