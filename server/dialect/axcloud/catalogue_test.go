package axcloud_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect/axcloud"
	"orderhub/server/door/doortest"
	"orderhub/server/money"
)

func TestProducts(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := newChannel(t, h, axcloud.Config{})
		product := func(id int64, code, title string) string {
			return fmt.Sprintf(
				`{"product_code": %q, "title": %q, "category": "Ticket-Day", "detail_category": "Day tickets",
			"start_date_of_the_sale": %q,
				"end_date_of_the_sale": "9999-12-31", "cancellation_type": "Void", "main_country_and_city": "Void"}`,
				code, title, h.Catalog.Snapshot().ProductByID(id).CreatedAt.UTC().Format(time.DateOnly),
			)
		}
		list := func(products ...string) string {
			return `{"status_code": 200, "products": [` + strings.Join(products, ",") + `]}`
		}
		day := product(501, dayProduct, "Theme park day ticket")
		few := product(502, fewProduct, "Theme park evening ticket")
		no := product(503, noProduct, "Theme park, supplier rejects")
		c.get(productsPath).is(http.StatusOK, list(day, few, no))
		c.get(productsPath+"/?page=1&page_size=2&other=x").is(http.StatusOK, list(day, few))
		c.get(productsPath+"?page=2&page_size=2").is(http.StatusOK, list(no))
		c.get(productsPath+"?page=3&page_size=2").is(http.StatusOK, list())
		c.get(productsPath+"?page=99999999999999999999999&page_size=100").is(http.StatusOK, list())
		for _, query := range []string{
			"page=0", "page=-1", "page=", "page=x", "page=1.5", "page=%zz", "page=+1", "page_size=0", "page_size=101",
			"page_size=999999999999", "page_size=",
		} {
			c.get(productsPath+"?"+query).like(http.StatusBadRequest, "error_400_query.json")
		}

		c.get(productsPath+"/"+strings.ToUpper(dayProduct)).is(
			http.StatusOK, `{"status_code": 200, "required_traveler_information": {},
			"contents": {"title": "Theme park day ticket", "description": ""},
			"options": [{"option_code": "`+dayOption+`", "name": "Theme park day ticket"}]}`,
		)
		c.get("/v1/channel/price/day-ticket/"+dayProduct).
			is(
				http.StatusOK,
				`{"status_code": 200, "prices": [{"option_code": "`+dayOption+`", "currency": "KRW", "price": "2222.00000"}]}`,
			)
		for _, path := range []string{productsPath, "/v1/channel/price/day-ticket", "/v1/channel/inventory/day-ticket"} {
			c.get(path+"/"+unknownCode).like(http.StatusNotFound, "error_404.json")
			c.get(path+"/%2F").like(http.StatusNotFound, "error_404.json")
		}
	})
}

type inventory struct {
	OptionCodes map[string][]struct {
		InventoryCode   string `json:"inventory_code"`
		Date            string `json:"date"`
		MaxQuantity     int64  `json:"max_quantity"`
		RemainQuantity  int64  `json:"remain_quantity"`
		OrderedQuantity int64  `json:"ordered_quantity"`
	} `json:"option_codes"`
}

