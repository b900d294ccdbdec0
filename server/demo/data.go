package demo

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
	"orderhub/server/money"
)

// SealingKey seals what is secret in a demo database. It is as public as
// everything else in it: the base64 of "orderhub demo key: it is public!".
const SealingKey = "b3JkZXJodWIgZGVtbyBrZXk6IGl0IGlzIHB1YmxpYyE="

// The keys that examples use.
const (
	MerchantKey  = "demo-key"
	PoorKey      = "demo-poor-key"
	SuspendedKey = "demo-suspended-key"
	FencedKey    = "demo-fenced-key"
	ResellerKey  = "demo-reseller-key"
	ChannelKey   = "api_key_secret"
	ChannelCode  = "code_secret"
	OperatorKey  = "demo-admin-key"
)

// Merchant is one account of the demo.
type Merchant struct {
	account.NewMerchant

	Keys        []string
	Password    string // for signing in with the e-mail address
	CallbackKey string
	ChannelCode string
	Balance     string // deposited once; "" for nothing
	For         string // what it shows
}

// limited leaves the limit to each door; unlimited merchants have none anywhere.
var (
	limited   = account.RateLimit{RequestsPerMinute: account.DoorDefault}
	unlimited = account.RateLimit{RequestsPerMinute: 0}
)

// APIKeys are the keys of all the accounts.
func APIKeys() (keys []string) {
	for _, m := range Merchants() {
		keys = append(keys, m.Keys...)
	}
	return keys
}

// Password is that of the accounts that sign in, and of the operators.
const Password = "demo-password"

// Merchants returns the accounts of the demo by id.
func Merchants() []Merchant {
	return []Merchant{
		{
			NewMerchant: account.NewMerchant{
				ID: 1, Name: "demo", Email: "demo@example.com", Currency: "THB", RateLimit: unlimited,
			},
			Keys: []string{"your_api_key_here", "YOUR_API_KEY", MerchantKey}, Balance: "1000000.00", For: "orders in THB",
		},
		{
			NewMerchant: account.NewMerchant{ID: 2, Name: "poor", Currency: "THB", RateLimit: limited},
			Keys:        []string{PoorKey}, Balance: "10.00", For: "insufficient balance",
		},
		{
			NewMerchant: account.NewMerchant{
				ID: 3, Name: "suspended", Currency: "THB", RateLimit: limited, Status: account.StatusSuspended,
			},
			Keys: []string{SuspendedKey}, Balance: "1000.00", For: "a suspended account",
		},
		{
			NewMerchant: account.NewMerchant{
				ID: 4, Name: "fenced", Currency: "THB", RateLimit: limited,
				IPAllowlist: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
			},
			Keys: []string{FencedKey}, Balance: "1000.00", For: "an address that is not allowed",
		},
		{
			NewMerchant: account.NewMerchant{
				ID: 5, Name: "reseller", Email: "reseller@example.com", Currency: "TRY", RateLimit: unlimited,
				Settings: account.Settings{
					StoreName:             "Demo Store",
					BillingAddresses:      []account.BillingAddress{{ID: 1234, Name: "Demo Store"}},
					DefaultBillingAddress: 1234,
				},
			},
			Keys: []string{ResellerKey}, Password: Password, CallbackKey: ResellerKey,
			Balance: "50000.00", For: "orders in TRY",
		},
		{
			NewMerchant: account.NewMerchant{
				ID: 6, Name: "channel", Currency: "KRW", CreditLimit: 100_000_000 * money.Unit, RateLimit: unlimited,
			},
			Keys: []string{ChannelKey}, ChannelCode: ChannelCode, For: "orders in KRW, on credit",
		},
		{
			NewMerchant: account.NewMerchant{
				ID: 7, Name: "channel-two", Currency: "KRW", CreditLimit: 3_000 * money.Unit, RateLimit: unlimited,
			},
			Keys: []string{"api_key_two"}, ChannelCode: "code_two", For: "little credit",
		},
		{
			NewMerchant: account.NewMerchant{
				ID: 8, Name: "reseller-suspended", Email: "suspended@example.com", Currency: "TRY",
				Status: account.StatusSuspended, RateLimit: unlimited,
			},
			Keys: []string{"demo-reseller-suspended-key"}, Password: Password, Balance: "100.00", For: "a suspended reseller",
		},
		{
			NewMerchant: account.NewMerchant{ID: 9, Name: "operator", Role: account.RoleOperator, RateLimit: unlimited},
			Keys:        []string{OperatorKey}, For: "the hub's operators",
		},
	}
}

// Categories returns the categories of the demo by id.
func Categories() []catalog.Category {
	return []catalog.Category{
		{ID: 1, Slug: "hotmail-outlook", Name: "Hotmail - Outlook"},
		{ID: 2, Slug: "game-topup", Name: "Game top-up"},
		{ID: 3, Slug: "gold", Name: "Game gold"},
		{ID: 4, Slug: "epin", Name: "E-pin"},
		{ID: 5, Slug: "day-ticket", Name: "Day tickets"},
	}
}

