package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/dialect/sim"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// A change of nothing, and one to what is there already, leave everything as it
// is: also the time and the version of the last change.
func TestChangesOfNothing(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil)
		for _, r := range resources(h) {
			t.Run(r.name, func(t *testing.T) {
				made := r.update(r.first, nil)
				require.NotNil(t, made)
				assert.Empty(t, diff(made, r.update(made.ProtoReflect().New().Interface(), nil)), "nothing")
				assert.Empty(t, diff(made, r.update(r.first, &fieldmaskpb.FieldMask{Paths: r.fields})), "the same")
				assert.Empty(t, diff(made, r.update(made, nil)), "the answer sent back")
			})
		}
	})
}

// diff is what two answers have differently, as text.
func diff(a, b proto.Message) string {
	if proto.Equal(a, b) {
		return ""
	}
	return a.(interface{ String() string }).String() + "\n" + b.(interface{ String() string }).String()
}

type resource struct {
	name   string
	first  proto.Message
	fields []string
	update func(changes proto.Message, mask *fieldmaskpb.FieldMask) proto.Message
}

func resources(h *services) []resource {
	h.Product("CODE", 10, nil)
	h.Simulated("GOLD", 10, sim.Script{})
	ctx := h.asAdmin()
	must := func(err error) { require.NoError(h.t, err) }
	offers, err := h.admin().ListOffers(ctx, &orderhubv1.ListOffersRequest{})
	must(err)
	offer := offers.GetOffers()[0]
	_, err = h.catalog().CreateCoupon(ctx, &orderhubv1.CreateCouponRequest{Coupon: &orderhubv1.Coupon{
		Code: "TEN", Percent: "10", MaxUses: proto.Int32(5),
	}})
	must(err)
	_, err = h.admin().CreateProvider(ctx, &orderhubv1.CreateProviderRequest{
		Provider: &orderhubv1.Provider{Name: "other", Connector: "sim"},
	})
	must(err)
	settings, err := structpb.NewStruct(map[string]any{"seed": 5, "delayMs": 1})
	must(err)
	return []resource{
		{
			"category", &orderhubv1.Category{Name: "Codes", Description: "d"},
			[]string{"name", "description"},
			func(c proto.Message, mask *fieldmaskpb.FieldMask) proto.Message {
				a, err := h.catalog().UpdateCategory(ctx, &orderhubv1.UpdateCategoryRequest{
					Category: "1", Changes: c.(*orderhubv1.Category), UpdateMask: mask,
				})
				must(err)
				return a.GetCategory()
			},
		},
		{
			"product", &orderhubv1.Product{
				Name: "Code", Attributes: map[string]string{"shop.b": "1", "shop.aa": "2"},
				Fields: []*orderhubv1.ProductField{{
					Id: 1, Identifier: "userid", Title: "Player", Required: true,
					Type: orderhubv1.ProductFieldType_PRODUCT_FIELD_TYPE_TEXT,
				}},
			},
			[]string{"name", "attributes", "fields"},
			func(c proto.Message, mask *fieldmaskpb.FieldMask) proto.Message {
				a, err := h.catalog().UpdateProduct(ctx, &orderhubv1.UpdateProductRequest{
					Product: "CODE", Changes: c.(*orderhubv1.Product), UpdateMask: mask,
				})
				must(err)
				return a.GetProduct()
			},
		},
		{
			"coupon", &orderhubv1.Coupon{
				Products: []string{"CODE"}, EndTime: timestamppb.New(time.Now().Add(time.Hour)), MaxUses: proto.Int32(7),
			},
			[]string{"products", "end_time", "max_uses"},
			func(c proto.Message, mask *fieldmaskpb.FieldMask) proto.Message {
				a, err := h.catalog().UpdateCoupon(ctx, &orderhubv1.UpdateCouponRequest{
					Code: "TEN", Changes: c.(*orderhubv1.Coupon), UpdateMask: mask,
				})
				must(err)
				return a.GetCoupon()
			},
		},
		{
			"offer", &orderhubv1.Offer{Cost: "5.00", Priority: 3},
			[]string{"cost", "priority"},
			func(c proto.Message, mask *fieldmaskpb.FieldMask) proto.Message {
				a, err := h.admin().UpdateOffer(ctx, &orderhubv1.UpdateOfferRequest{
					Offer: offer.GetId(), Changes: c.(*orderhubv1.Offer), UpdateMask: mask,
				})
				must(err)
				return a.GetOffer()
			},
		},
		{
			"provider", &orderhubv1.Provider{
				Settings: settings, Credentials: map[string]string{"apiKey": "k"}, MaxConcurrency: 3,
			},
			[]string{"settings", "credentials", "max_concurrency"},
			func(c proto.Message, mask *fieldmaskpb.FieldMask) proto.Message {
				a, err := h.admin().UpdateProvider(ctx, &orderhubv1.UpdateProviderRequest{
					Provider: "other", Changes: c.(*orderhubv1.Provider), UpdateMask: mask,
				})
				must(err)
				return a.GetProvider()
			},
		},
		{
			"merchant", &orderhubv1.Merchant{
				Email: "Shop@example.com", CreditLimit: "5.00", LowBalance: "-1.00", IpAllowlist: []string{"127.0.0.1", "::1"},
				RateLimit: &orderhubv1.RateLimit{RequestsPerMinute: 600_000, Burst: 5},
				Settings: &orderhubv1.MerchantSettings{
					StoreName: "Shop", BillingAddresses: []*orderhubv1.BillingAddress{{Id: 1, Name: "a"}},
				},
			},
			[]string{"email", "credit_limit", "low_balance", "ip_allowlist", "rate_limit", "settings"},
			func(c proto.Message, mask *fieldmaskpb.FieldMask) proto.Message {
				a, err := h.admin().UpdateMerchant(ctx, &orderhubv1.UpdateMerchantRequest{
					Merchant: "shop", Changes: c.(*orderhubv1.Merchant), UpdateMask: mask,
				})
				must(err)
				return a.GetMerchant()
			},
		},
	}
}