func TestInventory(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := newChannel(t, h, axcloud.Config{})
		days := func(product, query string) (i inventory) {
			c.get("/v1/channel/inventory/day-ticket/" + product + query).has(http.StatusOK).into(&i)
			return i
		}
		today := h.Doors.Now().UTC()
		date := func(day int) string { return today.AddDate(0, 0, day).Format(time.DateOnly) }

		unlimited := days(dayProduct, "").OptionCodes[dayOption]
		require.Len(t, unlimited, 25)
		require.Equal(t, date(0), unlimited[0].Date)
		require.EqualValues(t, 1_000_000, unlimited[0].MaxQuantity)
		require.EqualValues(t, 1_000_000, unlimited[24].RemainQuantity)
		require.Regexp(t, uuidPattern, unlimited[0].InventoryCode)
		require.NotEqual(t, unlimited[0].InventoryCode, unlimited[1].InventoryCode)
		last := days(dayProduct, "?page=4&page_size=100").OptionCodes[dayOption]
		require.Len(t, last, 66)
		require.Equal(t, date(365), last[65].Date)
		c.get("/v1/channel/inventory/day-ticket/"+dayProduct+"?page=5&page_size=100").
			is(http.StatusOK, `{"status_code": 200, "option_codes": {"`+dayOption+`": []}}`)
		c.get("/v1/channel/inventory/day-ticket/"+dayProduct+"?page=0").like(http.StatusBadRequest, "error_400_query.json")

		// A day that is given tickets is limited; the others stay as they are.
		require.NoError(t, h.Catalog.SetAllotments(t.Context(), 501, []catalog.Allotment{{UseDate: date(30), Capacity: 7}}))
		c.create(simple(t, "limited", dayMapping, dayOption, "3", date(30))).has(http.StatusCreated)
		limited := days(dayProduct, "?page=2").OptionCodes[dayOption]
		require.Equal(
			t, []int64{7, 4, 3}, []int64{limited[5].MaxQuantity, limited[5].RemainQuantity, limited[5].OrderedQuantity},
		)
		require.EqualValues(t, 1_000_000, limited[6].RemainQuantity)

		ax, _ := c.create(simple(t, "few", fewMapping, fewOption, "2", date(2))).codes()
		few := days(fewProduct, "?page=2&page_size=2").OptionCodes[fewOption]
		require.Equal(t, date(2), few[0].Date)
		require.Equal(t, []int64{5, 3, 2}, []int64{few[0].MaxQuantity, few[0].RemainQuantity, few[0].OrderedQuantity})
		c.patch(ordersPath+"/"+ax, `{"channel_status": "Traveler cancel"}`).has(http.StatusOK)
		require.EqualValues(t, 5, days(fewProduct, "?page=2&page_size=2").OptionCodes[fewOption][0].RemainQuantity)
	})
}

func registrationBody(mapping string) string {
	return `{"mapping_data": ` + mapping +
		`, "channel_product_name": "Palace", "channel_product_link": "https://travel.example/p/88120", ` +
		`"channel_product_id": "travel-88120"}`
}

func TestRegistration(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := newChannel(t, h, axcloud.Config{})
		day, few := productsPath+"/registration/"+dayProduct, productsPath+"/registration/"+fewProduct
		registered := func(code string) string {
			return `{"status_code": 201, "data": {"channel_product_mapping_data_code": "` + code + `"}}`
		}
		// What the channel has listed keeps its code.
		c.post(day, registrationBody(`{"`+dayOption+`": "Adult"}`)).is(http.StatusCreated, registered(dayMapping))

		two := c.as("api_key_two", "code_two")
		codes := make([]string, 8)
		var all sync.WaitGroup
		for i := range codes {
			all.Go(func() {
				r, _ := two.try(http.MethodPost, few, registrationBody(`{"`+strings.ToUpper(fewOption)+`": "Evening"}`))
				codes[i] = r.text
			})
		}
		all.Wait()
		for _, text := range codes {
			require.Equal(t, codes[0], text)
		}
		mapping := strings.Split(codes[0], `"`)[7]
		require.Regexp(t, uuidPattern, mapping)
		two.post(few+"/", registrationBody(`{"`+fewOption+`": "Other name"}`)).is(http.StatusCreated, registered(mapping))
		two.create(simple(t, "registered", mapping, fewOption, "1", "2026-05-09")).has(http.StatusCreated)
		c.create(simple(t, "registered", mapping, fewOption, "1", "2026-05-09")).has(http.StatusNotFound)

		c.post(productsPath+"/registration/"+unknownCode, registrationBody(`{}`)).like(http.StatusNotFound, "error_404.json")
		c.post(day, registrationBody(`{}`)).is(
			http.StatusBadRequest, `{"mapping_data": {"`+dayOption+`": ["이 필드는 필수 항목입니다."]}}`,
		)
		c.post(day, registrationBody(`{"`+dayOption+`": " "}`)).is(
			http.StatusBadRequest, `{"mapping_data": {"`+dayOption+`": ["이 필드는 blank일 수 없습니다."]}}`,
		)
		c.post(day, registrationBody(`{"`+dayOption+`": "a", "`+unknownCode+`": "b"}`)).is(
			http.StatusBadRequest, `{"mapping_data": {"`+unknownCode+`": ["이 상품의 옵션이 아닙니다."]}}`,
		)
		c.post(day, registrationBody(`["a"]`)).has(http.StatusBadRequest)
		c.post(day, `{"channel_product_link": "no link"}`).is(http.StatusBadRequest, `{"mapping_data": ["이 필드는 필수 항목입니다."],
			"channel_product_name": ["이 필드는 필수 항목입니다."], "channel_product_link": ["유효한 URL을 입력하십시오."],
			"channel_product_id": ["이 필드는 필수 항목입니다."]}`)
	})
}