// Product is one product of the demo with where its goods come from.
type Product struct {
	catalog.Product

	Price string // in the product's currency

	Units     int         // of our own stock
	FirstUnit int         // number of the first of them, so that no two products share a content
	PerDay    int64       // of a dated product of our own: tickets on each day
	Script    *sim.Script // of a product that the simulator sells; nil for the default
	Providers []string    // that sell it, the first to be tried first
}

// SimulatorName is the provider that sells what the demo simulates.
const SimulatorName = "sim"

const (
	simulatorDown = "sim-down"
	// simulatorUnclear delivers more than was bought, so that a person has to find out what became of it.
	simulatorUnclear = "sim-unclear"

	firstDay = "2017-01-01" // of the tickets that are sold by date
	lastDay  = "2035-12-31"

	slowMS = 30_000
)

// Formats of what is in stock.
const (
	formatAccount  = "user|pass|2fa"
	formatRecovery = "user|pass|2fa|recovery_email"
	formatCode     = "code"
)

func topup(id int64, sku, name string) Product {
	return Product{
		Product: catalog.Product{
			ID: id, SKU: sku, Name: name, Category: catalog.Category{ID: 2}, Currency: "THB", Source: catalog.SourceProvider,
		},
		Price: "100.00", Providers: []string{SimulatorName},
	}
}

func mail(id int64, sku, name, format, price string, firstUnit, units int) Product {
	return Product{
		Product: catalog.Product{
			ID: id, SKU: sku, Name: name, Category: catalog.Category{ID: 1}, Currency: "THB", Source: catalog.SourceStock,
			Format: format,
		},
		Price: price, FirstUnit: firstUnit, Units: units,
	}
}

func gold(id int64, sku, name, price string, script *sim.Script) Product {
	return Product{
		Product: catalog.Product{
			ID: id, SKU: sku, Name: name, Category: catalog.Category{ID: 3}, Currency: "TRY", Source: catalog.SourceProvider,
			Fields: []catalog.Field{{
				ID: 1, Identifier: "userid", Title: "Your character name in the game", Type: catalog.FieldText,
				Required: true, MinLength: 3, MaxLength: 50,
			}},
			MaxQuantity: 1000,
		},
		Price: price, Script: script, Providers: []string{SimulatorName},
	}
}

func epin(id int64, sku, name, price string, maxQuantity int64, units int) Product {
	return Product{
		Product: catalog.Product{
			ID: id, SKU: sku, Name: name, Category: catalog.Category{ID: 4}, Currency: "TRY", Source: catalog.SourceStock,
			Format: formatCode, MaxQuantity: maxQuantity, LowStock: 100,
		},
		Price: price, FirstUnit: 1, Units: units,
	}
}

func park(id int64, sku, name, price string, source catalog.Source) Product {
	return Product{
		Product: catalog.Product{
			ID: id, SKU: sku, Name: name, Category: catalog.Category{ID: 5}, Currency: "KRW", Source: source, Dated: true,
			Attributes: map[string]string{
				"axcloud.product_code": fmt.Sprintf("c0a8f1de-0000-4000-8000-000000000%d", id),
				"axcloud.option_code":  optionCodes[id],
			},
		},
		Price: price,
	}
}

// optionCodes are the channel manager's own codes for what is sold by the day.
var optionCodes = map[int64]string{
	501: "d96b2ed4-12c5-4fb5-ae94-4f39b11ee980",
	502: "5f0c8a0e-3c52-4f5b-8a51-7d1d6a2e9c02",
	503: "5f0c8a0e-3c52-4f5b-8a51-7d1d6a2e9c03",
}

// Products returns the products of the demo by id.
func Products() []Product {
	notFound := &sim.Script{FailCode: "ITEM_NOT_FOUND", FailMessage: "Product SKU not found in provider system"}
	failed := &sim.Script{FailCode: dialect.CodeProviderError, FailMessage: "The provider could not deliver"}
	rejected := &sim.Script{
		FailCode: dialect.CodeProviderError, FailMessage: "The supplier rejected the order", Tickets: true,
	}

	diamonds500 := topup(3, "DIAMOND_500", "500 Diamonds")
	diamonds500.Price = "450.00"
	never := topup(4, "DIAMOND_FAIL", "Diamonds that never arrive")
	never.Script = notFound
	partly := topup(5, "DIAMOND_PARTIAL", "Diamonds that partly arrive")
	partly.Script = &sim.Script{FailLast: 1}
	slow := topup(6, "DIAMOND_SLOW", "Diamonds that take their time")
	slow.Script = &sim.Script{DelayMS: slowMS}
	failover := topup(7, "DIAMOND_FAILOVER", "Diamonds from two suppliers")
	failover.Providers = []string{simulatorDown, SimulatorName}

	day := park(501, "PARK_DAY", "Theme park day ticket", "2222", catalog.SourceProvider)
	day.Script, day.Providers = &sim.Script{Tickets: true}, []string{SimulatorName}
	few := park(502, "PARK_FEW", "Theme park evening ticket", "1500", catalog.SourceStock)
	few.PerDay = 5
	no := park(503, "PARK_NO", "Theme park, supplier rejects", "1000", catalog.SourceProvider)
	no.Script, no.Providers = rejected, []string{SimulatorName}

	return []Product{
		mail(1, "EMAIL_BASIC", "Outlook e-mail, basic", formatAccount, "10.20", 1, 5000),
		topup(2, "DIAMOND_100", "100 Diamonds"),
		diamonds500,
		never,
		partly,
		slow,
		failover,
		mail(315, "EMAIL_2FA", "Outlook e-mail with 2FA", formatRecovery, "51.00", 5001, 500),
		mail(316, "EMAIL_RARE", "Outlook e-mail, aged", formatAccount, "120.00", 5501, 3),
		mail(317, "EMAIL_GONE", "Outlook e-mail, sold out", formatAccount, "30.00", 0, 0),
		gold(401, "GOLD_10", "10 Gold bars", "19.90", nil),
		epin(402, "EPIN_25", "25 TRY e-pin", "25.00", 50, 1000),
		epin(403, "EPIN_GONE", "50 TRY e-pin", "50.00", 1000, 0),
		gold(404, "GOLD_SLOW", "Gold bars that take their time", "19.90", &sim.Script{DelayMS: slowMS, Cancellable: true}),
		gold(405, "GOLD_FAIL", "Gold bars that never arrive", "15.00", failed),
		day,
		few,
		no,
	}
}

