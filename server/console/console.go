package console

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/admission"
	"orderhub/server/api"
)

// Path is where the console is.
const Path = "/console"

// assetsPath is where its script and style are.
const assetsPath = Path + "/assets/"

const (
	// pageTime is how long a page may take, with all its calls.
	pageTime = 30 * time.Second
	// maxFormBytes is the most that is read of a form, but where an act says otherwise.
	maxFormBytes = 1 << 20
)

// policy lets a page load the console's own script and style, and nothing else. Everything inline is refused.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// Entrance is the part of the API's server that says who calls from where, and whether there is room.
type Entrance interface {
	Address(remoteAddr string, forwardedFor []string) netip.Addr
	Admission() *admission.Control
}

// Options wires a console. All but Provider are required.
type Options struct {
	API      grpc.ClientConnInterface // the contract's services, within this process
	Sessions Sessions
	Provider Provider // by which operators may sign in, too; nil for none
	Entrance Entrance
	Secure   func(r *http.Request) bool // whether the browser speaks TLS
	Log      *slog.Logger
	// Origins are where browsers reach the console, the one for links first. Under other names there is none, but for
	// those of the machine itself. Empty is any.
	Origins []string
}

// Console serves the pages.
type Console struct {
	Options

	clients   clients
	templates map[string]*template.Template
	pages     []page
	hosts     hosts
	handler   http.Handler
}

// clients call the contract, each as the operator of the context.
type clients struct {
	orders    orderhubv1.OrderServiceClient
	catalog   orderhubv1.CatalogServiceClient
	admin     orderhubv1.AdminServiceClient
	webhooks  orderhubv1.WebhookServiceClient
	accounts  orderhubv1.AccountServiceClient
	operators orderhubv1.OperatorServiceClient
	approvals orderhubv1.ApprovalServiceClient
	reports   orderhubv1.ReportServiceClient
	events    orderhubv1.OperatorEventServiceClient
	exchange  orderhubv1.ExchangeServiceClient
	purchases orderhubv1.PurchaseServiceClient
	claims    orderhubv1.ClaimServiceClient
	tickets   orderhubv1.RedemptionServiceClient
	supply    orderhubv1.SupplyServiceClient
	funds     orderhubv1.FundsServiceClient
	prices    orderhubv1.PriceServiceClient
	pager     orderhubv1.OperatorWebhookServiceClient

	references orderhubv1.ReferenceServiceClient
	recipients orderhubv1.RecipientServiceClient
	exports    orderhubv1.ExportServiceClient
	holds      orderhubv1.HoldServiceClient

	reconciliations orderhubv1.ReconciliationServiceClient
}

//go:embed pages/*.html
var pageFiles embed.FS

// New reads the templates.
func New(o Options) (*Console, error) {
	if o.API == nil || o.Sessions == nil || o.Entrance == nil || o.Secure == nil || o.Log == nil {
		return nil, errors.New("console: an option is missing")
	}
	c := &Console{Options: o, pages: allPages(), clients: clients{
		orderhubv1.NewOrderServiceClient(o.API), orderhubv1.NewCatalogServiceClient(o.API),
		orderhubv1.NewAdminServiceClient(o.API), orderhubv1.NewWebhookServiceClient(o.API),
		orderhubv1.NewAccountServiceClient(o.API), orderhubv1.NewOperatorServiceClient(o.API),
		orderhubv1.NewApprovalServiceClient(o.API), orderhubv1.NewReportServiceClient(o.API),
		orderhubv1.NewOperatorEventServiceClient(o.API), orderhubv1.NewExchangeServiceClient(o.API),
		orderhubv1.NewPurchaseServiceClient(o.API),
		orderhubv1.NewClaimServiceClient(o.API), orderhubv1.NewRedemptionServiceClient(o.API),
		orderhubv1.NewSupplyServiceClient(o.API),
		orderhubv1.NewFundsServiceClient(o.API),
		orderhubv1.NewPriceServiceClient(o.API),
		orderhubv1.NewOperatorWebhookServiceClient(o.API),
		orderhubv1.NewReferenceServiceClient(o.API),
		orderhubv1.NewRecipientServiceClient(o.API),
		orderhubv1.NewExportServiceClient(o.API),
		orderhubv1.NewHoldServiceClient(o.API),
		orderhubv1.NewReconciliationServiceClient(o.API),
	}}
	var err error
	if c.templates, err = parseTemplates(); err != nil {
		return nil, err
	}
	if c.hosts, err = hostsOf(o.Origins); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(c.refuseOtherSite))
	c.handler = protection.Handler(c.routes())
	return c, nil
}

