package gateway

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

const (
	exportsPath = Path + "exports/"
	csvFile     = "text/csv"
	lineFile    = "application/x-ndjson"

	statementPath = Path + "account/statement"
	// pageFile stands for each form of a statement, which says itself what it is.
	pageFile = "text/html"
)

// exportForms are the files that an export may be, by the word in the query.
var exportForms = map[string]string{"csv": csvFile, "ndjson": lineFile}

// streamedFile writes the messages of a stream as parts of a file, and whatever else as JSON.
type streamedFile[M any] struct {
	*strictJSON

	contentType func(M) string
	part        func(M) ([]byte, error)
}

// StreamContentType is that of the answer.
func (f streamedFile[M]) StreamContentType(first any) string {
	message, _ := first.(M)
	return f.contentType(message)
}

// Delimiter is nothing: each part ends with its line, or where it likes.
func (streamedFile[M]) Delimiter() []byte { return nil }

// Marshal writes one part.
func (f streamedFile[M]) Marshal(v any) ([]byte, error) {
	if chunk, ok := v.(map[string]any); ok {
		if message, ok := chunk["result"].(M); ok {
			return f.part(message)
		}
	}
	return f.strictJSON.Marshal(v)
}

func exportedFile(
	inJSON *strictJSON, contentType string, part func(*orderhubv1.ExportResponse) ([]byte, error),
) runtime.Marshaler {
	return streamedFile[*orderhubv1.ExportResponse]{
		inJSON, func(*orderhubv1.ExportResponse) string { return contentType + "; charset=utf-8" }, part,
	}
}

// isExport reports whether a request asks for an export.
func isExport(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, exportsPath) }

// exportForm is the form in which an export is asked for, which the query may say, too; JSON for any other.
func exportForm(r *http.Request, otherwise string) string {
	// A query that is malformed stays as it is, so that it is refused: a filter that was dropped would widen the
	// export.
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

// asFile says whether the form that was chosen is a file, which must not look whole when it is not.
func asFile(r *http.Request) bool {
	return slices.Contains([]string{csvFile, lineFile, pageFile}, r.Header.Get("Accept"))
}

// nameFile lets a browser save an export by its name.
func nameFile(w http.ResponseWriter, r *http.Request) {
	if !isExport(r) || !asFile(r) {
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
