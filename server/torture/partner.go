package torture

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/demo"
	"orderhub/server/dialect/sim"
	"orderhub/server/fakepartner"
	"orderhub/server/money"
	"orderhub/server/order"
)

// skuPartner is bought from a partner that outlives every hub, and whose own books
// tell what was really bought.
const skuPartner = "FROM_PARTNER"

// partnerKind is how a world buys from its partner.
type partnerKind struct {
	dialect     string
	sku         string // the partner's own
	merchant    string // that the hub is there
	currency    money.Currency
	address     string // name of the setting that has the partner's address, and what stands before it
	prefix      string
	insecure    bool
	credentials map[string]string
}

// partners are taken in turn, one for each world.
var partners = []partnerKind{
	{"gameso", "DIAMOND_100", "demo", "THB", "baseUrl", "http://", false, map[string]string{"api_key": demo.MerchantKey}},
	{"marketacc", "2", "demo", "THB", "baseUrl", "http://", false, map[string]string{"api_key": demo.MerchantKey}},
	{
		"bursagb", "1", "reseller", "TRY", "baseUrl", "http://", false,
		map[string]string{"email": "reseller@example.com", "password": "demo-password"},
	},
	{
		"http", "DIAMOND_100", "demo", "THB", "baseUrl", "http://", false,
		map[string]string{"api_key": demo.MerchantKey, "request_secret": "whsec_YSBzZWNyZXQgb2YgdGhlIHRvcnR1cmUh"},
	},
	{"orderhub", "DIAMOND_100", "demo", "THB", "address", "", true, map[string]string{"api_key": demo.MerchantKey}},
}

// partner is a simulated one with what the hub was seen to do there.
type partner struct {
	*fakepartner.Partner

	kind *partnerKind
	log  *os.File
}

// misbehaviour goes wrong with calls without making the partner lie. Time-outs are
// those of hubs that are told to be quick.
func misbehaviour() []sim.Fault {
	return []sim.Fault{
		{On: sim.Place, Do: sim.TimeoutAfter, Share: 0.01},
		{On: sim.Place, Do: sim.TimeoutBefore, Share: 0.01},
		{On: sim.Place, Do: sim.StatusAfter, Status: 502, Share: 0.03},
		{On: sim.Place, Do: sim.StatusBefore, Status: 500, Share: 0.03},
		{On: sim.Place, Do: sim.StatusBefore, Status: 429, RetryAfterSeconds: 1, Share: 0.03},
		{On: sim.Place, Do: sim.Malformed, Share: 0.03},
		{On: sim.Inquire, Do: sim.StatusBefore, Status: 503, Share: 0.03},
	}
}

