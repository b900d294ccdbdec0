// Package fakepartner stands in for a partner: it speaks one dialect as the partner
// would and misbehaves as a script says, so that integrators, and the hub's own
// tests, need no real one.
//
// A simulated partner is a hub of its own with only that dialect's door open and
// the demo's data inside, behind a layer that makes calls go wrong. So formats,
// rules and errors are those of the door.
package fakepartner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"

	"orderhub/server/account"
	"orderhub/server/app"
	"orderhub/server/config"
	"orderhub/server/demo"
	"orderhub/server/dialect/axcloud"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/dialect/jsonhttp"
	"orderhub/server/dialect/marketacc"
	"orderhub/server/dialect/orderhub"
	"orderhub/server/dialect/outbound"
	"orderhub/server/dialect/sim"
	"orderhub/server/door"
	"orderhub/server/fulfil"
	"orderhub/server/secret"
)

// Wire is what the layer has to know of a dialect that is spoken over HTTP.
type Wire interface {
	// Request says what a request asks for, of which purchase and of which SKUs;
	// both are empty where the request does not say.
	Request(method, path string, body []byte) (op sim.Operation, reference string, skus []string)
	// Words are how the partner's door refuses.
	Words() *door.Words
	// Tamper changes a good answer; false when there is nothing to change.
	Tamper(how sim.Effect, body []byte) ([]byte, bool)
}

// wires are the dialects over HTTP, by name.
var wires = map[string]Wire{
	"axcloud":      axcloud.Simulated{},
	bursagb.Name:   bursagb.Simulated{},
	gameso.Name:    gameso.Simulated{},
	jsonhttp.Name:  jsonhttp.Simulated{},
	marketacc.Name: marketacc.Simulated{},
}

// Dialects are the names of those that can be simulated, in order.
func Dialects() []string {
	return append(slices.Sorted(maps.Keys(wires)), orderhub.Name)
}

// Script says how the partner behaves. It is the demo's unless it says otherwise.
type Script struct {
	sim.Config

	// CallbackURL is where GameSO's deliveries and what an http supplier tells go,
	// signed with CallbackSecret; BursaGB's go to the address that each order names.
	CallbackURL    string `json:"callbackUrl,omitempty"`
	CallbackSecret string `json:"callbackSecret,omitempty"`
	// RequestSecret must have signed what an http supplier is asked; "" for nothing.
	RequestSecret string `json:"requestSecret,omitempty"`
}

// ParseScript reads a script and checks it; unknown names are an error. Nothing is
// the script of a partner that behaves.
func ParseScript(text []byte) (Script, error) {
	var s Script
	if len(bytes.TrimSpace(text)) == 0 {
		return s, nil
	}
	if err := outbound.DecodeSettings(text, &s); err != nil {
		return s, fmt.Errorf("script: %w", err)
	}
	if s.Down || s.NotIdempotent || s.NotAskable {
		return s, errors.New("script: down, notIdempotent and notAskable are settings of the connector sim alone")
	}
	if err := s.Validate(); err != nil {
		return s, fmt.Errorf("script: %w", err)
	}
	return s, nil
}

// Options say which partner is simulated and how.
type Options struct {
	Dialect string
	Listen  string // host:port; port 0 takes a free one
	Script  Script
	Dir     string // an empty folder for its database
	Log     *slog.Logger
}

// Partner is a running simulation.
type Partner struct {
	hub      *app.App
	database string
	listener net.Listener
	http     *http.Server // of a dialect over HTTP
	grpc     *grpc.Server // of orderhub
	upstream *grpc.ClientConn
	stop     context.CancelFunc
	running  sync.WaitGroup
	failed   error // of the hub, once running is over
}

// Start opens a partner; Close ends it.
func Start(ctx context.Context, o Options) (_ *Partner, err error) {
	if !slices.Contains(Dialects(), o.Dialect) {
		return nil, fmt.Errorf("there is no dialect %q; there are %s", o.Dialect, strings.Join(Dialects(), ", "))
	}
	cfg := config.Default()
	cfg.HTTP = "127.0.0.1:0"
	cfg.GRPC = "127.0.0.1:0"
	cfg.Metrics = ""
	cfg.LoopbackOnly = true
	cfg.AllowLocalTargets = true
	cfg.Database = "sqlite:" + filepath.Join(o.Dir, "partner.sqlite")
	cfg.Key = secret.Redacted(demo.SealingKey) // nothing is kept: a key of its own would only be told of
	cfg.Doors = nil
	if o.Dialect != orderhub.Name && o.Dialect != jsonhttp.Name {
		cfg.Doors = []string{o.Dialect}
	}
	hub, err := app.New(ctx, cfg, o.Log)
	if err != nil {
		return nil, err
	}
	p := &Partner{hub: hub, database: cfg.Database}
	ctx, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	p.running.Go(func() { p.failed = hub.Run(ctx) })
	defer func() {
		if err != nil {
			_ = p.Close() // what failed says more
		}
	}()
	if err := p.load(ctx, &o.Script); err != nil {
		return nil, err
	}
	if err := p.shelve(ctx, o.Dialect, o.Script.Items); err != nil {
		return nil, err
	}
	if p.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", o.Listen); err != nil {
		return nil, err
	}
	if o.Dialect == orderhub.Name {
		return p, p.serveGRPC(&o.Script)
	}
	p.serveHTTP(ctx, &o)
	return p, nil
}

