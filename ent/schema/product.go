package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Category groups products.
type Category struct{ ent.Schema }

// Fields of the categories table.
func (Category) Fields() []ent.Field {
	return []ent.Field{
		id("The category's id."),
		field.Text("slug").Unique().Comment("Name in addresses, lower case, unique."),
		text("name", "Name that people read."),
		optionalText("description", "Text that people read."),
		createdAt(),
		updatedAt(),
	}
}

// Product is something that can be sold.
type Product struct{ ent.Schema }

// Fields of the products table.
func (Product) Fields() []ent.Field {
	return []ent.Field{
		id("The product's id."),
		field.Text("sku").Unique().Comment("The hub's code for the product, unique."),
		field.Text("slug").Unique().Comment("Name in addresses, lower case, unique."),
		text("name", "Name that people read."),
		optionalText("description", "Text that people read."),
		ref("category_id", "Category of the product."),
		text("currency", "ISO 4217 code of the price."),
		micros("price_micros", "Price of one unit."),
		text("source", "stock (from units) or provider (from offers)."),
		optionalText(
			"format", "Shape of a unit's content, such as a code or an account; '' when the source has no content of its own.",
		),
		textDefault("status", "active", "active or archived; an archived product cannot be ordered."),
		field.JSON("attributes", map[string]string{}).Default(map[string]string{}).Annotations(entsql.Default("{}")).
			Comment(
				"What partners need to know of the product, such as their own codes for it; keys begin with the dialect's name.",
			),
		jsonArray("fields", "Rules for what the customer must fill in, decoded by the store."),
		countDefault("min_quantity", 1, "Smallest quantity of a line."),
		count("max_quantity", "Largest quantity of a line; 0 means no limit of its own."),
		count(
			"fulfil_within_s", "How long a line may wait for a provider that can be reached, in seconds; 0 means not at all.",
		),
		count("expiry_margin_s", "How long before they expire units are not sold any more, in seconds."),
		field.Int64("low_stock").Optional().Nillable().
			Comment("Operators are told when fewer units can be sold; NULL for never."),
		optionalInstant("low_since", "When they were told that, UTC; NULL while there is enough."),
		count("max_loss_bp", "Share of the cost that may be lost by selling a unit for less, in hundredths of a percent."),
		textDefault("loss_policy", "fail", "fail or wait: what becomes of a line that could only be bought at a loss."),
		count("recipient_check_within_s", "How old a check of the recipient may be, in seconds; 0 means none is asked for."),
		field.Bool("dated").Default(false).
			Comment("Whether a line needs a use date and takes its units from an allotment."),
		bigCount("version", "Raised by every change of the row; placement compares it with its catalogue snapshot."),
		createdAt(),
		updatedAt(),
	}
}

// Edges of the products table.
func (Product) Edges() []ent.Edge {
	return []ent.Edge{edge.To("category", Category.Type).Field("category_id").Unique().Required()}
}

// Indexes of the products table.
func (Product) Indexes() []ent.Index {
	return []ent.Index{index.Fields("category_id")}
}

// Listing is a merchant's own identifier, and perhaps own price, for a product.
type Listing struct{ ent.Schema }

// Fields of the listings table.
func (Listing) Fields() []ent.Field {
	return []ent.Field{
		id("The listing's id."),
		ref("merchant_id", "Whose listing it is."),
		ref("product_id", "Product that is meant."),
		text("external_id", "The merchant's identifier of the product."),
		optionalText("external_option_id", "The merchant's identifier of an option or variant; '' when there is none."),
		field.Int64("price_micros").Optional().Nillable().
			Comment("Price of one unit for this merchant, in the product's currency; NULL means the product's price."),
		createdAt(),
	}
}

// Edges of the listings table.
func (Listing) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("merchant", Merchant.Type).Field("merchant_id").Unique().Required(),
		edge.To("product", Product.Type).Field("product_id").Unique().Required(),
	}
}

// Indexes of the listings table.
func (Listing) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("merchant_id", "external_id", "external_option_id").Unique(),
		index.Fields("merchant_id", "product_id"),
	}
}

// Allotment is how many units of a dated product exist for one date.
type Allotment struct{ ent.Schema }

// Fields of the allotments table.
func (Allotment) Fields() []ent.Field {
	return []ent.Field{
		id("The allotment's id."),
		ref("product_id", "The dated product."),
		text("use_date", "The date, 'YYYY-MM-DD'."),
		bigCount("capacity", "How many units may be sold for the date."),
		bigCount("sold", "How many are sold and not cancelled."),
	}
}

// Edges of the allotments table.
func (Allotment) Edges() []ent.Edge {
	return []ent.Edge{edge.To("product", Product.Type).Field("product_id").Unique().Required()}
}

// Indexes of the allotments table.
func (Allotment) Indexes() []ent.Index {
	return []ent.Index{index.Fields("product_id", "use_date").Unique()}
}
