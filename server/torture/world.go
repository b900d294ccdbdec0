package torture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/config"
	"orderhub/server/money"
	"orderhub/server/secret"
)

const currency = money.Currency("THB")

// rescueAfter is what hubs are told, so that work left behind is taken up soon.
// A dead leader of the job queue keeps its office for 15 s all the same.
const rescueAfter = "3s"

// shutdownTimeout is what hubs have to stop in good order.
const shutdownTimeout = 10 * time.Second

// What a world sells. Each round adds unitsPerRound to every product of our own
// stock, a day of ticketsPerRound, and as many to the tickets of today; all run out.
const (
	categorySlug = "everything"

	skuAtOnce  = "AT_ONCE"
	skuLater   = "LATER"
	skuFails   = "FAILS"
	skuPartly  = "PARTLY"
	skuTicket  = "TICKET"
	laterDelay = 300 // milliseconds

	unitsPerRound   = 40
	ticketsPerRound = 25
	couponUses      = 5
)

var stockSKUs = []string{"CODE_A", "CODE_B", "CODE_C"}

// merchant is one customer of the hub.
type merchant struct {
	name      string
	key       string
	perRound  string       // deposited before each round
	deposited money.Amount // in all
}

// world is a hub, its database and everything that must be true of them.
type world struct {
	opts    *Options
	program string // of the hubs that start, and of commands
	dir     string
	env     []string
	db      database
	admin   string // key of the operator
	partner *partner
	// audience is told of events.
	audience *audience
	// forgets says that the hubs remove what is old.
	forgets bool

	mu     sync.Mutex
	hubs   []*Hub // those alive
	starts int
	// removed are rows that hubs removed, by kind.
	removed map[string]int64
	// calls that each caller of the load has ended.
	calls []atomic.Int64

	merchants []*merchant
	open      []*record // of rounds that are not settled yet
	// claimables are goods that may be claimed in the rounds to come.
	claimables []*claimable
	imported   map[string]bool         // contents of the stock
	delivered  map[string]string       // content or ticket code to the order that has it
	spent      map[string]money.Amount // by merchant: charged less given back, of settled orders
	tickets    map[string]int          // sold of each day, of settled orders
	capacity   map[string]int          // of each day
	today      string                  // the day whose tickets are used as soon as they are sold
	visited    map[string]bool         // codes of tickets with which somebody may have been let in
	settled    int

	lastAttempt int64 // of those that were counted
}

func newWorld(ctx context.Context, o *Options, index int, program string) (_ *world, err error) {
	w := &world{
		opts: o, program: program, calls: make([]atomic.Int64, o.Clients),
		dir: filepath.Join(o.Dir, fmt.Sprintf("world-%d", index)), imported: make(map[string]bool),
		removed: make(map[string]int64), forgets: o.forgets(index),
		delivered: make(map[string]string), spent: make(map[string]money.Amount), tickets: make(map[string]int),
		capacity: make(map[string]int), visited: make(map[string]bool),
	}
	if err := os.Mkdir(w.dir, 0o700); err != nil {
		return nil, err
	}
	small := o.Database == "sqlite" && slices.Contains(o.Kinds, Full)
	if w.db, err = openDatabase(ctx, o, w.dir, small); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close(true))
		}
	}()
	if w.partner, err = startPartner(ctx, w.dir, index, o.Seed); err != nil {
		return nil, err
	}
	if w.audience, err = newAudience(w, o.Seed); err != nil {
		return nil, err
	}
	w.env = append(config.WithoutSettings(os.Environ()),
		"ORDERHUB_DATABASE="+w.db.url(), "ORDERHUB_KEY="+secret.GenerateKey(),
		"ORDERHUB_HTTP=127.0.0.1:0", "ORDERHUB_GRPC=127.0.0.1:0", "ORDERHUB_METRICS=off",
		"ORDERHUB_SHUTDOWN_TIMEOUT="+shutdownTimeout.String(), "ORDERHUB_RESCUE_AFTER="+rescueAfter,
		"ORDERHUB_ALLOW_LOCAL_TARGETS=true",
		"ORDERHUB_MAX_CONNECTIONS=8192") // all callers come from one address, which gets half of them
	if w.forgets {
		w.env = append(w.env, shortAges()...)
	}
	for _, command := range [][]string{
		{"migrate"}, {"merchant", "create", "ops", "--operator", "--rate", "0"}, {"key", "create", "ops"},
	} {
		out, err := w.command(ctx, command...)
		if err != nil {
			return nil, err
		}
		w.admin = strings.TrimSpace(out)
	}
	if err := w.start(ctx); err != nil {
		return nil, err
	}
	if err := w.seed(ctx); err != nil {
		return nil, err
	}
	for range w.size() - 1 { // later: what others sell a hub knows a second after them
		if err := w.start(ctx); err != nil {
			return nil, err
		}
	}
	return w, w.audience.begin(ctx)
}

