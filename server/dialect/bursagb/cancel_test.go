package bursagb_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/bursagb"
	"orderhub/server/door/doortest"
)

// A yes means that every line is given back, however soon after the order it is
// asked for; anything else names the lines that live on.
func TestCancelWhileHandedOver(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h, bursagb.Config{})
		const user = `"RequireData":[{"ProductRequireID":1,"Value":"player"}]`
		yes := 0
		for i := range 25 {
			o := c.order(
				fmt.Sprintf(
					`{"basketData":[{"DeliverID":"slow-%d","CustomerStoreProductID":4,"Quantity":1,%s},{"DeliverID":"also-%d",`+
						`"CustomerStoreProductID":4,"Quantity":2,%s},`+
						`{"DeliverID":"fast-%d","CustomerStoreProductID":1,"Quantity":1,%s}]}`, i, user, i, user, i, user,
				),
			)
			time.Sleep(rand.N(60 * time.Millisecond)) // the race is about when
			status, answer, _ := c.send("POST", "/Order/cancel", fmt.Sprintf(`{"OrderID":%d}`, o.OrderID))
			lives := make(map[string]bool)
			switch status {
			case 200:
				yes++
			default:
				require.Equal(t, 400, status, answer)
				var refusal struct {
					Data struct {
						Details []struct {
							DeliverID string
							Status    int
						} `json:"details"`
					} `json:"data"`
				}
				require.NoError(t, json.Unmarshal([]byte(answer), &refusal))
				require.NotEmpty(t, refusal.Data.Details, answer)
				for _, d := range refusal.Data.Details {
					require.Contains(t, []int{1, 2}, d.Status)
					lives[d.DeliverID] = true
				}
			}
			for _, d := range o.Details {
				state := c.detail(d.OrderDetailID)
				if lives[d.DeliverID] {
					require.NotContains(t, state, `"Status":0,`, answer)
				} else {
					require.Contains(t, state, `"Status":0,`, answer)
				}
			}
			if len(lives) > 0 && !lives[fmt.Sprint("slow-", i)] && !lives[fmt.Sprint("also-", i)] {
				continue
			}
			require.Empty(t, lives, "their supplier takes these back")
		}
		t.Logf("%d of 25 were taken back as a whole", yes)
		h.Settle(t)
		h.Verify(t)
	})
}