// Products that share a product code are options of one product; what the partner
// does not know yet has codes all the same.
func TestOptionsAndFields(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := newChannel(t, h, axcloud.Config{})
		const productCode = "4C8E1B7D-0F93-4A26-B5D1-E7A2C9806F43"
		for _, option := range []catalog.Product{
			{SKU: "PALACE_ADULT", Name: "Adult", Price: 18000 * money.Unit, Attributes: map[string]string{
				"axcloud.product_code": productCode, "axcloud.title": "Palace night entry",
				"axcloud.main_country_and_city": "82-02",
			}},
			{
				SKU: "PALACE_CHILD", Name: "Child", Price: 9000 * money.Unit,
				Attributes: map[string]string{"axcloud.product_code": productCode},
				Fields: []catalog.Field{
					{ID: 1, Identifier: "english_name", Title: "Name", Required: true, MaxLength: 20},
					{ID: 2, Identifier: "weights", Title: "Weight"},
				},
			},
			{SKU: "PALACE_PLAIN", Name: "Plain", Price: 1000 * money.Unit},
			{SKU: "PALACE_OLD", Name: "Old", Status: catalog.StatusArchived},
		} {
			option.Category = catalog.Category{ID: 5}
			option.Currency = "KRW"
			option.Source = catalog.SourceStock
			option.Dated = true
			created, err := h.Catalog.CreateProduct(t.Context(), option)
			require.NoError(t, err)
			require.NoError(
				t, h.Catalog.SetAllotments(t.Context(), created.ID, []catalog.Allotment{{UseDate: "2026-05-09", Capacity: 10}}),
			)
		}
		require.NoError(t, h.Catalog.Refresh(t.Context()))

		var listed struct {
			Products []struct {
				Code  string `json:"product_code"`
				Title string `json:"title"`
				City  string `json:"main_country_and_city"`
			} `json:"products"`
		}
		c.get(productsPath).has(http.StatusOK).into(&listed)
		require.Len(t, listed.Products, 5)
		palace, plain := listed.Products[3], listed.Products[4]
		require.Equal(
			t, []string{strings.ToLower(productCode), "Palace night entry", "82-02"},
			[]string{palace.Code, palace.Title, palace.City},
		)
		require.Regexp(t, uuidPattern, plain.Code)

		var detail struct {
			Required map[string]bool `json:"required_traveler_information"`
			Options  []struct {
				Code string `json:"option_code"`
				Name string `json:"name"`
			} `json:"options"`
		}
		c.get(productsPath + "/" + palace.Code).has(http.StatusOK).into(&detail)
		require.Equal(t, map[string]bool{"english_name": true, "weights": false}, detail.Required)
		require.Len(t, detail.Options, 2)
		adult, child := detail.Options[0].Code, detail.Options[1].Code
		c.get("/v1/channel/price/day-ticket/"+palace.Code).is(http.StatusOK, `{"status_code": 200, "prices": [
			{"option_code": "`+adult+`", "currency": "KRW", "price": "18000.00000"},
			{"option_code": "`+child+`", "currency": "KRW", "price": "9000.00000"}]}`)

		register := productsPath + "/registration/" + palace.Code
		c.post(register, registrationBody(`{"`+adult+`": "a"}`)).has(http.StatusBadRequest)
		c.post(register, registrationBody(`{"`+adult+`": "a", "`+child+`": "a"}`)).has(http.StatusBadRequest)
		answer := c.post(register, registrationBody(`{"`+adult+`": "a", "`+child+`": "c"}`)).has(http.StatusCreated).text
		mapping := strings.Split(answer, `"`)[7]
		c.create(simple(t, "adult", mapping, adult, "1", "2026-05-09")).has(http.StatusCreated)

		// What the product asks of the traveller comes in either place.
		c.create(simple(t, "child-1", mapping, child, "1", "2026-05-09")).
			is(http.StatusBadRequest, `{"representative": {"additional": {"english_name": ["이 필드는 필수 항목입니다."]}}}`)
		body := request(t, "create_order_request.json", dayMapping, mapping, dayOption, child)
		c.create(body).has(http.StatusCreated)
		o, err := h.Orders.GetByReference(t.Context(), channelID, "KT-20260418-000731")
		require.NoError(t, err)
		require.Equal(t, map[string]string{"english_name": "Kim Haneul"}, o.Lines[0].Fields)
	})
}