// command runs the program beside the hub and returns what it prints.
func (w *world) command(ctx context.Context, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, w.program, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = w.env, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("orderhub %s: %w\n%s%s", strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.String(), nil
}

func (w *world) start(ctx context.Context) error {
	w.starts++
	log := filepath.Join(w.dir, fmt.Sprintf("serve-%d.log", w.starts))
	serve := exec.CommandContext(context.WithoutCancel(ctx), w.program, "serve")
	serve.Env, serve.Dir = w.env, w.dir
	h, err := StartHub(ctx, serve, log, w.opts.within(startTimeout), w.logged)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hubs = append(w.hubs, h)
	return nil
}

// remove takes a hub out of those that clients are sent to.
func (w *world) remove(index int) *Hub {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.hubs[index]
	w.hubs = slices.Delete(w.hubs, index, index+1)
	return h
}

// at is where the caller with that number finds a hub: callers are spread over
// those alive. While none is, it is nowhere.
func (w *world) at(caller int) endpoints {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.hubs) == 0 {
		return endpoints{HTTP: "127.0.0.1:1", GRPC: "127.0.0.1:1"} // refuses
	}
	return w.hubs[caller%len(w.hubs)].endpoints
}

// client is the caller with that number, with a merchant's key.
func (w *world) client(caller int, key string) client {
	if caller%2 == 0 {
		return w.grpcClient(caller, key)
	}
	return newRESTClient(func() endpoints { return w.at(caller) }, key, w.opts.within(callTimeout))
}

func (w *world) grpcClient(caller int, key string) *grpcClient {
	return &grpcClient{at: func() endpoints { return w.at(caller) }, key: key, timeout: w.opts.within(callTimeout)}
}

func (w *world) close(keep bool) error {
	for len(w.hubs) > 0 {
		w.remove(0).Kill()
	}
	return errors.Join(w.audience.close(), w.partner.close(), w.db.close(keep))
}

// operator calls the hub as its operator.
func (w *world) operator(ctx context.Context, call func(context.Context, *grpc.ClientConn) error) error {
	return w.connected(ctx, w.admin, time.Minute, call)
}

// connected calls a hub once, with a key, for at most so long.
func (w *world) connected(
	ctx context.Context, key string, most time.Duration, call func(context.Context, *grpc.ClientConn) error,
) error {
	conn, err := dial(w.at(0).GRPC, connectTimeout)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(withKey(ctx, key), w.opts.within(most))
	defer cancel()
	return call(ctx, conn)
}

func (w *world) seed(ctx context.Context) error {
	return w.operator(ctx, func(ctx context.Context, conn *grpc.ClientConn) error {
		admin, products := orderhubv1.NewAdminServiceClient(conn), orderhubv1.NewCatalogServiceClient(conn)
		for i := range 6 {
			m := &merchant{name: fmt.Sprintf("merchant-%d", i), perRound: "100000.00"}
			if i == 0 {
				m.perRound = "300.00" // runs out of money
			}
			if err := w.seedMerchant(ctx, admin, m); err != nil {
				return fmt.Errorf("merchant %s: %w", m.name, err)
			}
		}
		category := &orderhubv1.Category{Slug: categorySlug, Name: "Everything"}
		if _, err := products.CreateCategory(ctx, &orderhubv1.CreateCategoryRequest{Category: category}); err != nil {
			return fmt.Errorf("category: %w", err)
		}
		for _, p := range catalogue() {
			if _, err := products.CreateProduct(ctx, &orderhubv1.CreateProductRequest{Product: p}); err != nil {
				return fmt.Errorf("product %s: %w", p.GetSku(), err)
			}
		}
		if err := seedProvider(ctx, admin); err != nil {
			return err
		}
		return w.partner.seed(ctx, admin)
	})
}

func (w *world) seedMerchant(ctx context.Context, admin orderhubv1.AdminServiceClient, m *merchant) error {
	_, err := admin.CreateMerchant(ctx, &orderhubv1.CreateMerchantRequest{
		Merchant: &orderhubv1.Merchant{
			Name: m.name, Currency: string(currency), Role: orderhubv1.MerchantRole_MERCHANT_ROLE_MERCHANT,
			RateLimit: &orderhubv1.RateLimit{},
		},
	})
	if err != nil {
		return err
	}
	response, err := admin.CreateKey(
		ctx, &orderhubv1.CreateKeyRequest{Merchant: m.name, Key: &orderhubv1.ApiKey{Label: "torture"}},
	)
	if err != nil {
		return err
	}
	m.key = response.GetSecret()
	w.merchants = append(w.merchants, m)
	return nil
}

