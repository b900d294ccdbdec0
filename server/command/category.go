package command

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type categoryListCommand struct {
	listFlags
}

func (*categoryListCommand) Help() string {
	return `Example:

    orderhub category list`
}

func (c *categoryListCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.catalog.ListCategories, &orderhubv1.ListCategoriesRequest{},
		(*orderhubv1.ListCategoriesResponse).GetCategories, 0,
	)
	return showList(ctx, std, c, found, categoryCells, "ID", "SLUG", "PRODUCTS", "NAME")
}

func categoryCells(c *orderhubv1.Category) []string {
	return []string{fmt.Sprint(c.GetId()), c.GetSlug(), fmt.Sprint(c.GetProductCount()), c.GetName()}
}

type categoryCreateCommand struct {
	callFlags
	Slug        string `arg:"" help:"Its name in addresses and filters: lower-case letters, digits or . _ -."`
	Name        string `arg:"" help:"Its name for people."`
	Description string `placeholder:"TEXT" help:"More about it."`
}

func (*categoryCreateCommand) Help() string {
	return `Example:

    orderhub category create topups "Game top-ups"`
}

func (c *categoryCreateCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.catalog.CreateCategory(ctx, &orderhubv1.CreateCategoryRequest{
		Category: &orderhubv1.Category{Slug: c.Slug, Name: c.Name, Description: c.Description},
	})
	if err != nil {
		return err
	}
	return c.say(
		std, asMessage(answer.GetCategory()), "Created category %s with id %d.\n", answer.GetCategory().GetSlug(),
		answer.GetCategory().GetId(),
	)
}

type categorySetCommand struct {
	callFlags
	Slug        string  `arg:"" name:"category" help:"Slug or id of the category."`
	Name        *string `placeholder:"TEXT" help:"Its name for people."`
	Description *string `placeholder:"TEXT" help:"More about it."`
}

func (*categorySetCommand) Help() string {
	return `What is not named stays as it is. A slug is fixed.

Example:

    orderhub category set topups --name "Top-ups"`
}

func (c *categorySetCommand) Run(ctx context.Context, std *Streams) error {
	changes, mask := &orderhubv1.Category{}, &fieldmaskpb.FieldMask{}
	take(mask, "name", c.Name, &changes.Name)
	take(mask, "description", c.Description, &changes.Description)
	if len(mask.Paths) == 0 {
		return errNothingToChange
	}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.catalog.UpdateCategory(
			ctx, &orderhubv1.UpdateCategoryRequest{Category: c.Slug, Changes: changes, UpdateMask: mask},
		)
		if err != nil {
			return err
		}
		return c.say(std, asMessage(answer.GetCategory()), "Changed category %s: %s.\n", answer.GetCategory().GetSlug(),
			answer.GetCategory().GetName())
	})
}
