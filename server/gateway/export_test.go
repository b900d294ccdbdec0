package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/stretchr/testify/require"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

// An export is the file that the query or the header asks for.
func TestFormsOfExports(t *testing.T) {
	for _, c := range []struct{ path, accept, want string }{
		{"/hub/v1/exports/orders?format=csv&status=x", "", csvFile},
		{"/hub/v1/exports/orders?format=ndjson", "text/csv", lineFile},
		{"/hub/v1/exports/orders", "text/csv", csvFile},
		{"/hub/v1/exports/orders", "text/csv;q=0.5, application/x-ndjson", lineFile},
		{"/hub/v1/exports/orders", "*/*", "application/json"},
		{"/hub/v1/orders?format=csv", "text/csv", "application/json"},
		{"/hub/v1/account/statement?format=text", "*/*", pageFile},
	} {
		r := httptest.NewRequest(http.MethodGet, c.path, http.NoBody)
		r.Header.Set("Accept", c.accept)
		chooseForm(r)
		require.Equal(t, c.want, r.Header.Get("Accept"), c)
		require.Equal(t, c.want != "application/json", asFile(r))
		w := httptest.NewRecorder()
		nameFile(w, r)
		require.Equal(t, c.want == csvFile || c.want == lineFile, w.Header().Get("Content-Disposition") != "")
	}
	for _, path := range []string{
		"/hub/v1/exports/orders?format=csv&merchant=50%off", "/hub/v1/exports/orders?merchant=a;b&format=csv",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
		asked := r.URL.RawQuery
		chooseForm(r)
		require.Equal(t, asked, r.URL.RawQuery, "a filter is not dropped, but refused")
	}
	sheet := exportedFile(&strictJSON{}, csvFile, contract.ExportedCSV)
	lines := exportedFile(&strictJSON{}, lineFile, contract.ExportedLines)
	heading := map[string]any{"result": &orderhubv1.ExportResponse{Columns: []string{"sku", "total"}}}
	rows := map[string]any{"result": &orderhubv1.ExportResponse{
		Columns: []string{"sku", "total"},
		Rows:    []*orderhubv1.ExportRow{{Cells: []string{"=1+1", "-2.50"}, Cursor: "1.2.0"}},
	}}
	goesOn := map[string]any{"result": &orderhubv1.ExportResponse{}}
	for form, want := range map[*runtime.Marshaler][3]string{
		&sheet: {"sku,total,cursor\n", "'=1+1,-2.50,1.2.0\n", ""},
		&lines: {"", `{"cursor":"1.2.0","sku":"=1+1","total":"-2.50"}` + "\n", ""},
	} {
		for i, message := range []map[string]any{heading, rows, goesOn} {
			part, err := (*form).Marshal(message)
			require.NoError(t, err)
			require.Equal(t, want[i], string(part))
		}
	}
}
