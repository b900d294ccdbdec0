package axcloud

// What a channel sends, as it was sent: names that were left out stay out, and of
// two names for one thing only the one that was used is set. The order of names is
// that of the documentation.

// createRequest is the body of "Create Order".
type createRequest struct {
	DepthCombinations []requestLine `json:"depth_combinations,omitempty"`
	Options           []requestLine `json:"options,omitempty"` // later name of depth_combinations
	Order             requestOrder  `json:"order"`
	Purchaser         purchaser     `json:"purchaser"`
	Representative    traveler      `json:"representative"`

	later bool // the request uses a later name, so its answer does
}

// requestLine is "Depth Combination" of the type table.
type requestLine struct {
	MappingCode      string     `json:"channel_product_mapping_code"`
	DCCode           string     `json:"dc_code,omitempty"`
	OptionCode       string     `json:"option_code,omitempty"` // later name of dc_code
	Quantity         int64      `json:"quantity"`
	UseDate          *moment    `json:"use_date,omitempty"`
	InventoryAt      *moment    `json:"inventory_at,omitempty"` // later name of use_date
	UnitSellingPrice decimal    `json:"unit_selling_price"`
	Discount         *decimal   `json:"discount,omitempty"`
	DiscountMethod   *string    `json:"discount_method,omitempty"`
	AmountPrice      decimal    `json:"amount_price"`
	Tickets          []traveler `json:"tickets,omitempty"`
	Travelers        []traveler `json:"travelers,omitempty"` // the type table's name of tickets
}

// requestOrder is "Order" of the type table.
type requestOrder struct {
	ChannelOrderCode       string   `json:"channel_order_code,omitempty"`
	ChannelOrderID         string   `json:"channel_order_id,omitempty"` // the type table's name of channel_order_code
	PurchasedAt            moment   `json:"purchased_at"`
	PurchaseRequestedAt    *moment  `json:"purchase_requested_at,omitempty"`
	ReservedAt             *moment  `json:"reserved_at,omitempty"`
	ReservationRequestedAt *moment  `json:"reservation_requested_at,omitempty"`
	SubTotal               decimal  `json:"sub_total"`
	DiscountMethod         *string  `json:"discount_method,omitempty"`
	Discount               *decimal `json:"discount,omitempty"`
	Total                  decimal  `json:"total"`
	Status                 string   `json:"status"`
	IsVoucher              bool     `json:"is_voucher"`
	Comment                *string  `json:"comment,omitempty"`
	Currency               string   `json:"currency"`
}

// purchaser is "Purchaser" of the type table.
type purchaser struct {
	IsRequiredMoreInformation bool              `json:"is_required_more_information"`
	Name                      string            `json:"name"`
	NationalCode              string            `json:"national_code"`
	Phone                     string            `json:"phone"`
	Email                     string            `json:"email"`
	Additional                map[string]string `json:"additional,omitempty"`
	Extra                     string            `json:"extra"`
}

// traveler is "Traveler" of the type table.
type traveler struct {
	ChannelCode  *string           `json:"channel_code,omitempty"` // later: the channel's own code of the ticket
	Name         string            `json:"name"`
	NationalCode string            `json:"national_code"`
	Phone        string            `json:"phone"`
	Email        string            `json:"email"`
	Additional   map[string]string `json:"additional,omitempty"`
	Extra        *string           `json:"extra,omitempty"`
}

// cancelOrderRequest is the body of "cancel one AX order".
type cancelOrderRequest struct {
	AXStatus           string  `json:"ax_status,omitempty"`
	ChannelStatus      string  `json:"channel_status,omitempty"`
	ChannelOrderStatus string  `json:"channel_order_status,omitempty"` // the curl samples' name of channel_status
	AXOrderStatus      string  `json:"ax_order_status,omitempty"`      // the curl samples' name of ax_status
	Comment            *string `json:"comment,omitempty"`
}

// cancelTicketRequest is the body of "cancel one ticket".
type cancelTicketRequest struct {
	Status  string  `json:"status"`
	Comment *string `json:"comment,omitempty"`
}

// registrationRequest is the body of "map channel options to AX options".
type registrationRequest struct {
	MappingData        map[string]string `json:"mapping_data"` // the channel's name of each option, by option code
	ChannelProductName string            `json:"channel_product_name"`
	ChannelProductLink string            `json:"channel_product_link"`
	ChannelProductID   string            `json:"channel_product_id"`
}

// answer wraps what most endpoints answer with.
type answer[T any] struct {
	StatusCode int `json:"status_code"`
	Data       T   `json:"data"`
}

