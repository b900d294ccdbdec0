package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

// productFields are those that the form has, as the contract names them.
var productFields = []string{
	"name", "slug", "description", "category", "price", "currency", "status", "source", "format", "min_quantity",
	"max_quantity", "dated", "fulfil_within", "attributes", "fields", "expiry_margin", "low_stock",
	"max_loss_basis_points", "loss_policy", "recipient_check_within",
}

// productForm is a product as a form has it.
type productForm struct {
	*orderhubv1.Product

	Categories []choice
	Asked      string // its fields, as JSON
	Known      string // its attributes, one on a line
	Within     string // how long it may take
	Margin     string // how long before they expire units are not sold
	Checked    string // how old a check of the recipient may be
}

func newProductForm(r *request, p *orderhubv1.Product) (*productForm, error) {
	categories, err := categoryChoices(r)
	if err != nil {
		return nil, err
	}
	f := &productForm{
		Product: p, Categories: categories, Within: durationOf(p.GetFulfilWithin()),
		Margin: durationOf(p.GetExpiryMargin()), Checked: durationOf(p.GetRecipientCheckWithin()),
	}
	for key, value := range p.GetAttributes() {
		f.Known += key + "=" + value + "\n"
	}
	f.Known = strings.Join(slices.Sorted(strings.Lines(f.Known)), "")
	f.Asked, err = fieldsText(p.GetFields())
	return f, err
}

// fieldsText is what a product asks of its customers as a list in JSON, "" for nothing.
func fieldsText(fields []*orderhubv1.ProductField) (string, error) {
	if len(fields) == 0 {
		return "", nil
	}
	all := make([]json.RawMessage, len(fields))
	for i, f := range fields {
		text, err := protojson.Marshal(f)
		if err != nil {
			return "", err
		}
		all[i] = text
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(all)
	return strings.TrimSpace(out.String()), err
}

func readFields(text string) ([]*orderhubv1.ProductField, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var all []json.RawMessage
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return nil, &fieldError{"fields", `This is not a list in JSON such as [{"identifier": "player_id"}].`}
	}
	fields := make([]*orderhubv1.ProductField, len(all))
	for i, one := range all {
		fields[i] = &orderhubv1.ProductField{}
		if err := protojson.Unmarshal(one, fields[i]); err != nil {
			return nil, &fieldError{"fields", "One of these has something that no field has; see the contract's ProductField."}
		}
	}
	return fields, nil
}

// readPairs reads a field that has a name and a value on each line.
func readPairs(r *request, field string) (map[string]string, error) {
	all := make(map[string]string)
	for _, line := range lines(r.PostForm.Get(field)) {
		key, value, found := strings.Cut(line, "=")
		if key = strings.TrimSpace(key); !found || key == "" {
			return nil, &fieldError{field, "Each line is a name, =, and a value."}
		}
		if _, twice := all[key]; twice {
			return nil, &fieldError{field, "The name " + key + " is there twice."}
		}
		all[key] = strings.TrimSpace(value)
	}
	return all, nil
}

// formDuration is nil for an empty field.
func formDuration(r *request, name string) (*durationpb.Duration, error) {
	text := formLine(r, name)
	if text == "" {
		return nil, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return nil, &fieldError{name, "This is not a time such as 30m or 48h."}
	}
	if d == 0 {
		return nil, nil
	}
	return durationpb.New(d), nil
}

// readProduct is what a form says of a product.
func readProduct(r *request) (*orderhubv1.Product, error) {
	p := &orderhubv1.Product{
		Name: formLine(r, "name"), Slug: formLine(r, "slug"), Description: formText(r, "description"),
		Price: formAmount(r, "price"), Currency: strings.ToUpper(formLine(r, "currency")), Format: formLine(r, "format"),
		Category: &orderhubv1.ProductCategory{Slug: r.PostForm.Get("category")}, Dated: r.PostForm.Get("dated") != "",
		Status: contract.ValueOf[orderhubv1.CatalogStatus](r.PostForm.Get("status")),
		Source: contract.ValueOf[orderhubv1.ProductSource](r.PostForm.Get("source")),
	}
	var err error
	if p.MinQuantity, err = formNumber(r, "minQuantity"); err != nil {
		return nil, err
	}
	if p.MaxQuantity, err = formNumber(r, "maxQuantity"); err != nil {
		return nil, err
	}
	low, err := formNumber(r, "lowStock")
	if err != nil {
		return nil, err
	}
	if low != 0 {
		p.LowStock = &low
	}
	if p.ExpiryMargin, err = formDuration(r, "expiryMargin"); err != nil {
		return nil, err
	}
	if p.FulfilWithin, err = formDuration(r, "fulfilWithin"); err != nil {
		return nil, err
	}
	if p.RecipientCheckWithin, err = formDuration(r, "recipientCheckWithin"); err != nil {
		return nil, err
	}
	if p.MaxLossBasisPoints, err = formNumber(r, "maxLossBasisPoints"); err != nil {
		return nil, err
	}
	p.LossPolicy = cmp.Or(
		contract.ValueOf[orderhubv1.LossPolicy](r.PostForm.Get("lossPolicy")), orderhubv1.LossPolicy_LOSS_POLICY_FAIL,
	)
	if p.Attributes, err = readPairs(r, "attributes"); err != nil {
		return nil, err
	}
	p.Fields, err = readFields(r.PostForm.Get("fields"))
	return p, err
}

func newProductPage() page {
	return page{
		pattern: "/catalogue/new", file: "product-new", needs: orderhubv1.CatalogService_CreateProduct_FullMethodName,
		show: func(r *request) (any, error) { return newProductForm(r, &orderhubv1.Product{}) },
		acts: map[string]act{
			"create": {needs: orderhubv1.CatalogService_CreateProduct_FullMethodName, do: createProduct},
		},
	}
}

func createProduct(r *request) (done, error) {
	p, err := readProduct(r)
	if err != nil {
		return done{}, err
	}
	p.Sku = formLine(r, "sku")
	answer, err := r.catalog.CreateProduct(r.Context(), &orderhubv1.CreateProductRequest{Product: p})
	sku := answer.GetProduct().GetSku()
	return done{to: productPath(sku), say: sku + " is in the catalogue."}, err
}

// changeProduct takes over what differs from how the product is, if that is still as the form had it: the contract
// refuses it otherwise, and nobody's change is lost.
func changeProduct(r *request) (done, error) {
	wanted, err := readProduct(r)
	if err != nil {
		return done{}, err
	}
	if wanted.Version, err = formID(r, "version"); err != nil {
		return done{}, err
	}
	found, err := r.catalog.GetProduct(r.Context(), &orderhubv1.GetProductRequest{Product: r.PathValue("product")})
	if err != nil {
		return done{}, err
	}
	current := found.GetProduct()
	if wanted.GetCategory().GetSlug() == current.GetCategory().GetSlug() {
		wanted.Category = current.GetCategory()
	}
	paths := differing(wanted, current, productFields)
	if len(paths) == 0 {
		return done{say: "Nothing was changed."}, nil
	}
	_, err = r.catalog.UpdateProduct(r.Context(), &orderhubv1.UpdateProductRequest{
		Product: current.GetSku(), Changes: wanted, UpdateMask: &fieldmaskpb.FieldMask{Paths: append(paths, "version")},
	})
	return done{say: "Changed: " + strings.ReplaceAll(strings.Join(paths, ", "), "_", " ") + "."}, err
}
