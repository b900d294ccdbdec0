package gateway

import (
	"net/http"
	"net/url"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

const (
	exportsPath = Path + "exports/"
	csvFile     = "text/csv"
	lineFile    = "application/x-ndjson"
)

// exportForms are the files that an export may be, by the word in the query.
var exportForms = map[string]string{"csv": csvFile, "ndjson": lineFile}

// exportedFile writes the messages of an export as parts of a file, and whatever else as JSON.
type exportedFile struct {
	*strictJSON

	contentType string
	part        func(*orderhubv1.ExportResponse) ([]byte, error)
}

// StreamContentType is that of the answer.
func (f exportedFile) StreamContentType(any) string { return f.contentType + "; charset=utf-8" }

// Delimiter is nothing: each part ends with its line.
func (exportedFile) Delimiter() []byte { return nil }

// Marshal writes one part.
func (f exportedFile) Marshal(v any) ([]byte, error) {
	if chunk, ok := v.(map[string]any); ok {
		if message, ok := chunk["result"].(*orderhubv1.ExportResponse); ok {
			return f.part(message)
		}
	}
	return f.strictJSON.Marshal(v)
}

func exportedFiles(inJSON *strictJSON) (sheet, lines exportedFile) {
	return exportedFile{inJSON, csvFile, contract.ExportedCSV}, exportedFile{inJSON, lineFile, contract.ExportedLines}
}

// isExport reports whether a request asks for an export.
func isExport(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, exportsPath) }

// exportForm is the form in which an export is asked for, which the query may say, too; JSON for any other.
func exportForm(r *http.Request, otherwise string) string {
	// A query that is malformed stays as it is, so that it is refused: a filter that was dropped would widen the export.
	query, err := url.ParseQuery(r.URL.RawQuery)
	if form := exportForms[query.Get("format")]; form != "" && err == nil {
		query.Del("format")
		r.URL.RawQuery = query.Encode()
		return form
	}
	best, form := 0.0, otherwise
	for _, file := range []string{csvFile, lineFile} {
		if quality, named := acceptance(r.Header, file); named && quality > best {
			best, form = quality, file
		}
	}
	return form
}

// asFile says whether an export is answered as a file, which must not look whole when it is not.
func asFile(r *http.Request) bool {
	form := r.Header.Get("Accept")
	return isExport(r) && (form == csvFile || form == lineFile)
}

// nameFile lets a browser save an export by its name.
func nameFile(w http.ResponseWriter, r *http.Request) {
	if !asFile(r) {
		return
	}
	ending := ".csv"
	if r.Header.Get("Accept") == lineFile {
		ending = ".ndjson"
	}
	if kind := strings.TrimPrefix(r.URL.Path, exportsPath); plainKey.MatchString(kind) {
		w.Header().Set("Content-Disposition", `attachment; filename="`+kind+ending+`"`)
	}
}
