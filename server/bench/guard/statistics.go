package main

import (
	"fmt"
	"math"
	"slices"
)

// interval is an estimate between its bounds of 95 % confidence.
type interval struct{ low, middle, high float64 }

// normal95 is where 95 % of a normal distribution are on either side of its middle.
const normal95 = 1.959964

// signedRank is the estimate of Hodges and Lehmann of the samples' middle, with the
// interval that belongs to Wilcoxon's signed rank test, by its approximation for many
// samples (Hollander, Wolfe: Nonparametric Statistical Methods, 3.2 and 3.3). A few
// wild samples do not move it much. Fewer than six samples bound nothing.
func signedRank(samples []float64) interval {
	var averages []float64
	for i, a := range samples {
		for _, b := range samples[i:] {
			averages = append(averages, (a+b)/2)
		}
	}
	slices.Sort(averages)
	n := float64(len(samples))
	rank := int(n*(n+1)/4 - normal95*math.Sqrt(n*(n+1)*(2*n+1)/24))
	if rank < 1 {
		return interval{math.Inf(-1), middle(averages), math.Inf(1)}
	}
	return interval{averages[rank-1], middle(averages), averages[len(averages)-rank]}
}

// middle of sorted values; not a number when there are none.
func middle(sorted []float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// verdict is whether the working tree is slower than the limit allows, and whether
// the confidence interval says so or its middle only.
type verdict struct{ slower, certain bool }

func judge(speed interval, limit float64) verdict {
	least := 1 - limit
	return verdict{slower: speed.middle < least, certain: speed.high < least || speed.low > least}
}

// text names the limit.
func (v verdict) text(limit float64) string {
	text := fmt.Sprintf("not slower than %.4g %%", 100*limit)
	if v.slower {
		text = fmt.Sprintf("SLOWER than %.4g %%", 100*limit)
	}
	if !v.certain {
		text += ", uncertain"
	}
	return text
}
