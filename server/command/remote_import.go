package command

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
	"orderhub/server/catalog"
	"orderhub/server/contract"
)

// A hub names each refused line of a call up to so many, and takes as many bytes: calls
// keep to both, so that every line of a file is accounted for.
const (
	remotePartLines = 1000
	remotePartBytes = 8 << 20
)

// productOf reads a product of a hub elsewhere.
func productOf(ctx context.Context, hub *client, key string) (catalog.Product, error) {
	answer, err := hub.catalog.GetProduct(ctx, &orderhubv1.GetProductRequest{Product: key})
	if err != nil {
		return catalog.Product{}, err
	}
	return api.ReadProduct(answer.GetProduct())
}

// remoteUnits is the stock of a hub elsewhere. It implements catalog.ImportStore.
type remoteUnits struct {
	api     *client
	sku     string
	force   bool
	imports []int // that the hub made
}

// BeginImport leaves it to the hub, which begins an import with each call.
func (u *remoteUnits) BeginImport(_ context.Context, productID int64, name string) (catalog.UnitImport, error) {
	return catalog.UnitImport{ProductID: productID, Name: name}, nil
}

// AddUnits implements catalog.ImportStore.
func (u *remoteUnits) AddUnits(
	ctx context.Context, imp *catalog.UnitImport, units []catalog.NewUnit, progress func(done int),
) (repeated []int, err error) {
	for done := 0; done < len(units); {
		part := firstUnits(units[done:])
		answer, err := u.send(ctx, part, imp.Name, false)
		if err != nil {
			return repeated, err
		}
		if answer.GetUnitImport() != 0 {
			u.imports = append(u.imports, int(answer.GetUnitImport()))
		}
		imp.Imported += int(answer.GetImportedCount())
		imp.Refused += int(answer.GetRefusedCount())
		lines, err := repeats(part, answer)
		if repeated = append(repeated, lines...); err != nil {
			return repeated, err
		}
		if done += len(part); progress != nil {
			progress(done)
		}
	}
	return repeated, nil
}

// KnownUnits implements catalog.ImportStore.
func (u *remoteUnits) KnownUnits(ctx context.Context, _ int64, units []catalog.NewUnit) ([]bool, error) {
	known := make([]bool, 0, len(units))
	for len(known) < len(units) {
		part := firstUnits(units[len(known):])
		answer, err := u.send(ctx, part, "", true)
		if err != nil {
			return nil, err
		}
		lines, err := repeats(part, answer)
		if err != nil {
			return nil, err
		}
		for _, unit := range part {
			if len(lines) > 0 && lines[0] == unit.Line {
				known, lines = append(known, true), lines[1:]
				continue
			}
			known = append(known, false)
		}
	}
	return known, nil
}

func (u *remoteUnits) send(ctx context.Context, units []catalog.NewUnit, name string, dryRun bool) (
	*orderhubv1.ImportUnitsResponse, error,
) {
	request := &orderhubv1.ImportUnitsRequest{Product: u.sku, ImportName: name, DryRun: dryRun, Force: u.force}
	for i, unit := range units {
		request.Contents = append(request.Contents, unit.Content.Text)
		if unit.ExpiresAt != nil {
			request.Expiries = append(request.Expiries, &orderhubv1.UnitExpiry{
				Line: int32(i + 1), ExpireTime: timestamppb.New(*unit.ExpiresAt),
			})
		}
	}
	return u.api.catalog.ImportUnits(ctx, request)
}

// firstUnits are as many as go into one call, one at least.
func firstUnits(units []catalog.NewUnit) []catalog.NewUnit {
	size := 0
	for i := range units {
		if size += len(units[i].Content.Text); i > 0 && (i == remotePartLines || size > remotePartBytes) {
			return units[:i]
		}
	}
	return units
}

// repeats are the lines of the file that the hub refused because it has them.
func repeats(part []catalog.NewUnit, answer *orderhubv1.ImportUnitsResponse) (lines []int, err error) {
	for _, refused := range answer.GetRefused() {
		at := int(refused.GetLine()) - 1
		if at < 0 || at >= len(part) {
			return lines, fmt.Errorf("the hub refused line %d of %d", at+1, len(part))
		}
		if refused.GetReason() != orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_DUPLICATE {
			return lines, fmt.Errorf("line %d: the hub refused it as %q", part[at].Line, word(refused.GetReason()))
		}
		lines = append(lines, part[at].Line)
	}
	return lines, nil
}

// remoteProducts is the catalogue of a hub elsewhere.
type remoteProducts struct{ api *client }

// newRemoteImport reads what there is at a hub elsewhere.
func newRemoteImport(ctx context.Context, hub *client, createCategories bool) (*productImport, error) {
	i := &productImport{
		service: remoteProducts{hub}, createCategories: createCategories,
		products: make(map[string]catalog.Product), categories: make(map[string]catalog.Category),
	}
	all := contract.Each(ctx, hub.catalog.ListProducts, &orderhubv1.ListProductsRequest{},
		(*orderhubv1.ListProductsResponse).GetProducts, 0)
	for listed, err := range all {
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

// ImportProduct implements products.
func (r remoteProducts) ImportProduct(ctx context.Context, p catalog.Product) (catalog.Product, error) {
	message := api.ProductMessage(&p)
	if p.ID == 0 {
		answer, err := r.api.catalog.CreateProduct(ctx, &orderhubv1.CreateProductRequest{Product: message})
		if err != nil {
			return p, err
		}
		return api.ReadProduct(answer.GetProduct())
	}
	answer, err := r.api.catalog.UpdateProduct(ctx, &orderhubv1.UpdateProductRequest{
		Product: fmt.Sprint(p.ID), Changes: message, UpdateMask: &fieldmaskpb.FieldMask{Paths: api.ProductFields()},
	})
	if err != nil {
		return p, err
	}
	return api.ReadProduct(answer.GetProduct())
}

// CreateCategory implements products.
func (r remoteProducts) CreateCategory(ctx context.Context, c catalog.Category) (catalog.Category, error) {
	answer, err := r.api.catalog.CreateCategory(ctx, &orderhubv1.CreateCategoryRequest{
		Category: &orderhubv1.Category{Slug: c.Slug, Name: c.Name, Description: c.Description},
	})
	made := answer.GetCategory()
	return catalog.Category{ID: made.GetId(), Slug: made.GetSlug(), Name: made.GetName()}, err
}
