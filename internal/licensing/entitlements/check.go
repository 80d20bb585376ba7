package entitlements

import "strconv"

// Returnable is a line that a return names, with the quantity that other returns already take from it,
// whatever their dates.
type Returnable struct {
	Line     Line
	Returned int64
}

// CheckLine returns every reason to refuse an order line at import, and none when it is good. find looks up
// the line that a return names, among the stored lines and those of the same import; it is called for
// returns only.
func CheckLine(c *Catalog, line Line, find func(id string) (Returnable, bool)) []Problem {
	found := attributeProblems(c, &line)
	if line.Kind == RET {
		found = append(found, returnProblems(&line, find)...)
	}
	return found
}

// attributeProblems judges what the line says by itself, the column order of order files first.
func attributeProblems(c *Catalog, line *Line) []Problem {
	var found []Problem
	add := func(code Code, field, value string) {
		found = append(found, Problem{Code: code, Field: field, Value: value})
	}
	if line.OrderDate == 0 {
		add(OrderDateMissing, "order_date", "")
	}
	found = append(found, productProblems(c, line)...)
	if line.Kind.String() == "" {
		add(KindUnknown, "kind", "")
	}
	if line.Quantity <= 0 {
		add(QuantityNotPositive, "quantity", strconv.FormatInt(line.Quantity, 10))
	} else if line.Quantity > MaxQuantity {
		add(QuantityTooLarge, "quantity", strconv.FormatInt(line.Quantity, 10))
	}
	if line.Kind.HasCoverage() && line.CoverageStart == 0 {
		add(CoverageMissing, "coverage_start", "")
	}
	if line.Kind.HasCoverage() && line.CoverageEnd == 0 {
		add(CoverageMissing, "coverage_end", "")
	}
	if reversed(line) {
		add(CoverageReversed, "coverage_end", line.CoverageEnd.String())
	}
	return append(found, stepUpProblems(c, line)...)
}

func reversed(line *Line) bool {
	return line.CoverageStart != 0 && line.CoverageEnd != 0 && line.CoverageEnd < line.CoverageStart
}

// productProblems judges product and version. A return may leave out both: the line it names has them.
func productProblems(c *Catalog, line *Line) []Problem {
	if line.Kind == RET && line.Product == "" && line.Version == "" {
		return nil
	}
	if line.Product == "" {
		return []Problem{{ProductMissing, "product", ""}}
	}
	i, ok := c.index[line.Product]
	if !ok {
		return []Problem{{ProductUnknown, "product", line.Product}}
	}
	p := &c.products[i]
	_, known := p.versions[line.Version]
	switch {
	case line.Version != "" && !known:
		return []Problem{{VersionUnknown, "version", line.Version}}
	case line.Kind == RET:
		return nil
	case len(p.releases) == 0:
		return []Problem{{ProductVersionless, "product", line.Product}}
	case line.Kind == UPG && line.Version == "":
		return []Problem{{VersionMissing, "version", ""}}
	}
	return nil
}

// stepUpProblems judges the target product. Other kinds than step-ups may name one, which then only orders
// lines of one day; so that this order is the same everywhere, it has to exist.
func stepUpProblems(c *Catalog, line *Line) []Problem {
	if line.ToProduct == "" {
		if line.Kind == SUP {
			return []Problem{{ToProductMissing, "to_product", ""}}
		}
		return nil
	}
	i, ok := c.index[line.ToProduct]
	if !ok {
		return []Problem{{ToProductUnknown, "to_product", line.ToProduct}}
	}
	if line.Kind != SUP {
		return nil
	}
	if len(c.products[i].releases) == 0 {
		return []Problem{{ProductVersionless, "to_product", line.ToProduct}}
	}
	if _, path := c.stepUps[StepUp{From: line.Product, To: line.ToProduct}]; !path {
		return []Problem{{StepUpUnknown, "to_product", line.ToProduct}}
	}
	return nil
}

func returnProblems(line *Line, find func(id string) (Returnable, bool)) []Problem {
	refuse := func(code Code) []Problem { return []Problem{{code, "returns_line", line.Returns}} }
	if line.Returns == "" {
		return refuse(ReturnMissing)
	}
	target, ok := find(line.Returns)
	switch {
	case !ok:
		return refuse(ReturnUnknown)
	case target.Line.LicensingID != line.LicensingID:
		// Nothing further is said about a line of somebody else.
		return refuse(ReturnForeign)
	case target.Line.Kind == RET:
		return refuse(ReturnOfReturn)
	case line.Quantity > target.Line.Quantity-target.Returned:
		return []Problem{{ReturnTooMuch, "quantity", strconv.FormatInt(line.Quantity, 10)}}
	}
	return nil
}
