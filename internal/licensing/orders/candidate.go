package orders

import (
	"math"
	"strconv"

	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
)

// read takes the values of a row and judges their form.
func (c *candidate) read(row *feed.Row, problems *feed.Problems) {
	for i := range c.cells {
		c.cells[i] = row.At(i)
	}
	refuse := func(column int, code string, params errs.Params) {
		c.bad = true
		problems.Add(c.cells[column].Place, code, params)
	}
	text := func(column int) string { return c.cells[column].Value }
	for _, column := range []int{colLineID, colLicensingID, colOrderDate, colKind, colQuantity} {
		if text(column) == "" {
			refuse(column, "feed.missing", errs.Params{"name": c.cells[column].Place.Field})
		}
	}
	day := func(column int) entitlements.Date {
		var d entitlements.Date
		if err := d.UnmarshalText([]byte(text(column))); err != nil {
			refuse(column, "feed.not_date", errs.Params{"value": text(column)})
		}
		return d
	}
	c.orderNumber, c.product, c.version, c.toProduct, c.returns = text(colOrderNumber), text(colProduct), text(colVersion), text(colToProduct), text(colReturnsLine)
	c.orderDate, c.start, c.end, c.usage = day(colOrderDate), day(colCoverageStart), day(colCoverageEnd), day(colUsageDate)
	var known bool
	if c.kind, known = entitlements.ParseKind(text(colKind)); !known && text(colKind) != "" {
		refuse(colKind, string(entitlements.KindUnknown), errs.Params{"value": text(colKind)})
	}
	var err error
	if c.quantity, err = strconv.ParseInt(text(colQuantity), 10, 64); err != nil && text(colQuantity) != "" {
		refuse(colQuantity, "feed.not_whole", errs.Params{"name": "quantity"})
	}
	if c.returns != "" && known && c.kind != entitlements.RET {
		refuse(colReturnsLine, "orders.not_a_return", errs.Params{"value": text(colKind)})
	}
}

// judge adds what the catalog says against the line. A return's target is judged later, when all lines are known.
func (c *candidate) judge(catalog *entitlements.Catalog, problems *feed.Problems) {
	line := stored{facts: c.facts, id: c.id()}.entitled(false)
	line.LicensingID = "" // the target that stands in below belongs to it
	refused := map[string]bool{}
	if c.bad { // what has no form was named already
		for i := range c.cells {
			refused[c.cells[i].Place.Field] = c.formless(i)
		}
	}
	for _, p := range entitlements.CheckLine(catalog, line, anyTarget) {
		if refused[p.Field] {
			continue
		}
		c.bad = true
		problems.Add(c.at(p.Field), string(p.Code), errs.Params{"value": p.Value})
	}
}

// formless reports whether a value was given, or had to be, and was refused for its form.
func (c *candidate) formless(column int) bool {
	text := c.cells[column].Value
	switch column {
	case colOrderDate:
		return c.orderDate == 0
	case colCoverageStart:
		return text != "" && c.start == 0
	case colCoverageEnd:
		return text != "" && c.end == 0
	case colKind:
		return c.kind == 0
	case colQuantity:
		_, err := strconv.ParseInt(text, 10, 64)
		return err != nil
	}
	return false
}

// anyTarget stands for the line that a return names.
func anyTarget(string) (entitlements.Returnable, bool) {
	return entitlements.Returnable{Line: entitlements.Line{Kind: entitlements.L, Quantity: math.MaxInt64}}, true
}

// at returns the place of the value in a column.
func (c *candidate) at(field string) feed.Place {
	for _, cell := range c.cells {
		if cell.Place.Field == field {
			return cell.Place
		}
	}
	return c.cells[colLineID].Place
}
