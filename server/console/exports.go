package console

import (
	"net/http"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func exportsPage() page {
	return page{
		pattern: "/exports", file: "exports", group: "Hub", menu: "Exports",
		needs: orderhubv1.ExportService_Export_FullMethodName, show: func(*request) (any, error) { return nil, nil },
	}
}

// exportDownload is what the form of the page asks for.
func exportDownload() download {
	p := exportsPage()
	return download{pattern: "/exports/file", needs: p.needs, page: &p, write: writeExport}
}

// exportForms are the files that an export may be, by what the buttons of the page ask for.
var exportForms = map[string]struct {
	kind string
	part func(*orderhubv1.ExportResponse) ([]byte, error)
}{
	"csv":   {"text/csv; charset=utf-8", contract.ExportedCSV},
	"jsonl": {"application/jsonl", contract.ExportedLines},
}

func writeExport(r *request, w *fileWriter) error {
	query := r.URL.Query()
	form, found := exportForms[query.Get("format")]
	if !found {
		return &problem{Status: http.StatusBadRequest, Text: "A file is csv or jsonl."}
	}
	asked := &orderhubv1.ExportRequest{
		Kind: query.Get("kind"), Merchant: query.Get("merchant"), Status: query.Get("status"),
		After: query.Get("after"),
	}
	var err error
	if asked.CreateTimeFrom, asked.CreateTimeTo, err = askedSpan(query, "from", "to"); err != nil {
		return err
	}
	w.name, w.kind = asked.GetKind()+"."+query.Get("format"), form.kind
	stream, err := r.exports.Export(r.Context(), asked)
	if err != nil {
		return err
	}
	return contract.WriteStream(w, stream, form.part)
}
