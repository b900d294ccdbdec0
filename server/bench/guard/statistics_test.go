package main

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Hollander and Wolfe's example: depression before and after therapy. They estimate
// 0.46, and 0.010 to 0.786 by the exact rank 6; the approximation takes 5.
func TestSignedRank(t *testing.T) {
	t.Parallel()
	i := signedRank([]float64{0.952, -0.147, 1.022, 0.43, 0.62, 0.59, 0.49, -0.08, 0.01})
	require.InDelta(t, 0.46, i.middle, 1e-9)
	require.InDelta(t, -0.035, i.low, 1e-9)
	require.InDelta(t, 0.806, i.high, 1e-9)
}

func TestSignedRankOfFewSamples(t *testing.T) {
	t.Parallel()
	five := signedRank([]float64{1, 2, 3, 4, 5})
	require.True(t, math.IsInf(five.low, -1) && math.IsInf(five.high, 1), "five samples bound nothing")
	require.InDelta(t, 3, five.middle, 1e-9)
	six := signedRank([]float64{6, 1, 5, 2, 4, 3})
	require.Equal(t, interval{1, 3.5, 6}, six, "six bound it by the extremes")
	require.True(t, math.IsNaN(signedRank(nil).middle))
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		speed interval
		limit float64
		want  verdict
		text  string
	}{
		{"as fast", interval{0.97, 1, 1.03}, 0.07, verdict{false, true}, "not slower than 7 %"},
		{"a little slower", interval{0.94, 0.95, 0.96}, 0.07, verdict{false, true}, "not slower than 7 %"},
		{"slower than a stricter limit", interval{0.94, 0.95, 0.96}, 0.03, verdict{true, true}, "SLOWER than 3 %"},
		{"much slower", interval{0.85, 0.90, 0.929}, 0.07, verdict{true, true}, "SLOWER than 7 %"},
		{"perhaps slower", interval{0.85, 0.90, 0.931}, 0.07, verdict{true, false}, "SLOWER than 7 %, uncertain"},
		{"perhaps not", interval{0.92, 0.95, 0.98}, 0.07, verdict{false, false}, "not slower than 7 %, uncertain"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := judge(test.speed, test.limit)
			require.Equal(t, test.want, got)
			require.Equal(t, test.text, got.text(test.limit))
		})
	}
}

// machine is one whose speed wanders by about 30 % for both sides, a little from one
// window to the next.
type machine struct {
	random *rand.Rand
	level  float64 // logarithm
}

func (m *machine) window(ordersPerWindow float64) int {
	const memory, wander, own = 0.98, 0.3, 0.03
	m.level = memory*m.level + wander*math.Sqrt(1-memory*memory)*m.random.NormFloat64()
	return int(ordersPerWindow * math.Exp(m.level+own*m.random.NormFloat64()))
}

func (m *machine) block(first side, orders [2]float64) (b block) {
	for _, s := range turns(first) {
		b[s].calls += m.window(orders[s])
	}
	return b
}

func TestVerdictOnANoisyMachine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		orders [2]float64
		limit  float64
		slower bool
	}{
		{"equal", [2]float64{1000, 1000}, 0.07, false},
		{"10 % slower", [2]float64{1000, 900}, 0.07, true},
		{"5 % slower and strict", [2]float64{1000, 950}, 0.03, true},
		{"5 % slower", [2]float64{1000, 950}, 0.07, false},
		{"faster", [2]float64{1000, 1300}, 0.03, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := &machine{random: rand.New(rand.NewPCG(7, 14))}
			c := &comparison{}
			for n := range 80 {
				c.blocks = append(c.blocks, m.block(side(n%2), test.orders))
			}
			require.Equal(t, verdict{slower: test.slower, certain: true}, c.verdict(test.limit), "%v", c.speed())
			require.InDelta(t, test.orders[tree]/test.orders[base], c.speed().middle, 0.02)
		})
	}
}

func TestTurnsCancelEvenDrift(t *testing.T) {
	t.Parallel()
	for _, first := range []side{base, tree} {
		var when [2]int
		for n, s := range turns(first) {
			when[s] += n
		}
		require.Equal(t, when[base], when[tree], "both sides have the same mean time")
	}
}