// Matches reports whether a path is the console's.
func Matches(path string) bool { return path == Path || strings.HasPrefix(path, Path+"/") }

// routes are all paths. Changes are posted, and nothing else is.
func (c *Console) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+assetsPath+"{file}", c.serveAsset)
	mux.HandleFunc("GET "+Path, timed(c.start))
	mux.HandleFunc("GET "+Path+"/{$}", timed(c.start))
	c.routeSignIn(mux)
	c.routeProvider(mux)
	for i := range c.pages {
		p := &c.pages[i]
		mux.HandleFunc("GET "+Path+p.pattern, timed(c.signedIn(func(r *request) { c.showPage(r, p) })))
		for name, a := range p.acts {
			do := c.signedIn(receiving(a.maxBytes, func(r *request) { c.doAct(r, p, &a) }))
			mux.HandleFunc("POST "+Path+p.pattern+"/"+name, within(pageTime+arrival(a.maxBytes), do))
		}
	}
	for _, d := range downloads() {
		mux.HandleFunc("GET "+Path+d.pattern, c.signedIn(func(r *request) { c.download(r, &d) }))
	}
	for _, p := range todayPictures() {
		mux.HandleFunc("GET "+Path+p.pattern, timed(c.signedIn(func(r *request) { c.showPicture(r, &p) })))
	}
	mux.HandleFunc("GET "+Path+"/", c.signedIn(func(r *request) { c.showProblem(r, notFound()) }))
	return mux
}

// ServeHTTP lets a request in where there is room. What it asks of the contract is counted by itself.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", policy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("X-Frame-Options", "DENY") // for browsers that do not know the policy
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Cache-Control", "no-store")
	if !c.hosts.has(r.Host) && !strings.HasPrefix(r.URL.Path, assetsPath) {
		c.refuseHost(w, r)
		return
	}
	visit, err := c.Entrance.Admission().Enter(r.Context(), c.Entrance.Address(r.RemoteAddr, r.Header.Values(forwarded)))
	if err != nil {
		turnAway(w, err)
		return
	}
	defer visit.Leave()
	ctx := context.WithValue(r.Context(), visitKey{}, visit)
	c.handler.ServeHTTP(w, r.WithContext(api.WithHTTPPeer(ctx, r)))
}

const forwarded = "X-Forwarded-For"

// visitKey marks the [admission.Visit] of a request.
type visitKey struct{}

// visitOf is the visit of a request, which has none before it was let in.
func visitOf(r *http.Request) (v *admission.Visit, found bool) {
	v, found = r.Context().Value(visitKey{}).(*admission.Visit)
	return v, found
}

// giveBack gives back the request's place: what comes next waits for the browser, or is counted by itself.
func giveBack(r *http.Request) {
	if visit, found := visitOf(r); found {
		visit.Wait()
	}
}

// turnAway answers in plain text: a page would cost more than it may.
func turnAway(w http.ResponseWriter, err error) {
	if full, ok := errors.AsType[*admission.FullError](err); ok {
		w.Header().Set("Retry-After", strconv.Itoa(int((full.After+time.Second-1)/time.Second)))
	}
	http.Error(w, "The hub is busy. Try again in a moment.", http.StatusServiceUnavailable)
}

// start leads to the first page of the menu that the operator may see.
func (c *Console) start(w http.ResponseWriter, r *http.Request) {
	c.signedIn(func(r *request) {
		if menu := r.menu(); len(menu) > 0 {
			r.redirect(menu[0].Items[0].Path)
			return
		}
		r.redirect(Path + accountPath)
	})(w, r)
}

func parseTemplates() (map[string]*template.Template, error) {
	base, err := template.New("").Funcs(helpers()).ParseFS(pageFiles, "pages/_*.html")
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	files, err := pageFiles.ReadDir("pages")
	if err != nil {
		return nil, err
	}
	all := make(map[string]*template.Template, len(files))
	for _, file := range files {
		name := file.Name()
		if strings.HasPrefix(name, "_") {
			continue
		}
		t, err := base.Clone()
		if err == nil {
			t, err = t.ParseFS(pageFiles, "pages/"+name)
		}
		if err != nil {
			return nil, fmt.Errorf("console: %w", err)
		}
		all[strings.TrimSuffix(name, ".html")] = t
	}
	return all, nil
}
