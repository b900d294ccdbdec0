package gateway

import (
	"context"
	_ "embed" // the document
	"net/http"
	"strings"
	"time"

	"github.com/swaggest/swgui/v5emb"
)

// document is the contract's description, which package describe writes.
//
//go:embed openapi/openapi.json
var document []byte

// readyTimeout bounds one look at whether the hub can serve.
const readyTimeout = 2 * time.Second

// docsPolicy lets the documentation load its own files and nothing else, and no
// page show it in a frame: a key is typed into it. The page has its script and
// styles inline.
const docsPolicy = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; " +
	"object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// newRoot is every path outside the contract. Paths are taken as they are: one
// that http.ServeMux would clean up, and redirect to another door, is unknown.
func (g *gateway) newRoot(o Options) http.Handler {
	docs := g.docs()
	pages := map[string]http.Handler{
		"":                g.get(index(o.Mounts)), // of an address without a path
		"/":               g.get(index(o.Mounts)),
		"/healthz":        g.get(healthy),
		"/readyz":         g.get(readiness(o.Ready)),
		"/openapi.json":   g.get(serveDocument),
		"/orderhub.binpb": g.get(serveDescriptors),
		"/docs":           docs,
		"/docs/":          docs,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, mount := range o.Mounts {
			if mount.Matches(r.URL.Path) {
				mount.Handler.ServeHTTP(w, r)
				return
			}
		}
		page, found := pages[r.URL.Path]
		if file, below := strings.CutPrefix(r.URL.Path, "/docs/"); below && isFile(file) {
			page, found = docs, true
		}
		if !found {
			g.refusePath(w, r)
			return
		}
		page.ServeHTTP(w, r)
	})
}

// isFile reports whether a path below the documentation can be one of its files,
// which all lie in one folder.
func isFile(name string) bool {
	return name != "" && name[0] != '.' && !strings.Contains(name, "/") && name != "index.html"
}

func (g *gateway) get(serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			g.refuseVerb(w, r, "GET, HEAD")
			return
		}
		serve(w, r)
	})
}

func (g *gateway) docs() http.Handler {
	pages := v5emb.New("orderhub", "/openapi.json", "/docs/")
	return g.get(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", docsPolicy)
		w.Header().Set("X-Frame-Options", "DENY") // for browsers that do not know the policy
		w.Header().Set("Referrer-Policy", "no-referrer")
		pages.ServeHTTP(w, r)
	})
}

func serveDocument(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(document)
}

func healthy(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readiness says whether requests should come here. Why not is in the log of
// whatever is not ready.
func readiness(ready func(context.Context) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if ready != nil && ready(ctx) != nil {
			writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "not ready"})
			return
		}
		writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
	}
}

// entrance is one way into the hub, as the index shows it.
type entrance struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// index lists the doors for whoever opens the address in a browser.
func index(mounts []Mount) http.HandlerFunc {
	doors := []entrance{{"hub", Path}}
	for _, mount := range mounts {
		doors = append(doors, entrance{mount.Name, mount.Path})
	}
	page := struct {
		Name        string     `json:"name"`
		Doors       []entrance `json:"doors"`
		Docs        string     `json:"docs"`
		OpenAPI     string     `json:"openapi"`
		Descriptors string     `json:"descriptors"`
		Health      string     `json:"health"`
		Ready       string     `json:"ready"`
	}{"orderhub", doors, "/docs", "/openapi.json", "/orderhub.binpb", "/healthz", "/readyz"}
	return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, page) }
}
