package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
	"orderhub/server/catalog"
	"orderhub/server/catalog/importfile"
	"orderhub/server/contract"
	"orderhub/server/errs"
	"orderhub/server/money"
)

type productImportCommand struct {
	callFlags
	File             string `arg:"" help:"CSV with a header, or JSON objects; - reads standard input."`
	CreateCategories bool   `help:"Create categories that do not exist yet, named as their slug."`
}

// Help explains the command with examples.
func (*productImportCommand) Help() string {
	return `Products are found by their SKU: one that exists is changed in the columns that the file has, any other is
created. Columns of CSV, and keys of JSON, are sku, name, category (its slug), price, currency, source (stock or
provider), format, description, slug, min_quantity, max_quantity, dated, fields (a JSON array), attributes (a JSON
object such as {"axcloud.product_code":"P1"}), fulfil_within (seconds), expiry_margin (seconds before they expire
that units are not sold any more), low_stock (operators are told when fewer units are left), max_loss_basis_points
(hundredths of a percent of the cost), loss_policy (fail or wait), recipient_check_within (how old a check of the
recipient may be, in seconds, or 0) and status (active or archived). A row that cannot be used is refused with its line
number and the others are imported; the exit code is then 1. A hub that is running sells what was imported within about
a second.

    sku,name,category,price,currency,source,format
    EMAIL_NEW,"Outlook e-mail, new",hotmail-outlook,12.50,THB,stock,user|pass

Examples:

    orderhub product import products.csv
    orderhub product import --create-categories products.json
    curl -s https://example.com/products.json | orderhub product import -`
}

// Run imports the file.
func (c *productImportCommand) Run(ctx context.Context, std *Streams) error {
	return c.withAPI(ctx, std, access{key: keySeals}, func(hub *client) error {
		i, err := newProductImport(ctx, hub, c.CreateCategories)
		if err != nil {
			return err
		}
		return c.importWith(ctx, std, i)
	})
}

func (c *productImportCommand) importWith(ctx context.Context, std *Streams, i *productImport) error {
	file, err := openInput(c.File, std)
	if err != nil {
		return err
	}
	defer file.Close()
	shown := newProgress(std, file, "product", "products")
	err = i.read(ctx, std, shown)
	shown.end()
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(std.Out, i.report)
	} else {
		_, err = fmt.Fprintf(std.Out, "%s created, %s changed, %s unchanged, %s refused.\n", grouped(i.report.Created),
			grouped(i.report.Changed), grouped(i.report.Unchanged), grouped(i.report.Refused))
	}
	if err == nil && i.report.Refused > 0 {
		return errReported
	}
	return err
}

// productImport is an import under way.
type productImport struct {
	api              *client
	createCategories bool
	products         map[string]catalog.Product  // by SKU, as the file has left them so far
	categories       map[string]catalog.Category // by slug
	report           productReport
}

// productReport is the result as --json prints it.
type productReport struct {
	Created   int           `json:"created"`
	Changed   int           `json:"changed"`
	Unchanged int           `json:"unchanged"`
	Refused   int           `json:"refused"`
	Problems  []lineProblem `json:"problems,omitempty"`
}

// lineProblem says why a line was refused, never what it contains.
type lineProblem struct {
	Line    int    `json:"line"`
	Message string `json:"message"`
}

// newProductImport reads what there is.
func newProductImport(ctx context.Context, hub *client, createCategories bool) (*productImport, error) {
	i := &productImport{
		api: hub, createCategories: createCategories,
		products: make(map[string]catalog.Product), categories: make(map[string]catalog.Category),
	}
	products := contract.Each(ctx, hub.catalog.ListProducts, &orderhubv1.ListProductsRequest{ShowArchived: true},
		(*orderhubv1.ListProductsResponse).GetProducts, 0)
	for listed, err := range products {
		if err != nil {
			return nil, err
		}
		p, err := api.ReadProduct(listed)
		if err != nil {
			return nil, err
		}
		i.products[p.SKU] = p
	}
	categories := contract.Each(ctx, hub.catalog.ListCategories, &orderhubv1.ListCategoriesRequest{},
		(*orderhubv1.ListCategoriesResponse).GetCategories, 0)
	for c, err := range categories {
		if err != nil {
			return nil, err
		}
		i.categories[c.GetSlug()] = catalog.Category{ID: c.GetId(), Slug: c.GetSlug(), Name: c.GetName()}
	}
	return i, nil
}

// read imports row by row. Rows that are refused are told at once; an error
// means that the rest of the file was not read.
func (i *productImport) read(ctx context.Context, std *Streams, file *progress) error {
	done := 0
	for row, err := range importfile.Products(file) {
		done++
		file.show(done)
		line := row.Line
		if err == nil {
			err = i.upsert(ctx, &row)
		}
		if err == nil {
			continue
		}
		problem, bad := problemOf(line, err)
		if !bad {
			return fmt.Errorf("line %d: %w", line, err)
		}
		i.report.Refused++
		i.report.Problems = append(i.report.Problems, problem)
		fmt.Fprintf(std.Err, "refused: line %d: %s\n", problem.Line, problem.Message)
	}
	return nil
}

// problemOf says what is wrong with one line; not bad are errors after which it
// makes no sense to go on.
func problemOf(line int, err error) (problem lineProblem, bad bool) {
	var form *importfile.LineError
	if errors.As(err, &form) {
		if form.Column == "" {
			return lineProblem{form.Line, form.Reason}, true
		}
		return lineProblem{form.Line, fmt.Sprintf("column %q %s", form.Column, form.Reason)}, true
	}
	var invalid *errs.InvalidError
	if errors.As(err, &invalid) {
		return lineProblem{line, inFile.Replace(strings.TrimPrefix(invalid.Error(), "invalid input: "))}, true
	}
	return lineProblem{line, err.Error()}, refusesRow(err)
}

