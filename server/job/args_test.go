package job

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/trail"
)

// While nothing is traced, jobs are as they were; and with trails a program that
// does not know them reads the rest.
func TestTrailsOfJobs(t *testing.T) {
	text, err := json.Marshal(FulfilArgs{OrderIDs: []int64{1}})
	require.NoError(t, err)
	require.Equal(t, `{"order_ids":[1]}`, string(text))
	text, err = json.Marshal(CallArgs{AttemptIDs: []int64{1}, Fresh: true})
	require.NoError(t, err)
	require.Equal(t, `{"attempt_ids":[1],"fresh":true}`, string(text))
	text, err = json.Marshal(FanoutArgs{})
	require.NoError(t, err)
	require.Equal(t, `{"ranges":null}`, string(text))

	text, err = json.Marshal(FulfilArgs{OrderIDs: []int64{1}, Trails: trail.Orders{1: "left"}})
	require.NoError(t, err)
	var before struct {
		OrderIDs []int64 `json:"order_ids"`
	}
	require.NoError(t, json.Unmarshal(text, &before))
	require.Equal(t, []int64{1}, before.OrderIDs)
	var now FulfilArgs
	require.NoError(t, json.Unmarshal(text, &now))
	require.Equal(t, trail.Orders{1: "left"}, now.Trails)
}