func startPartner(ctx context.Context, dir string, index int, seed uint64) (_ *partner, err error) {
	p := &partner{kind: &partners[index%len(partners)]}
	if err := os.Mkdir(filepath.Join(dir, "partner"), 0o700); err != nil {
		return nil, err
	}
	if p.log, err = os.Create(filepath.Join(dir, "partner.log")); err != nil {
		return nil, err
	}
	p.Partner, err = fakepartner.Start(ctx, fakepartner.Options{
		Dialect: p.kind.dialect, Listen: "127.0.0.1:0", Dir: filepath.Join(dir, "partner"),
		Script: fakepartner.Script{Config: sim.Config{DelayMS: 50, Faults: misbehaviour(), Seed: seed}},
		Log:    slog.New(slog.NewJSONHandler(p.log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return nil, errors.Join(err, p.log.Close())
	}
	merchants, err := p.Hub().Accounts.ListMerchants(ctx, 0, 100)
	for _, m := range merchants {
		if m.Name == p.kind.merchant {
			_, _, err = p.Hub().Accounts.Deposit(
				ctx, account.Deposit{MerchantID: m.ID, Amount: 100_000_000 * money.Unit, Currency: p.kind.currency},
			)
		}
	}
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *partner) close() error {
	if p == nil {
		return nil
	}
	return errors.Join(p.Close(), p.log.Close())
}

// seed makes the partner a provider of the hub.
func (p *partner) seed(ctx context.Context, admin orderhubv1.AdminServiceClient) error {
	settings := map[string]any{p.kind.address: p.kind.prefix + p.Address()}
	if p.kind.insecure {
		settings["insecure"] = true
	}
	encoded, err := structpb.NewStruct(settings)
	if err != nil {
		return err
	}
	_, err = admin.CreateProvider(ctx, &orderhubv1.CreateProviderRequest{Provider: &orderhubv1.Provider{
		Name: "partner", Connector: p.kind.dialect, Settings: encoded, Credentials: p.kind.credentials,
	}})
	if err != nil {
		return fmt.Errorf("provider %s: %w", p.kind.dialect, err)
	}
	_, err = admin.CreateOffer(ctx, &orderhubv1.CreateOfferRequest{Offer: &orderhubv1.Offer{
		Product: skuPartner, Provider: "partner", ProviderSku: p.kind.sku, Cost: "1.00", Currency: string(currency),
	}})
	return err
}

// checkPartner compares the partner's books with the hub's attempts, once nothing
// is open: at most one purchase under each reference, delivered exactly where the
// hub has delivered.
func (w *world) checkPartner(ctx context.Context, r *report) {
	theirs, err := w.partner.bought(ctx)
	if err != nil {
		r.violate(Double, "%v", err)
		return
	}
	token, newest := "", w.lastAttempt
	defer func() { w.lastAttempt = newest }()
	for {
		var page *orderhubv1.ListAttemptsResponse
		err := w.operator(ctx, func(ctx context.Context, conn *grpc.ClientConn) (err error) {
			page, err = orderhubv1.NewAdminServiceClient(conn).ListAttempts(
				ctx, &orderhubv1.ListAttemptsRequest{Provider: "partner", PageSize: 1000, PageToken: token},
			)
			return err
		})
		if err != nil {
			if ctx.Err() == nil {
				r.violate(Unclear, "listing the attempts: %v", err)
			}
			return
		}
		for _, a := range page.GetAttempts() {
			checkAttempt(r, a, theirs[a.GetReference()])
			delete(theirs, a.GetReference())
			if a.GetId() > w.lastAttempt {
				r.Attempts++
				if a.GetStatus() == orderhubv1.AttemptStatus_ATTEMPT_STATUS_DELIVERED {
					r.Bought++
				}
			}
			newest = max(newest, a.GetId())
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	for reference := range theirs {
		r.violate(Double, "the partner has order %s, of which the hub knows nothing", reference)
	}
}

func checkAttempt(r *report, a *orderhubv1.Attempt, theirs *order.Order) {
	switch {
	case a.GetSettleTime() == nil:
		r.violate(Stuck, "attempt %s is %s: %s", a.GetReference(), a.GetStatus(), a.GetFailureMessage())
	case a.GetStatus() == orderhubv1.AttemptStatus_ATTEMPT_STATUS_DELIVERED:
		if theirs == nil || theirs.Lines[0].Completed != int64(a.GetQuantity()) {
			r.violate(Lost, "attempt %s is delivered, and the partner did not", a.GetReference())
		}
	case theirs != nil && theirs.Lines[0].Completed > 0:
		r.violate(Double, "attempt %s is %s, and the partner delivered", a.GetReference(), a.GetStatus())
	}
}

// bought is what the partner sold to the hub, by the hub's reference. The error
// says what was sold twice under one.
func (p *partner) bought(ctx context.Context) (map[string]*order.Order, error) {
	const page = 1000
	bought := make(map[string]*order.Order)
	door := p.kind.dialect
	if door == "orderhub" {
		door = "hub"
	}
	for offset := 0; ; offset += page {
		orders, err := p.Hub().Orders.List(ctx, order.ByOperator(), order.Filter{Door: door, Limit: page, Offset: offset})
		if err != nil {
			return nil, err
		}
		for i := range orders {
			reference := orders[i].Reference
			if p.kind.dialect == "bursagb" {
				reference = orders[i].Lines[0].ExternalReference
			}
			if bought[reference] != nil {
				return nil, fmt.Errorf("the partner sold twice under reference %s", reference)
			}
			bought[reference] = &orders[i]
		}
		if len(orders) < page {
			return bought, nil
		}
	}
}
