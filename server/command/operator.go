package command

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type operatorCreateCommand struct {
	callFlags
	Name  string   `arg:"" help:"Name: a lower-case letter, then lower-case letters, digits or . _ -. It is never changed."`
	Login string   `placeholder:"LOGIN" help:"What the OpenID provider by which the operator signs in calls it, such as an e-mail address."`
	Role  []string `required:"" enum:"viewer,support,catalogue,finance,admin" placeholder:"ROLE" help:"What the operator may do: viewer, support, catalogue, finance or admin; several with commas."`
}

func (*operatorCreateCommand) Help() string {
	return `An operator is a person. What each role may do is in docs/operators.md.

Examples:

    orderhub operator create ada --role admin
    orderhub operator create grace --role support,catalogue`
}

func (c *operatorCreateCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.operators.CreateOperator(ctx, &orderhubv1.CreateOperatorRequest{
		Operator: &orderhubv1.Operator{Name: c.Name, Roles: valuesOf[orderhubv1.OperatorRole](c.Role), Login: c.Login},
	})
	if err != nil {
		return err
	}
	o := answer.GetOperator()
	return c.say(std, asMessage(o),
		"Created operator %s with id %d.\nGive it a key with: orderhub operator key create %[1]s\n"+
			"Let it sign in with: orderhub operator invite %[1]s\n",
		o.GetName(), o.GetId())
}

type operatorListCommand struct {
	listFlags
}

func (*operatorListCommand) Help() string {
	return `Example:

    orderhub operator list`
}

func (c *operatorListCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.operators.ListOperators, &orderhubv1.ListOperatorsRequest{},
		(*orderhubv1.ListOperatorsResponse).GetOperators, 0,
	)
	return showList(ctx, std, c, found, operatorCells, "ID", "NAME", "ROLES", "STATUS", "CREATED")
}

func operatorCells(o *orderhubv1.Operator) []string {
	return []string{
		fmt.Sprint(o.GetId()), o.GetName(), roleWords(o), word(o.GetStatus()), shownTime(o.GetCreateTime()),
	}
}

func roleWords(o *orderhubv1.Operator) string {
	words := make([]string, len(o.GetRoles()))
	for i, role := range o.GetRoles() {
		words[i] = word(role)
	}
	return strings.Join(words, ",")
}

type operatorSetCommand struct {
	callFlags
	Name   string   `arg:"" help:"Name or id of the operator."`
	Role   []string `enum:"viewer,support,catalogue,finance,admin" placeholder:"ROLE" help:"The roles it has from now on, with commas."`
	Login  *string  `placeholder:"LOGIN" help:"What the OpenID provider calls it from now on; \"\" for none."`
	Status string   `enum:",active,suspended" default:"" placeholder:"STATUS" help:"\"suspended\" refuses it with every key, \"active\" lets it in again."`
}

func (*operatorSetCommand) Help() string {
	return `A hub that is running knows within about a second. The last admin with a key or password cannot be
suspended, nor lose that role.

Examples:

    orderhub operator set grace --role support,finance
    orderhub operator set grace --status suspended`
}

func (c *operatorSetCommand) Run(ctx context.Context, std *Streams) error {
	changes, mask := &orderhubv1.Operator{}, &fieldmaskpb.FieldMask{}
	takeIf(mask, "roles", len(c.Role) > 0, valuesOf[orderhubv1.OperatorRole](c.Role), &changes.Roles)
	takeWord(mask, "status", c.Status, &changes.Status)
	take(mask, "login", c.Login, &changes.Login)
	if len(mask.Paths) == 0 {
		return errNothingToChange
	}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.operators.UpdateOperator(
			ctx, &orderhubv1.UpdateOperatorRequest{Operator: c.Name, Changes: changes, UpdateMask: mask},
		)
		if err != nil {
			return err
		}
		o := answer.GetOperator()
		return c.say(std, asMessage(o), "Operator %s is %s, with %s.\n", o.GetName(), word(o.GetStatus()), roleWords(o))
	})
}

type operatorKeyCreateCommand struct {
	callFlags
	Operator string `arg:"" help:"Name or id of the operator."`
	Label    string `placeholder:"TEXT" help:"A name for the key, for people."`
}

func (*operatorKeyCreateCommand) Help() string {
	return `The key is printed alone on standard output and cannot be shown again: the hub keeps only its hash.

Examples:

    orderhub operator key create ada --label laptop
    orderhub operator key create ada > ada.key`
}

func (c *operatorKeyCreateCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.operators.CreateOperatorKey(ctx, &orderhubv1.CreateOperatorKeyRequest{
		Operator: c.Operator, Key: &orderhubv1.OperatorKey{Label: c.Label},
	})
	if err != nil {
		return err
	}
	key := answer.GetKey()
	done := fmt.Sprintf("Created key %d of operator %s.", key.GetId(), key.GetOperator())
	return c.saySecret(std, asMessage(answer), done, "it", answer.GetSecret())
}

type operatorKeyListCommand struct {
	listFlags
	Operator string `arg:"" help:"Name or id of the operator."`
}

func (*operatorKeyListCommand) Help() string {
	return `Example:

    orderhub operator key list ada`
}

func (c *operatorKeyListCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.operators.ListOperatorKeys, &orderhubv1.ListOperatorKeysRequest{Operator: c.Operator},
		(*orderhubv1.ListOperatorKeysResponse).GetKeys, 0,
	)
	return showList(ctx, std, c, found, operatorKeyCells, "ID", "CREATED", "REVOKED", "LABEL")
}

func operatorKeyCells(k *orderhubv1.OperatorKey) []string {
	return []string{
		fmt.Sprint(k.GetId()), shownTime(k.GetCreateTime()), shownTime(k.GetRevokeTime()), orDash(k.GetLabel()),
	}
}

type operatorKeyRevokeCommand struct {
	callFlags
	Operator string `arg:"" help:"Name or id of the operator."`
	ID       int64  `arg:"" name:"key-id" help:"Id of the key, as \"operator key list\" shows it."`
}

func (*operatorKeyRevokeCommand) Help() string {
	return `A hub that is running refuses the key within about a second. The last key of the last admin cannot be
revoked, unless there is a password.

Example:

    orderhub operator key revoke ada 7`
}

func (c *operatorKeyRevokeCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.operators.RevokeOperatorKey(
		ctx, &orderhubv1.RevokeOperatorKeyRequest{Operator: c.Operator, Key: c.ID},
	)
	if err != nil {
		return err
	}
	key := answer.GetKey()
	return c.say(std, asMessage(key), "Key %d of operator %s is revoked since %s.\n", key.GetId(), key.GetOperator(),
		shownTime(key.GetRevokeTime()))
}
