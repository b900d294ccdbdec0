package errs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
)

func TestNothingAddedIsNoError(t *testing.T) {
	bad := &errs.InvalidError{}
	require.True(t, bad.OrNil() == nil, "and no nil in the clothes of an error")
	bad.Add("a", "must be %d", 1)
	bad.Add("b", "must be 100%%")
	require.EqualError(t, bad.OrNil(), "invalid input: a must be 1; b must be 100%")
	wrapped, found := errors.AsType[*errs.InvalidError](fmt.Errorf("create: %w", bad.OrNil()))
	require.True(t, found)
	require.Len(t, wrapped.Violations, 2)
}

// Other fields that a message names are found again, by a way in that writes names
// otherwise.
func TestFieldsThatAMessageNames(t *testing.T) {
	v := errs.Invalid("a", "needs %s or %s, not %q", errs.Field("b"), errs.Field("c"), "d").Violations[0]
	require.Equal(t, errs.Violation{Field: "a", Message: `needs b or c, not "d"`, Others: []errs.Field{"b", "c"}}, v)
	require.True(t, v.Equal(v))
	for _, other := range []errs.Violation{
		{Field: "b", Message: v.Message, Others: v.Others},
		{Field: v.Field, Message: "", Others: v.Others},
		{Field: v.Field, Message: v.Message, Others: []errs.Field{"c", "b"}},
	} {
		require.False(t, v.Equal(other), "%v", other)
	}
}

// Lengths are of characters, and both ends may be.
func TestLengthsOfLines(t *testing.T) {
	for length, fits := range map[int]bool{0: false, 1: false, 2: true, 5: true, 6: false} {
		bad := &errs.InvalidError{}
		bad.CheckLine("name", strings.Repeat("é", length), 2, 5)
		require.Equal(t, fits, bad.OrNil() == nil, "%d characters", length)
		if !fits {
			require.Contains(t, bad.Error(), "name must have 2 to 5 characters")
			require.NotContains(t, bad.Error(), "é", "the value is never repeated")
		}
	}
	bad := &errs.InvalidError{}
	bad.CheckLine("name", "123456", 0, 5)
	bad.CheckText("note", "123456", 5)
	require.Len(t, bad.Violations, 2)
	require.Contains(t, bad.Violations[0].Message, "must have at most 5 characters, none")
	require.Contains(t, bad.Violations[1].Message, "line breaks and tabs")
}
