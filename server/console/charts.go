package console

import (
	"fmt"
	"net/http"
	"time"

	"github.com/go-analyze/charts"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// picture is a drawing with an address of its own.
type picture struct {
	pattern string
	needs   string
	draw    func(r *request) ([]byte, error)
}

// picturePolicy lets a drawing have the styles that its library writes, and nothing else: it runs no script, wherever
// it is opened.
const picturePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

func (c *Console) showPicture(r *request, p *picture) {
	if !r.may(p.needs) {
		c.showProblem(r, forbidden())
		return
	}
	content, err := p.draw(r)
	if err != nil {
		c.showProblem(r, r.explain(err))
		return
	}
	r.w.Header().Set("Content-Type", "image/svg+xml")
	r.w.Header().Set("Content-Security-Policy", picturePolicy)
	_, _ = r.w.Write(content) // who has gone needs no answer
}

const (
	chartWidth  = 720
	chartHeight = 220
	chartText   = 12
	fewForLine  = 3
	dotSize     = 4
)

// The colours of the three days, on light and on dark ground.
var (
	lightColours = []charts.Color{
		{R: 11, G: 87, B: 176, A: 255}, {R: 125, G: 135, B: 150, A: 255}, {R: 176, G: 113, B: 11, A: 255},
	}
	darkColours = []charts.Color{
		{R: 138, G: 184, B: 255, A: 255}, {R: 130, G: 140, B: 155, A: 255}, {R: 242, G: 193, B: 102, A: 255},
	}
)

// drawDays draws a value of each hour of the three days.
func drawDays(
	r *http.Request, o *orderhubv1.GetOverviewResponse, offset int32, value func(*orderhubv1.OrderFigures) float64,
) ([]byte, error) {
	var all [][]float64
	var names []string
	var short []bool // of each day, whether it has too few values for a line that is seen
	for _, day := range daysOf(o) {
		values := hoursOf(day.Figures, value)
		short = append(short, len(values) < fewForLine)
		for len(values) < hoursOfDay {
			values = append(values, charts.GetNullValue())
		}
		all, names = append(all, values), append(names, day.Name)
	}
	chart := charts.NewLineChartOptionWithData(all)
	for i := range chart.SeriesList {
		if short[i] {
			chart.SeriesList[i].Symbol = charts.Symbol{Shape: charts.SymbolDot, Size: dotSize}
		}
	}
	start := o.GetDay().GetStartTime().AsTime().In(time.FixedZone("", int(offset)*60))
	chart.XAxis.Labels = nil
	for hour := range hoursOfDay {
		chart.XAxis.Labels = append(chart.XAxis.Labels, start.Add(time.Duration(hour)*time.Hour).Format("15"))
	}
	theme, colours := charts.GetTheme(charts.ThemeLight), lightColours
	if r.URL.Query().Get("dark") != "" {
		theme, colours = charts.GetTheme(charts.ThemeDark), darkColours
	}
	theme = theme.WithSeriesColors(colours).WithBackgroundColor(charts.ColorTransparent)
	text := charts.FontStyle{FontSize: chartText, FontColor: theme.GetXAxisTextColor()}
	chart.Theme, chart.Symbol, chart.LineStrokeWidth = theme, charts.Symbol{Shape: charts.SymbolNone}, 2
	chart.Legend.SeriesNames, chart.Legend.FontStyle = names, text
	chart.XAxis.LabelFontStyle = text
	for i := range chart.YAxis {
		chart.YAxis[i].LabelFontStyle, chart.YAxis[i].Min = text, charts.Ptr(0.0)
	}
	painter := charts.NewPainter(charts.PainterOptions{
		OutputFormat: charts.ChartOutputSVG, Width: chartWidth, Height: chartHeight, Theme: theme,
	})
	if err := painter.LineChart(chart); err != nil {
		return nil, fmt.Errorf("draw a chart: %w", err)
	}
	return painter.Bytes()
}
