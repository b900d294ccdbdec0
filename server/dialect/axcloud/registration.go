package axcloud

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/door"
)

// registerProduct serves "map channel options to AX options".
func (d *Door) registerProduct(c *call) error {
	body, err := c.body()
	if err != nil {
		return err
	}
	p, err := d.product(c)
	if err != nil {
		return err
	}
	// The channel's own names are not kept: nothing here asks for them.
	if _, err := readRegistration(body, p); err != nil {
		return err
	}
	code, err := d.register(c.r.Context(), &c.channel, p)
	if err != nil {
		return err
	}
	door.WriteJSON(
		c.w, http.StatusCreated,
		answer[registration]{StatusCode: http.StatusCreated, Data: registration{MappingDataCode: code}},
	)
	return nil
}

// readRegistration reads the body for a product, all of whose options must be
// named, each differently.
func readRegistration(body door.Value, p *product) (*registrationRequest, error) {
	r := &registrationRequest{}
	err := readObject(body, func(o *object) {
		if v, ok := o.Required("mapping_data"); ok {
			r.MappingData = o.texts("mapping_data", v, true)
			if o.wrong["mapping_data"] == nil {
				o.checkMapping("mapping_data", r.MappingData, p)
			}
		}
		r.ChannelProductName = o.text("channel_product_name")
		r.ChannelProductLink = o.link("channel_product_link")
		r.ChannelProductID = o.text("channel_product_id")
	})
	return r, err
}

func (o *object) checkMapping(field string, mapping map[string]string, p *product) {
	wrong := o.inner(door.Value{})
	named, names := make(map[string]bool, len(mapping)), make(map[string]bool, len(mapping))
	for code, optionName := range mapping {
		if names[optionName] {
			wrong.fail(code, textNotUnique)
		}
		named[strings.ToLower(code)], names[optionName] = true, true
		if !p.has(code) {
			wrong.fail(code, textNotOption)
		}
	}
	for _, option := range p.options {
		if code := optionCode(option); !named[code] {
			wrong.fail(code, textRequired)
		}
	}
	if len(wrong.wrong) > 0 {
		o.wrong[field] = wrong.wrong
	}
}

func (p *product) has(code string) bool {
	return slices.ContainsFunc(p.options, func(o *catalog.Product) bool { return strings.EqualFold(optionCode(o), code) })
}

// register lists every option of the product for the channel under one code, the
// one it has where it has one.
func (d *Door) register(ctx context.Context, channel *account.Principal, p *product) (string, error) {
	if err := d.hub.Catalog.Refresh(ctx); err != nil {
		return "", err
	}
	// Derived, so that two registrations at once agree on it.
	code := codeOf("mapping", channel.MerchantID, p.code)
	snapshot := d.hub.Catalog.Snapshot()
	for _, option := range p.options {
		listing := snapshot.ListingFor(channel.MerchantID, option.ID)
		if listing != nil && strings.EqualFold(listing.ExternalOptionID, optionCode(option)) {
			code = listing.ExternalID
			break
		}
	}
	for _, option := range p.options {
		if snapshot.Listing(channel.MerchantID, code, optionCode(option)) != nil {
			continue
		}
		_, err := d.hub.Catalog.CreateListing(ctx, catalog.Listing{
			MerchantID: channel.MerchantID, ProductID: option.ID, ExternalID: code, ExternalOptionID: optionCode(option),
		})
		var present *catalog.AlreadyExistsError
		if err != nil && !errors.As(err, &present) {
			return "", err
		}
	}
	return code, d.hub.Catalog.Refresh(ctx) // the channel may order at once
}
