package console

import (
	"net/http"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

func categoriesPage() page {
	return page{
		pattern: "/catalogue/categories", file: "categories",
		needs: orderhubv1.CatalogService_ListCategories_FullMethodName,
		show: func(r *request) (any, error) {
			return r.catalog.ListCategories(r.Context(), &orderhubv1.ListCategoriesRequest{
				PageSize: listSize, PageToken: r.URL.Query().Get("page"),
			})
		},
		acts: map[string]act{
			"create": {needs: orderhubv1.CatalogService_CreateCategory_FullMethodName, do: createCategory},
		},
	}
}

func categoryPage() page {
	needs := orderhubv1.CatalogService_UpdateCategory_FullMethodName
	return page{
		pattern: "/catalogue/categories/{category}", file: "category", needs: needs, show: showCategory,
		acts: map[string]act{"change": {needs: needs, do: changeCategory}},
	}
}

func createCategory(r *request) (done, error) {
	answer, err := r.catalog.CreateCategory(r.Context(), &orderhubv1.CreateCategoryRequest{Category: &orderhubv1.Category{
		Slug: formLine(r, "slug"), Name: formLine(r, "name"), Description: formText(r, "description"),
	}})
	return done{say: "There is a category " + answer.GetCategory().GetSlug() + " now."}, err
}

func showCategory(r *request) (any, error) {
	for c, err := range allCategories(r) {
		if err != nil {
			return nil, err
		}
		if c.GetSlug() == r.PathValue("category") {
			return c, nil
		}
	}
	return nil, notFound()
}

// changeCategory changes what the form shows. One that somebody else has changed since is not changed.
func changeCategory(r *request) (done, error) {
	found, err := showCategory(r)
	if err != nil {
		return done{}, err
	}
	current := found.(*orderhubv1.Category)
	if r.PostForm.Get("seen") != seenAt(current.GetUpdateTime()) {
		return done{}, changedMeanwhile()
	}
	_, err = r.catalog.UpdateCategory(r.Context(), &orderhubv1.UpdateCategoryRequest{
		Category:   current.GetSlug(),
		Changes:    &orderhubv1.Category{Name: formLine(r, "name"), Description: formText(r, "description")},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"name", "description"}},
	})
	return done{to: "/catalogue/categories", say: "The category " + current.GetSlug() + " is changed."}, err
}

// changedMeanwhile is why a form is not taken over that was made from something older.
func changedMeanwhile() *problem {
	return &problem{
		Status: http.StatusConflict, Text: "Somebody else has changed it meanwhile. Open it anew to start from there.",
	}
}