// createdOrder is the data of "Create Order", in one vocabulary or the other.
type createdOrder struct {
	ChannelOrderCode   string        `json:"channel_order_code"`
	ChannelOrderStatus string        `json:"channel_order_status"`
	DepthCombinations  []createdLine `json:"depth_combinations,omitempty"`
	Options            []createdLine `json:"options,omitempty"`
}

type createdLine struct {
	DCCode        string          `json:"dc_code,omitempty"`
	OptionCode    string          `json:"option_code,omitempty"`
	UseDate       string          `json:"use_date,omitempty"`
	InventoryAt   string          `json:"inventory_at,omitempty"`
	AXOrderCode   string          `json:"ax_order_code"`
	AXOrderStatus string          `json:"ax_order_status"`
	Quantity      int64           `json:"quantity"`
	Tickets       []createdTicket `json:"tickets"`
}

type createdTicket struct {
	TicketCode     string `json:"ticket_code,omitempty"`
	TicketStatus   string `json:"ticket_status,omitempty"`
	AXTicketCode   string `json:"ax_ticket_code,omitempty"`
	AXTicketStatus string `json:"ax_ticket_status,omitempty"`
}

// orderState is the one entry of the data of "read the supplier's decision".
type orderState struct {
	ChannelOrderCode string `json:"channel_order_code"`
	AXOrderCode      string `json:"ax_order_code"`
	AXOrderStatus    string `json:"ax_order_status"`
	Comment          string `json:"comment"`
}

// cancelledOrder is the data of "cancel one AX order": flat as in later versions,
// and as a list as in older ones.
type cancelledOrder struct {
	ChannelOrderCode   string    `json:"channel_order_code"`
	ChannelOrderStatus string    `json:"channel_order_status"`
	AXOrderCode        string    `json:"ax_order_code"`
	AXOrderStatus      string    `json:"ax_order_status"`
	AX                 []axEntry `json:"ax"`
	Comment            *string   `json:"comment,omitempty"`
}

type axEntry struct {
	AXOrderCode   string `json:"ax_order_code"`
	AXOrderStatus string `json:"ax_order_status"`
}

// cancelledTicket is the data of "cancel one ticket".
type cancelledTicket struct {
	ChannelOrderCode string `json:"channel_order_code"`
	AXOrderCode      string `json:"ax_order_code"`
	AXOrderStatus    string `json:"ax_order_status"`
	AXTicketCode     string `json:"ax_ticket_code"`
	AXTicketStatus   string `json:"ax_ticket_status"`
}

// productsAnswer answers "products the channel may sell".
type productsAnswer struct {
	StatusCode int             `json:"status_code"`
	Products   []listedProduct `json:"products"`
}

type listedProduct struct {
	ProductCode        string `json:"product_code"`
	Title              string `json:"title"`
	Category           string `json:"category"`
	DetailCategory     string `json:"detail_category"`
	StartDateOfTheSale string `json:"start_date_of_the_sale"`
	EndDateOfTheSale   string `json:"end_date_of_the_sale"`
	CancellationType   string `json:"cancellation_type"`
	MainCountryAndCity string `json:"main_country_and_city"`
}

// productAnswer answers "product detail".
type productAnswer struct {
	StatusCode                  int             `json:"status_code"`
	RequiredTravelerInformation map[string]bool `json:"required_traveler_information"`
	Contents                    productContents `json:"contents"`
	Options                     []productOption `json:"options"`
}

type productContents struct {
	Title       string `json:"title"`
	Description string `json:"description"`
}

type productOption struct {
	OptionCode string `json:"option_code"`
	Name       string `json:"name"`
}

// registration is the data of "map channel options to AX options".
type registration struct {
	MappingDataCode string `json:"channel_product_mapping_data_code"`
}

// pricesAnswer answers "current prices".
type pricesAnswer struct {
	StatusCode int           `json:"status_code"`
	Prices     []optionPrice `json:"prices"`
}

type optionPrice struct {
	OptionCode string `json:"option_code"`
	Currency   string `json:"currency"`
	Price      string `json:"price"`
}

// inventoryAnswer answers "stock per option and date".
type inventoryAnswer struct {
	StatusCode  int                       `json:"status_code"`
	OptionCodes map[string][]inventoryDay `json:"option_codes"`
}

type inventoryDay struct {
	InventoryCode   string `json:"inventory_code"`
	Date            string `json:"date"`
	MaxQuantity     int64  `json:"max_quantity"`
	RemainQuantity  int64  `json:"remain_quantity"`
	OrderedQuantity int64  `json:"ordered_quantity"`
}

// wholeError is the body of a refusal that is about no field: the same text under
// the names of both versions.
type wholeError struct {
	Detail  string `json:"detail"`
	Message string `json:"message"`
}