// load fills the partner with the demo's data and gives its supplier the script.
func (p *Partner) load(ctx context.Context, script *Script) error {
	err := demo.Seed(ctx, demo.Services{Accounts: p.hub.Accounts, Catalog: p.hub.Catalog, Providers: p.hub.Providers})
	if err != nil {
		return err
	}
	if script.Balance != nil {
		if err := p.Fund(ctx, *script.Balance); err != nil {
			return err
		}
	}
	provider, err := p.supplier(ctx)
	if err != nil {
		return err
	}
	supplier, err := sim.ParseConfig(provider.Config)
	if err != nil {
		return err
	}
	if script.DelayMS > 0 {
		supplier.DelayMS = script.DelayMS
	}
	maps.Copy(supplier.Scripts, script.Scripts)
	if script.Players != nil {
		supplier.Players = script.Players
	}
	if provider.Config, err = json.Marshal(supplier); err != nil {
		return err
	}
	_, err = p.hub.Providers.Update(ctx, provider, nil)
	return err
}

// supplier is the demo's provider, which delivers what the partner has no stock of.
func (p *Partner) supplier(ctx context.Context) (fulfil.Provider, error) {
	providers, err := p.hub.Providers.List(ctx)
	i := slices.IndexFunc(providers, func(one fulfil.Provider) bool { return one.Name == demo.SimulatorName })
	switch {
	case err != nil:
		return fulfil.Provider{}, err
	case i < 0:
		return fulfil.Provider{}, fulfil.ErrProviderNotFound
	}
	return providers[i], nil
}

// Fund leaves each of the partner's clients whose wallet has the currency with that
// much to spend, credit included.
func (p *Partner) Fund(ctx context.Context, b sim.Balance) error {
	want, err := b.Parse()
	if err != nil {
		return err
	}
	merchants, err := p.hub.Accounts.ListMerchants(ctx, 0, mostMerchants)
	if err != nil {
		return err
	}
	for i := range merchants {
		wallet := merchants[i].Wallet
		if wallet == nil || wallet.Currency != b.Currency {
			continue
		}
		more := want.SubCapped(wallet.Balance.AddCapped(wallet.CreditLimit))
		if more == 0 {
			continue
		}
		_, _, err := p.hub.Accounts.Adjust(ctx, account.Adjustment{
			MerchantID: merchants[i].ID, Amount: more, Currency: b.Currency, Reason: "As the script says",
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// mostMerchants is more than the demo has.
const mostMerchants = 1000

func (p *Partner) serveHTTP(ctx context.Context, o *Options) {
	f := newFaults(wires[o.Dialect], &o.Script, p.door(o), o.Log)
	c := newCaller(p.hub, o, f)
	p.running.Go(func() { c.run(ctx) })
	p.http = &http.Server{
		Handler: f, ReadHeaderTimeout: headerTimeout, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	p.running.Go(func() { _ = p.http.Serve(p.listener) }) // ends with Close
}

// door answers what is let through to the partner.
func (p *Partner) door(o *Options) http.Handler {
	if o.Dialect != jsonhttp.Name {
		return proxy(p.hub.Addresses().HTTP, o.Log)
	}
	var secrets []string
	if o.Script.RequestSecret != "" {
		secrets = append(secrets, o.Script.RequestSecret)
	}
	return jsonhttp.NewSupplier(&p.hub.Doors, secrets)
}

const headerTimeout = 5 * time.Second

func (p *Partner) Address() string { return p.listener.Addr().String() }

// Database is the partner's, in the form of config.Config.
func (p *Partner) Database() string { return p.database }

// Hub is the partner's own, for those who want to see what was really bought.
func (p *Partner) Hub() *app.App { return p.hub }

func (p *Partner) Close() error {
	if p.http != nil {
		_ = p.http.Close()
	}
	if p.grpc != nil {
		p.grpc.Stop()
	}
	if p.upstream != nil {
		_ = p.upstream.Close()
	}
	p.stop()
	p.running.Wait()
	return p.failed
}

// TempDir makes a folder for a partner's database; remove ends it.
func TempDir() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", "orderhub-partner-")
	return dir, func() { _ = os.RemoveAll(dir) }, err // what is left is in the folder for it
}