// inFile has the keys of a product's fields as files write them.
var inFile = strings.NewReplacer("min_length", "minLength", "max_length", "maxLength")

// refusesRow tells errors about one product from those after which it makes no
// sense to go on.
func refusesRow(err error) bool {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.ofRequest()
	}
	_, unknown := errors.AsType[*unknownCategoryError](err)
	return unknown
}

func (i *productImport) upsert(ctx context.Context, row *importfile.ProductRow) error {
	before, exists := i.products[row.SKU]
	product := before
	product.SKU = row.SKU
	if err := i.apply(row, &product); err != nil {
		return err
	}
	categorized := row.Has("category") || !exists
	if categorized && !i.knows(row.Category) {
		return &unknownCategoryError{row.Category}
	}
	err := product.Normalize()
	if err == nil && categorized {
		product.Category, err = i.category(ctx, row.Category)
	}
	if err != nil {
		return err
	}
	if exists && reflect.DeepEqual(product, before) {
		i.report.Unchanged++
		return nil
	}
	if product, err = i.write(ctx, &product); err != nil {
		return err
	}
	if exists {
		i.report.Changed++
	} else {
		i.report.Created++
	}
	i.products[product.SKU] = product
	return nil
}

// write creates a product, or changes one with an id.
func (i *productImport) write(ctx context.Context, p *catalog.Product) (catalog.Product, error) {
	message := api.ProductMessage(p)
	if p.ID == 0 {
		answer, err := i.api.catalog.CreateProduct(ctx, &orderhubv1.CreateProductRequest{Product: message})
		if err != nil {
			return catalog.Product{}, err
		}
		return api.ReadProduct(answer.GetProduct())
	}
	answer, err := i.api.catalog.UpdateProduct(ctx, &orderhubv1.UpdateProductRequest{
		Product: fmt.Sprint(p.ID), Changes: message, UpdateMask: &fieldmaskpb.FieldMask{Paths: api.ProductFields()},
	})
	if err != nil {
		return catalog.Product{}, err
	}
	return api.ReadProduct(answer.GetProduct())
}

// apply puts the columns that the file has into p.
func (i *productImport) apply(row *importfile.ProductRow, p *catalog.Product) error {
	set(row, "name", &p.Name, row.Name)
	set(row, "source", &p.Source, catalog.Source(row.Source))
	set(row, "format", &p.Format, row.Format)
	set(row, "description", &p.Description, row.Description)
	set(row, "slug", &p.Slug, row.Slug)
	set(row, "min_quantity", &p.MinQuantity, row.MinQuantity)
	set(row, "max_quantity", &p.MaxQuantity, row.MaxQuantity)
	set(row, "dated", &p.Dated, row.Dated)
	set(row, "attributes", &p.Attributes, row.Attributes)
	set(row, "fulfil_within", &p.FulfilWithin, row.FulfilWithin)
	set(row, "expiry_margin", &p.ExpiryMargin, row.ExpiryMargin)
	set(row, "low_stock", &p.LowStock, row.LowStock)
	set(row, "max_loss_basis_points", &p.MaxLoss, int(min(row.MaxLoss, math.MaxInt32)))
	set(row, "recipient_check_within", &p.RecipientCheckWithin, row.RecipientCheckWithin)
	if row.LossPolicy != "" { // as with the status
		p.LossPolicy = catalog.LossPolicy(row.LossPolicy)
	}
	if row.Status != "" { // nothing is no status, and leaves what there is
		p.Status = catalog.Status(row.Status)
	}
	set(row, "currency", &p.Currency, money.Currency(row.Currency))
	if _, err := money.ParseCurrency(string(p.Currency)); err != nil {
		return errs.Invalid("currency", "must be an ISO 4217 code")
	}
	if row.Has("price") {
		price, err := money.Parse(row.Price, p.Currency)
		if err != nil {
			return errs.Invalid("price", "cannot be used: %v", err)
		}
		p.Price = price
	}
	if row.Has("fields") {
		p.Fields = nil
		if err := decodeFields(row.Fields, &p.Fields); err != nil {
			return err
		}
	}
	return nil
}

func set[T any](row *importfile.ProductRow, column string, to *T, value T) {
	if row.Has(column) {
		*to = value
	}
}

func decodeFields(text json.RawMessage, fields *[]catalog.Field) error {
	if len(text) == 0 {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(fields); err != nil {
		return errs.Invalid(
			"fields", "must be objects with id, identifier, title, type, required, minLength, maxLength, options",
		)
	}
	return nil
}

// unknownCategoryError says that a row names no category there is.
type unknownCategoryError struct{ slug string }

func (e *unknownCategoryError) Error() string {
	if e.slug == "" {
		return "category is missing"
	}
	return fmt.Sprintf("there is no category %q; --create-categories makes it", e.slug)
}

// knows reports whether there is such a category, or may be.
func (i *productImport) knows(slug string) bool {
	_, exists := i.categories[slug]
	return exists || i.createCategories && slug != ""
}

// category finds the one of a row, or makes it for a row that is good otherwise.
func (i *productImport) category(ctx context.Context, slug string) (catalog.Category, error) {
	category, exists := i.categories[slug]
	if exists {
		return category, nil
	}
	answer, err := i.api.catalog.CreateCategory(
		ctx, &orderhubv1.CreateCategoryRequest{Category: &orderhubv1.Category{Slug: slug, Name: slug}},
	)
	if err != nil {
		return category, fmt.Errorf("category: %w", err)
	}
	made := answer.GetCategory()
	category = catalog.Category{ID: made.GetId(), Slug: made.GetSlug(), Name: made.GetName()}
	i.categories[slug] = category
	return category, nil
}
