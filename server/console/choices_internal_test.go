package console

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

// A page that shows the first of many shows them where there are more, too; what else goes wrong it tells.
func TestAsManyAsWereWanted(t *testing.T) {
	t.Parallel()
	failure := errors.New("the hub is gone")
	list := func(name string, more bool, err error) (found []string, told error) {
		ask := func(context.Context, *orderhubv1.ListProvidersRequest, ...grpc.CallOption) (
			*orderhubv1.ListProvidersResponse, error,
		) {
			page := &orderhubv1.ListProvidersResponse{Providers: []*orderhubv1.Provider{{Name: name}}}
			if more {
				page.NextPageToken = "next"
			}
			return page, err
		}
		all := contract.Each(t.Context(), ask, &orderhubv1.ListProvidersRequest{},
			(*orderhubv1.ListProvidersResponse).GetProviders, 1)
		for p, err := range asMany(all) {
			if err != nil {
				return found, err
			}
			found = append(found, p.GetName())
		}
		return found, nil
	}
	for _, more := range []bool{false, true} {
		found, err := list("sim", more, nil)
		require.NoError(t, err)
		require.Equal(t, []string{"sim"}, found)
	}
	_, err := list("sim", false, failure)
	require.ErrorIs(t, err, failure)
}
