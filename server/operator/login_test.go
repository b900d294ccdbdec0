package operator_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"orderhub/server/operator"
)

func TestWhoseLoginIsClaimed(t *testing.T) {
	for _, test := range []struct {
		claim, value, login string
		is                  bool
	}{
		{operator.EmailClaim, "Kate@Example.COM", "kATE@example.com", true},
		{operator.EmailClaim, "kate@example.com", "kat@example.com", false},
		{operator.EmailClaim, "\u212Aate@example.com", "kate@example.com", false},
		{operator.EmailClaim, "kate@example.com", "\u212Aate@example.com", false},
		{operator.EmailClaim, "a\u0130@example.com", "ai\u0307@example.com", false},
		{operator.EmailClaim, "Ada@example.com", "ada@example.com", true},
		{operator.EmailClaim, "\u00c4da@example.com", "\u00e4da@example.com", false},
		{operator.EmailClaim, "@[`{", "`{@[", false},
		{operator.EmailClaim, "", "", false},
		{"sub", "aBc", "aBc", true},
		{"sub", "aBc", "abc", false},
		{"sub", "", "", false},
		{"Email", "Kate@example.com", "kate@example.com", false},
	} {
		claimed := operator.Claimed{Claim: test.claim, Value: test.value}
		assert.Equal(t, test.is, claimed.Is(test.login), "%v of %q", claimed, test.login)
	}
	assert.True(t, operator.SameLogin("Kate", "kATE"))
	assert.False(t, operator.SameLogin("\u212Aate", "kate"))
	assert.False(t, operator.SameLogin("", ""), "several have none")
}
