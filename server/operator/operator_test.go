package operator_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"orderhub/server/operator"
)

func TestRoles(t *testing.T) {
	all := []operator.Role{operator.Viewer, operator.Support, operator.Catalogue, operator.Finance, operator.Admin}
	for _, has := range all {
		roles := operator.RolesOf(has)
		assert.Equal(t, has.String(), roles.String())
		assert.Equal(t, roles, operator.ParseRoles(roles.String()))
		for _, needs := range all {
			want := has == needs || needs == operator.Viewer || has == operator.Admin
			assert.Equal(t, want, roles.Allow(needs), "%s does what %s does", has, needs)
		}
		assert.False(t, roles.Allow(0), "a call that takes no role is nobody's")
	}
	assert.Equal(t, "support finance", operator.RolesOf(operator.Finance, operator.Support).String())
	assert.Equal(t, operator.RolesOf(operator.Finance), operator.ParseRoles("finance emperor"))
	assert.False(t, operator.Roles(0).Allow(operator.Viewer), "without a role nothing is read")
}

func TestCheckLastAdmin(t *testing.T) {
	admin := operator.Standing{
		Roles: operator.RolesOf(operator.Admin, operator.Support), Status: operator.StatusActive, Keys: 1,
	}
	suspended, demoted, keyless := admin, admin, admin
	suspended.Status, demoted.Roles, keyless.Keys = operator.StatusSuspended, operator.RolesOf(operator.Support), 0
	for name, after := range map[string]operator.Standing{
		"suspended": suspended, "demoted": demoted, "without a key": keyless,
	} {
		t.Run(name, func(t *testing.T) {
			assert.ErrorIs(t, operator.CheckLastAdmin(admin, after, nil), operator.ErrLastAdmin)
			assert.ErrorIs(t, operator.CheckLastAdmin(
				admin, after, []operator.Standing{suspended, demoted, keyless},
			), operator.ErrLastAdmin)
			assert.NoError(t, operator.CheckLastAdmin(admin, after, []operator.Standing{keyless, admin}))
			assert.NoError(t, operator.CheckLastAdmin(after, demoted, nil), "who could not get in loses nothing")
		})
	}
	assert.NoError(t, operator.CheckLastAdmin(admin, admin, nil))
	byPassword := keyless
	byPassword.Password = true
	assert.NoError(t, operator.CheckLastAdmin(admin, byPassword, nil), "who has a password can still get in")
	assert.NoError(t, operator.CheckLastAdmin(admin, suspended, []operator.Standing{byPassword}))
}