func catalogue() []*orderhubv1.Product {
	product := func(sku, price string, source orderhubv1.ProductSource) *orderhubv1.Product {
		return &orderhubv1.Product{
			Sku: sku, Name: sku, Price: price, Currency: string(currency), Source: source,
			Category: &orderhubv1.ProductCategory{Slug: categorySlug},
		}
	}
	const (
		stock    = orderhubv1.ProductSource_PRODUCT_SOURCE_STOCK
		provider = orderhubv1.ProductSource_PRODUCT_SOURCE_PROVIDER
	)
	var products []*orderhubv1.Product
	for i, sku := range stockSKUs {
		products = append(products, product(sku, fmt.Sprintf("%d.25", 10+i), stock))
	}
	for i, sku := range []string{skuAtOnce, skuLater, skuFails, skuPartly, skuPartner} {
		products = append(products, product(sku, fmt.Sprintf("%d.99", 5+i), provider))
	}
	ticket := product(skuTicket, "40.00", stock)
	ticket.Dated = true
	return append(products, ticket)
}

func seedProvider(ctx context.Context, admin orderhubv1.AdminServiceClient) error {
	settings, err := structpb.NewStruct(map[string]any{"scripts": map[string]any{
		skuLater:  map[string]any{"delayMs": laterDelay},
		skuFails:  map[string]any{"failCode": "ITEM_NOT_FOUND", "failMessage": "not sold"},
		skuPartly: map[string]any{"failLast": 1},
	}})
	if err != nil {
		return err
	}
	_, err = admin.CreateProvider(ctx, &orderhubv1.CreateProviderRequest{
		Provider: &orderhubv1.Provider{Name: "sim", Connector: "sim", Settings: settings},
	})
	if err != nil {
		return fmt.Errorf("provider: %w", err)
	}
	for _, sku := range []string{skuAtOnce, skuLater, skuFails, skuPartly} {
		_, err := admin.CreateOffer(ctx, &orderhubv1.CreateOfferRequest{Offer: &orderhubv1.Offer{
			Product: sku, Provider: "sim", ProviderSku: sku, Cost: "1.00", Currency: string(currency), Priority: 1,
		}})
		if err != nil {
			return fmt.Errorf("offer of %s: %w", sku, err)
		}
	}
	return nil
}

// provision gives a round its money, stock, day and coupon.
func (w *world) provision(ctx context.Context, round int) error {
	return w.operator(ctx, func(ctx context.Context, conn *grpc.ClientConn) error {
		admin, products := orderhubv1.NewAdminServiceClient(conn), orderhubv1.NewCatalogServiceClient(conn)
		for _, m := range w.merchants {
			_, err := admin.Deposit(ctx, &orderhubv1.DepositRequest{
				Merchant: m.name, Amount: m.perRound, Currency: string(currency),
				Reference: fmt.Sprintf("round-%d", round),
			})
			if err != nil {
				return fmt.Errorf("deposit: %w", err)
			}
			m.deposited = m.deposited.AddCapped(amount(m.perRound))
		}
		for _, sku := range stockSKUs {
			contents := make([]string, unitsPerRound)
			for i := range contents {
				contents[i] = fmt.Sprintf("%s-%d-%d", sku, round, i)
				w.imported[contents[i]] = true
			}
			if _, err := products.ImportUnits(
				ctx, &orderhubv1.ImportUnitsRequest{Product: sku, Contents: contents},
			); err != nil {
				return fmt.Errorf("units of %s: %w", sku, err)
			}
		}
		_, err := products.SetAllotments(ctx, &orderhubv1.SetAllotmentsRequest{
			Product: skuTicket, Allotments: w.days(round),
		})
		if err != nil {
			return fmt.Errorf("tickets: %w", err)
		}
		_, err = products.CreateCoupon(ctx, &orderhubv1.CreateCouponRequest{Coupon: &orderhubv1.Coupon{
			Code: couponOf(round), Percent: "10", MaxUses: proto.Int32(couponUses),
		}})
		return err
	})
}

func couponOf(round int) string { return fmt.Sprintf("ROUND-%d", round) }

func dayOf(round int) string {
	return time.Date(2030, 1, 1+round, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// amount reads what the hub or this tool has written.
func amount(text string) money.Amount {
	if text == "" {
		return 0
	}
	a, err := money.Parse(text, currency)
	if err != nil {
		panic(fmt.Sprintf("amount %q: %v", text, err))
	}
	return a
}