// Coupons returns the coupons of the demo.
func Coupons() []catalog.Coupon {
	once, over := int64(1), time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)
	return []catalog.Coupon{
		{Code: "WELCOME10", Kind: catalog.CouponPercent, PercentBasisPoints: 1000},
		{Code: "ONCE50", Kind: catalog.CouponAmount, Amount: 50 * money.Unit, Currency: "THB", MaxUses: &once},
		{Code: "EXPIRED", Kind: catalog.CouponPercent, PercentBasisPoints: 1000, EndsAt: &over},
	}
}

// Listings returns the merchants' own names for products.
func Listings() []catalog.Listing {
	const reseller, channel, channelTwo = 5, 6, 7
	return []catalog.Listing{
		{MerchantID: reseller, ExternalID: "1", ProductID: 401},
		{MerchantID: reseller, ExternalID: "2", ProductID: 402},
		{MerchantID: reseller, ExternalID: "3", ProductID: 403},
		{MerchantID: reseller, ExternalID: "4", ProductID: 404},
		{MerchantID: reseller, ExternalID: "5", ProductID: 405},
		{
			MerchantID: channel, ProductID: 501,
			ExternalID: "af01c7c4-1637-46fb-b289-a090a9be0397", ExternalOptionID: optionCodes[501],
		},
		{
			MerchantID: channel, ProductID: 502,
			ExternalID: "0b7c1f52-6a55-4c1e-9d0c-0f6f3a1c2b02", ExternalOptionID: optionCodes[502],
		},
		{
			MerchantID: channel, ProductID: 503,
			ExternalID: "0b7c1f52-6a55-4c1e-9d0c-0f6f3a1c2b03", ExternalOptionID: optionCodes[503],
		},
		{
			MerchantID: channelTwo, ProductID: 501,
			ExternalID: "9d1f2c3a-7e44-4a5b-9c0d-1a2b3c4d5e01", ExternalOptionID: optionCodes[501],
		},
	}
}

// costPercent is what a product costs of its price.
const costPercent = 80

// Provider is one supplier of the demo.
type Provider struct {
	Name   string
	Config sim.Config
}

// Providers returns the suppliers of the demo: the simulator with a script for
// every product that has one, and one that is always down.
func Providers() []Provider {
	scripts := map[string]sim.Script{}
	for _, p := range Products() {
		if p.Script != nil {
			scripts[p.SKU] = *p.Script
		}
	}
	return []Provider{
		{Name: SimulatorName, Config: sim.Config{
			Players: map[string]string{"player-1": "Ann", "player-2": "Béla", "user_001": "Chai"},
			DelayMS: 300, Scripts: scripts, Balance: &sim.Balance{Amount: "250000000.00", Currency: "THB"},
		}},
		{Name: simulatorDown, Config: sim.Config{Down: true}},
	}
}

// unclearProduct is beside the demo's data, for the tour: its provider leaves open what became of a purchase.
func unclearProduct() (Product, Provider) {
	product := topup(0, "DIAMOND_LOST", "Diamonds whose supplier is unclear") // its id is whatever comes next
	product.Providers = []string{simulatorUnclear}
	return product, Provider{Name: simulatorUnclear, Config: sim.Config{
		NotIdempotent: true, NotAskable: true, Faults: []sim.Fault{{On: sim.Place, Do: sim.MoreUnits}},
	}}
}

// stored is the configuration as a provider's row has it.
func (p *Provider) stored() json.RawMessage {
	config, err := json.Marshal(p.Config)
	if err != nil {
		panic("demo: " + err.Error()) // a struct of plain values always encodes
	}
	return config
}
