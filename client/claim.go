package client

import (
	"context"
	"crypto/rand"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// CreateClaim says of delivered units that they do not work. A claim without a reference is given one, so that it may
// be sent again when its answer was lost.
func (c *Client) CreateClaim(ctx context.Context, claim *orderhubv1.CreateClaimRequest) (*orderhubv1.Claim, error) {
	if claim != nil && claim.GetReference() == "" {
		claim.Reference = rand.Text()
	}
	answer, err := orderhubv1.NewClaimServiceClient(c.conn).CreateClaim(ctx, claim)
	return answer.GetClaim(), err
}

// GetClaim finds a claim with what became of each of its units.
func (c *Client) GetClaim(ctx context.Context, id int64) (*orderhubv1.Claim, error) {
	answer, err := orderhubv1.NewClaimServiceClient(c.conn).GetClaim(ctx, &orderhubv1.GetClaimRequest{Claim: id})
	return answer.GetClaim(), err
}
