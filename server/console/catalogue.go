package console

import (
	"iter"
	"net/url"
	"strconv"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func cataloguePage() page {
	return page{
		pattern: "/catalogue", file: "catalogue", group: "Supply", menu: "Catalogue",
		needs: orderhubv1.CatalogService_ListProducts_FullMethodName, show: showCatalogue,
	}
}

type productList struct {
	Products   []*orderhubv1.Product
	Next       string
	Categories []choice
	Filtered   bool
}

func showCatalogue(r *request) (any, error) {
	query := r.URL.Query()
	filter := &orderhubv1.ListProductsRequest{
		PageSize: listSize, PageToken: query.Get("page"), Query: query.Get("query"), Category: query.Get("category"),
		MinPrice: plainAmount(query.Get("minPrice")), MaxPrice: plainAmount(query.Get("maxPrice")),
		Merchant:     query.Get("merchant"),
		ShowArchived: query.Get("showArchived") != "",
	}
	categories, err := categoryChoices(r)
	if err != nil {
		return nil, err
	}
	query.Del("page")
	list := productList{Filtered: len(query) > 0, Categories: append([]choice{{Label: "any"}}, categories...)}
	if text := query.Get("minStock"); text != "" {
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return list, r.wrongFilter(&fieldError{"minStock", "This is not a whole number."})
		}
		filter.MinStock = int32(n)
	}
	answer, err := r.catalog.ListProducts(r.Context(), filter)
	list.Products, list.Next = answer.GetProducts(), answer.GetNextPageToken()
	return list, r.wrongFilter(err)
}

// categoryChoices are the categories to choose from, by their slugs.
func categoryChoices(r *request) (all []choice, err error) {
	for c, err := range allCategories(r) {
		if err != nil {
			return nil, err
		}
		all = append(all, choice{Value: c.GetSlug(), Label: c.GetName() + " (" + c.GetSlug() + ")"})
	}
	return all, nil
}

func allCategories(r *request) iter.Seq2[*orderhubv1.Category, error] {
	return contract.Each(
		r.Context(), r.catalog.ListCategories, &orderhubv1.ListCategoriesRequest{},
		(*orderhubv1.ListCategoriesResponse).GetCategories, 0,
	)
}

func productPath(sku string) string { return "/catalogue/products/" + url.PathEscape(sku) }
